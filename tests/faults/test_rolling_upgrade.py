"""A rolling upgrade: two versions of every service side by side, and then one of them alone.

The last release is real code, from the history of the repository. A made-up newer version has what no release has yet.
"""

from __future__ import annotations

import httpx
import pytest

from common.redis.schema.lifetimes import MAX_ATTEMPTS
from test_support.stacks.last_release import write_last_release
from test_support.stacks.newer_version import NEWER_FIELD, write_newer_version
from test_support.stacks.request_history import RequestHistory
from test_support.stacks.service_processes import DEADLINE_S, attempt_numbers
from test_support.stacks.side_by_side import services_of, wait_until_ready
from test_support.stacks.steady_load import steady_load
from test_support.waiting import until

COUNTDOWNS = "/api/v1/countdowns"
NOT_WAITED_FOR = {"Prefer": "wait=0"}
ANSWERS_A_STEP = 3


@pytest.fixture(scope="module")
def newer_services(whole_stack, tmp_path_factory):
    tree = tmp_path_factory.mktemp("newer")
    write_newer_version(tree)
    with services_of(tree, whole_stack) as newer:
        yield newer


@pytest.fixture
def newer(parts, newer_services):
    parts.to_forecast.set_target(parts.forecast_port, newer_services.forecast_port)
    parts.to_ingestion.set_target(parts.ingestion_port, newer_services.ingestion_port)
    yield newer_services
    parts.to_forecast.set_target(parts.forecast_port)
    parts.to_ingestion.set_target(parts.ingestion_port)


@pytest.fixture
def last_release(parts, tmp_path):
    """The services of the last release beside those of this version. At first, all requests go to the last release."""
    write_last_release(tmp_path)
    with services_of(tmp_path, parts) as older:
        parts.to_forecast.set_target(older.forecast_port)
        parts.to_ingestion.set_target(older.ingestion_port)
        yield older
        parts.to_forecast.set_target(parts.forecast_port)
        parts.to_ingestion.set_target(parts.ingestion_port)


def test_the_last_release_is_upgraded_and_brought_back_under_load_without_a_loss(parts, history, last_release):
    """Both web servers are asked while ingestion and forecast change their version: to this one, and then back."""
    older = last_release
    to_ingestion, to_forecast = parts.to_ingestion.set_target, parts.to_forecast.set_target
    steps = [
        (older.ingestion, lambda: to_ingestion(parts.ingestion_port)),
        (older.forecast, lambda: to_forecast(parts.forecast_port)),
        (parts.ingestion, lambda: to_ingestion(older.ingestion_port)),
        (parts.forecast, lambda: to_forecast(older.forecast_port)),
    ]
    with httpx.Client(base_url=older.url, trust_env=False, timeout=DEADLINE_S) as client:
        older_history = RequestHistory(client)
        with steady_load(history, older_history) as load:
            load.wait_for_more(ANSWERS_A_STEP)
            for replaced, change_version in steps:
                change_version()
                replaced.terminate()
                replaced.start()
                load.wait_for_more(ANSWERS_A_STEP)
                wait_until_ready(*parts.readiness, *older.readiness)
            for web in (parts.web, older.web):
                web.terminate()
                web.start()
                load.wait_for_more(ANSWERS_A_STEP)
        assert load.refusals == []
        assert older_history.check()["failed"] == history.check()["failed"] == {}
        for one, other in ((history, older_history), (older_history, history)):
            assert one.ends() == {request_id: other.look_up(request_id) for request_id in one.ends()}


def accepted(client, path, **body):
    answer = client.post(path, json=body, headers=NOT_WAITED_FOR)
    assert answer.status_code == 202, answer.text
    return f"{path}/{answer.json()['request_id']}"


def test_a_rolling_upgrade_loses_no_request_of_any_kind(parts, history, newer):
    with httpx.Client(base_url=newer.url, trust_env=False, timeout=DEADLINE_S) as client:
        steps = set()

        def state(url):
            shown = client.get(url).json()
            steps.update(filter(None, [shown.get("step")]))
            return shown["status"]

        ask_older = [history.ask(f"OLDER{each}", 30, prefer="wait=0")[0] for each in range(4)]
        urls = [
            accepted(client, "/api/v1/forecasts", ticker="NEWER", days=30 + each, **{NEWER_FIELD: "new"})
            for each in range(4)
        ]
        urls += [accepted(client, COUNTDOWNS, ticker="NEWER", steps=20 + each, step_s=0.1) for each in range(3)]
        batch = client.post(
            "/api/v1/batches",
            json={"requests": [{"ticker": "BATCH", "days": 30}, {"kind": "countdown", "ticker": "BATCH", "steps": 2}]},
        ).json()
        with httpx.Client(base_url=parts.url, trust_env=False, timeout=DEADLINE_S) as older:
            shown = older.get(batch["url"]).json()["requests"]
        assert [one["ticker"] for one in shown] == ["BATCH", "BATCH"]
        assert {one["code"] for one in shown} == {None}, "the older version shows the batch of the newer one"
        until(lambda: any(state(url) == "computing" for url in urls[4:]), DEADLINE_S, "no countdown begins")

        parts.to_forecast.set_target(newer.forecast_port)
        parts.forecast.terminate()
        parts.to_ingestion.set_target(newer.ingestion_port)
        parts.ingestion.terminate()
        ask_older += [history.ask("LATER", days, prefer="wait=0")[0] for days in (30, 60)]

        until(lambda: all(state(url) == "done" for url in urls), DEADLINE_S, "a request of the newer version is lost")
        assert {history.end_of(one)["status"] for one in ask_older} == {"done"}
        until(lambda: client.get(batch["url"]).json()["counts"] == {"done": 2}, DEADLINE_S, "the batch is lost")
    assert any(step.startswith("step ") for step in steps)


def test_the_newer_service_that_stops_costs_a_request_no_attempt(parts, newer):
    """A countdown is interrupted by as many restarts as a request has attempts, and goes on."""
    with httpx.Client(base_url=newer.url, trust_env=False, timeout=DEADLINE_S) as client:
        url = accepted(client, COUNTDOWNS, ticker="AGAIN", steps=1, step_s=100.0)

        def is_at_work(attempt):
            numbers = attempt_numbers(parts, [url.rpartition("/")[2]])
            return numbers == {b"%d" % attempt} and client.get(url).json()["status"] == "computing"

        for attempt in range(1, MAX_ATTEMPTS + 1):
            until(lambda number=attempt: is_at_work(number), DEADLINE_S, f"attempt {attempt} does not begin")
            newer.forecast.terminate()
            newer.forecast.start()
        until(lambda: is_at_work(MAX_ATTEMPTS + 1), DEADLINE_S, "there is no further attempt")
        assert client.delete(url).json()["status"] == "cancelled"
