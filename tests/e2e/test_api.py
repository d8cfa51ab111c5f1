"""The API of the whole stack, over real HTTP."""

import base64
import json
import os
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psutil
import pytest

from common.domain.results import Forecast
from local_stack.ports import ports_of
from local_stack.processes.probes import is_ready
from test_support.paths import ROOT
from test_support.waiting import until
from tests.e2e.conftest import DEADLINE_S

PATIENCE_S = DEADLINE_S + 50.0
"""Only what hangs takes longer, however busy the machine is."""
HANDING_ON_S = 5.0
"""For so long the services try at least to reach a part that is away."""


@pytest.fixture
def client(stack):
    with httpx.Client(base_url=stack, trust_env=False, timeout=PATIENCE_S) as made:
        yield made


def ask(client, **fields):
    return client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30} | fields)


def check_problem(answer, status, code):
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert "Traceback" not in answer.text


def test_a_result_has_all_documented_fields(client):
    answer = ask(client, level=0.9)
    assert answer.status_code == 200
    result = answer.json()
    forecast = Forecast.model_validate(result)
    assert (result["status"], forecast.ticker, forecast.days) == ("done", "AAPL", 30)
    assert (forecast.as_of.isoformat(), forecast.counted_from.isoformat()) == ("2013-03-01", "2013-03-01")
    assert forecast.target_date.isoformat() == "2013-04-01"
    assert forecast.forecast[-1].date == forecast.target_date
    assert forecast.forecast[-1].price == forecast.predicted_price
    assert forecast.interval.level == 0.9
    assert forecast.interval.lower < forecast.predicted_price < forecast.interval.upper
    assert (forecast.currency, forecast.data.source, forecast.data.stale) == ("USD", "sample", True)
    assert forecast.data.rows == 2518
    picture = base64.b64decode(result["plot_png_base64"])
    assert picture == client.get(result["plot_url"]).content
    assert int.from_bytes(picture[16:20], "big") >= 1000
    assert int.from_bytes(picture[20:24], "big") >= 600


def test_the_chances_of_a_price_come_from_the_stored_forecast(client):
    result = ask(client).json()
    forecast, url = Forecast.model_validate(result), f"/api/v1/forecasts/{result['request_id']}/chances"
    last_close, median = forecast.last_close, forecast.predicted_price

    def touch(price):
        return client.get(url, params={"touch": price}).json()["touch"]["probability"]

    answer = client.get(url, params={"above": median, "touch": 2 * last_close})
    assert answer.status_code == 200
    assert answer.json()["above"] == {"price": median, "probability": 0.5}
    assert 0 <= answer.json()["touch"]["probability"] < 0.01
    gain = client.get(url, params={"above": last_close}).json()["above"]["probability"]
    assert gain == pytest.approx(forecast.chances.above_last_close, abs=0.001)
    assert touch(last_close) == 1 > touch(1.05 * last_close) > touch(1.1 * last_close)
    assert touch(1.1 * last_close) >= forecast.chances.gain_over_10_pct - 0.001
    again = client.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    check_problem(client.get(url, params={"above": "-1"}), 400, "invalid_request")


def test_other_fields_have_their_unit_and_stay_out_of_the_track_record(stack, client):
    answers = {
        field: ask(client, ticker="IBM", days=37, field=field, history_days=1000).json()
        for field in ("volume", "high", "open")
    }
    assert {field: each["unit"] for field, each in answers.items()} == {
        "volume": "shares",
        "high": "USD",
        "open": "USD",
    }
    for field, result in answers.items():
        assert (result["field"], result["history_days"]) == (field, 1000)
        assert f"IBM's {field} on 2013-04-08" in result["verdict"]
    volume = answers["volume"]
    assert (volume["currency"], volume["risk"], volume["chances"]) == ("XXX", None, None)
    assert volume["predicted_price"] > 100_000
    check_problem(client.get(f"/api/v1/forecasts/{volume['request_id']}/chances?above=450"), 404, "not_found")
    batch = client.post("/api/v1/forecasts:batch", json={"tickers": ["MSFT"], "days": 30, "field": "volume"}).json()
    until(lambda: client.get(batch["url"]).json()["status"] == "ended", PATIENCE_S)
    head, row = client.get(f"{batch['url']}?format=csv").text.splitlines()
    assert (head.split(",")[-2:], row.split(",")[-2:]) == (["field", "unit"], ["volume", "shares"])
    printed = subprocess.run(
        [
            "./run_app.sh",
            "forecast",
            "IBM",
            "--field",
            "volume",
            "--history-days",
            "1000",
            "--csv",
            "--out",
            os.devnull,
        ],
        cwd=ROOT,
        env=os.environ | {"PORT": str(urlsplit(stack).port), "PROVIDERS": "sample"},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert printed.stdout.splitlines()[1].endswith("volume,shares")
    check_problem(ask(client, ticker="IBM", field="volume", history_days=70), 422, "too_little_data")
    # Forecasts of the record arrive there within seconds, so that one of the close shows that the others do not.
    ask(client, ticker="IBM", days=36)
    record = "/api/v1/track-record/forecasts?kind=sample&ticker=IBM"
    until(lambda: 36 in {each["days"] for each in client.get(record).json()["forecasts"]}, PATIENCE_S)
    assert 37 not in {each["days"] for each in client.get(record).json()["forecasts"]}


def test_the_svg_executes_nothing_and_loads_nothing(client):
    url = ask(client).json()["plot_url"].replace(".png", ".svg")
    answer = client.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "AAPL" in answer.text
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    assert (answer.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert (plain.content, plain.headers["ETag"]) == (answer.content, answer.headers["ETag"])
    again = client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert [one.headers["Vary"] for one in (answer, plain, again)] == ["Accept-Encoding"] * 3


def test_a_lower_case_ticker_is_the_same_question(client):
    assert ask(client, ticker="aapl").json()["predicted_price"] == ask(client).json()["predicted_price"]


@pytest.mark.parametrize("days", [1, 10_000])
def test_the_shortest_and_the_longest_horizon_are_answered(client, days):
    answer = ask(client, days=days)
    assert answer.status_code == 200
    assert answer.json()["predicted_price"] > 0


def test_a_poll_returns_each_stage_and_then_the_end(stack, client):
    stages, seen = ["accepted", "ingesting", "forecasting", "done"], []
    workers = processes_of(stack, "multiprocessing.forkserver")
    for worker in workers:
        worker.suspend()  # so that the last stage but one lasts until it was seen
    try:
        asked = client.post("/api/v1/forecasts", json={"ticker": "IBM", "days": 777}, headers={"Prefer": "wait=0"})
        url = asked.headers["Location"]
        while "forecasting" not in seen:
            seen.append(client.get(url).json()["status"])
    finally:
        for worker in workers:
            worker.resume()
    while seen[-1] in stages[:-1]:
        seen.append(client.get(url).json()["status"])
    assert seen[-1] == "done"
    assert sorted(seen, key=stages.index) == seen
    assert client.get(url).json() == client.get(url).json()


def test_a_batch_returns_an_end_for_each_ticker(client):
    asked = {"tickers": ["AAPL", "IBM", "MSFT", "GOOG", "FB", "ZZZZ", "../x"], "days": 321}
    answer = client.post("/api/v1/forecasts:batch", json=asked)
    assert (answer.status_code, answer.headers["Location"]) == (202, answer.json()["url"])
    give_up = time.monotonic() + PATIENCE_S
    while answer.json()["status"] == "running" and time.monotonic() < give_up:
        time.sleep(0.1)
        answer = client.get(answer.json()["url"])
    ends = {entry["ticker"]: entry["code"] or entry["status"] for entry in answer.json()["forecasts"]}
    wrong = {"ZZZZ": "unknown_ticker", "../x": "invalid_ticker"}
    assert ends == dict.fromkeys(["AAPL", "IBM", "MSFT", "GOOG", "FB"], "done") | wrong
    first = client.get(answer.json()["forecasts"][0]["url"]).json()
    assert (first["ticker"], first["days"]) == ("AAPL", 321)


def test_an_unknown_ticker_is_answered_with_404(client):
    check_problem(ask(client, ticker="ZZZZ"), 404, "unknown_ticker")


def test_a_large_body_is_refused_over_a_real_connection(client):
    check_problem(client.post("/api/v1/forecasts", content=b"x" * 1_000_000), 413, "invalid_request")


def test_identical_simultaneous_questions_get_one_result_under_different_ids(client):
    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(lambda _: until_end(client, ask(client, ticker="GOOG", days=45)), range(40)))
    assert len({answer["request_id"] for answer in answers}) == 40
    assert len({answer["predicted_price"] for answer in answers}) == 1


def until_end(client, answer):
    while answer.status_code == 202 or answer.json()["status"] in {"accepted", "ingesting", "forecasting"}:
        time.sleep(0.05)
        answer = client.get(answer.json()["url"])
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_different_simultaneous_questions_get_different_answers(client):
    questions = [(ticker, days) for ticker in ("AAPL", "IBM", "MSFT") for days in range(200, 203)]
    with ThreadPoolExecutor(len(questions)) as threads:
        answers = threads.map(lambda q: until_end(client, ask(client, ticker=q[0], days=q[1])), questions)
    assert [(answer["ticker"], answer["days"]) for answer in answers] == questions


def test_the_command_line_uses_the_running_stack_and_prints_json_alone(stack, tmp_path):
    picture = tmp_path / "picture.png"
    done = run_app(stack, "forecast", "msft", "--days", "20", "--json", "--out", str(picture))
    assert (done.returncode, json.loads(done.stdout)["ticker"]) == (0, "MSFT")
    assert picture.read_bytes() == base64.b64decode(json.loads(done.stdout)["plot_png_base64"])


def test_the_command_line_reports_a_failure_in_one_line(stack):
    done = run_app(stack, "forecast", "ZZZZ")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "unknown_ticker" in done.stderr


def run_app(stack, *arguments):
    environment = os.environ | {"PORT": str(urlsplit(stack).port)}
    return subprocess.run(
        [str(ROOT / "run_app.sh"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def processes_of(stack, mark):
    """The processes of this stack whose command line has the mark, topmost first."""
    folder = f".data/{urlsplit(stack).port}/"
    for process in psutil.process_iter(["cmdline"]):
        arguments = process.info["cmdline"] or []
        if any(part.startswith(folder) for part in arguments) and "local_stack.processes.supervisord" in arguments:
            return [child for child in process.children(recursive=True) if mark in command_line(child)]
    pytest.fail("the stack has no supervisor")


def command_line(process):
    """Return a process's command line, or an empty string if it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.parametrize("mark", ["-m ingestion_service", "-m forecast_service", "redis-server"])
def test_a_request_survives_the_death_of_any_part_behind_the_web_server(stack, client, mark):
    wait_until_ready(stack)
    days = 300 + sum(mark.encode())
    victim = processes_of(stack, mark)[-1]
    killer = threading.Timer(0.25, victim.kill)
    killer.start()
    answer, took_s = outcome(client, {"ticker": "AAPL", "days": days, "request_id": str(uuid4())})
    killer.join()
    # If a part restarts later than the others repeat their orders, the request ends as busy. A new request succeeds.
    while answer.status_code == 503 and took_s >= HANDING_ON_S:
        wait_until_ready(stack)
        answer, took_s = outcome(client, {"ticker": "AAPL", "days": days, "request_id": str(uuid4())})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["days"]) == ("done", days)
    # For the next test: the answer may be older than the restart, and a new Redis knows no capacity for a second.
    wait_until_ready(stack)
    until(lambda: ask(client).status_code == 200, PATIENCE_S, "no request was accepted again")


def outcome(client, body):
    """Repeat a request until it has ended. Return its last answer and the seconds."""
    began = time.monotonic()
    while True:
        answer = client.post("/api/v1/forecasts", json=body)
        # An answer without a request id is not the end of the request.
        if "request_id" in answer.json() and answer.json()["status"] not in {"accepted", "ingesting", "forecasting"}:
            return answer, time.monotonic() - began
        assert time.monotonic() - began < 2 * PATIENCE_S, answer.text
        time.sleep(0.1)


def wait_until_ready(stack):
    """Wait until every service is ready. A cached answer alone would not show that."""
    ports = ports_of(urlsplit(stack).port)
    readiness = ports.forecast_health, ports.ingestion_health, ports.web
    until(lambda: all(map(is_ready, readiness)), PATIENCE_S, "the stack did not get ready")


def test_a_slow_client_does_not_delay_others(stack, client):
    port = urlsplit(stack).port
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST /api/v1/forecasts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        assert ask(client).status_code == 200
