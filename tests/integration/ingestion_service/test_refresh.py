"""The refresh command with a real Redis, a real S3 and a price provider on the loopback interface."""

import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pandas as pd
import pytest
import redis

from common.s3.objects import StoredFacts
from common.s3.price_store import PriceStore
from ingestion_service.refresh import command as refresh
from ingestion_service.refresh.command import RefreshOutcome, describe_stored, format_summary, main
from ingestion_service.refresh.large_stocks import list_top50, select_most_listed
from test_support.sources.source_server import Handle, answering
from test_support.waiting import until

PATIENCE_S = 100.0
"""Seconds; only a test that hangs takes longer, even on a busy machine."""
HEADER = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"


def tiingo_csv(rows=100):
    days = pd.bdate_range(end=datetime.now(UTC).date() - timedelta(days=3), periods=rows)
    lines = [
        f"{day.date()},{100 + n},{101 + n},{99 + n},{100 + n},5,{100 + n},,,,,0.0,1.0" for n, day in enumerate(days)
    ]
    return "\n".join([HEADER, *lines, ""]).encode()


def prices_after(seconds: float) -> Handle:
    """Return a handler with prices of every ticker but NOPE, after a delay."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        nope = answering(404, b'{"detail":"Error: Ticker \'NOPE\' not found"}')
        (nope if "/NOPE/" in request.path else answering(200, tiingo_csv()))(request)

    return handle


def tickers_asked_of(source):
    return sorted(path.split("/")[3] for path, _ in source.asked)


@pytest.fixture
def source(server, monkeypatch, redis_url, s3_bucket):
    """Yield a price server; the environment has its address and those of the stores."""
    server.handle = prices_after(0.02)
    monkeypatch.setattr("ingestion_service.composition.PROVIDER_TIMEOUT_S", PATIENCE_S)
    settings = {
        "REDIS_URL": redis_url,
        "S3_BUCKET": s3_bucket,
        "PROVIDERS": "tiingo",
        "TIINGO_API_KEY": "k",
        "TIINGO_URL": server.url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return server


def test_named_tickers_are_fetched_and_printed(source, store, capsys):
    assert main(["aapl", "MSFT", "AAPL"]) == 0
    said = capsys.readouterr()
    assert re.search(r"^AAPL +new +100 rows to \d{4}-\d\d-\d\d from tiingo$", said.out, re.MULTILINE)
    assert re.search(r"^2 tickers in [0-9.]+ s: 0 updated, 2 new, 0 failed$", said.out, re.MULTILINE)
    assert said.err == ""  # a bar is for terminals
    assert tickers_asked_of(source) == ["AAPL", "MSFT"]
    assert list(store.objects.list_tickers()) == ["AAPL", "MSFT"]


def test_a_failed_ticker_is_printed_and_does_not_stop_the_others(source, store, capsys):
    assert main(["NOPE", "AAPL"]) == 1
    said = capsys.readouterr()
    assert re.fullmatch(r"error: NOPE: Tiingo has no ticker NOPE.* \(unknown_ticker\)\n", said.err)
    assert "NOPE" not in said.out
    assert "1 new, 1 failed" in said.out
    assert store.read_facts("AAPL") is not None


def test_an_exception_of_one_ticker_does_not_stop_the_others(source, store, capsys, monkeypatch):
    whole = PriceStore.read_facts

    def broken(self, ticker):
        return whole(self, ticker) if ticker != "BAD" else 1 / 0

    monkeypatch.setattr(PriceStore, "read_facts", broken)
    assert main(["BAD", "AAPL"]) == 1
    said = capsys.readouterr()
    assert ("1 new, 1 failed" in said.out, said.err) == (True, "error: BAD: An unforeseen ZeroDivisionError.\n")


def test_ctrl_c_ends_the_command(source, store):
    # The refresh cannot end before the signal.
    def silent_after_a_dozen(request: BaseHTTPRequestHandler) -> None:
        prices_after(0 if len(source.asked) < 12 else PATIENCE_S)(request)

    source.handle = silent_after_a_dozen
    command = [sys.executable, "-m", "ingestion_service.refresh", *(f"T{n}" for n in range(300))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until(lambda: len(source.asked) >= 12)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, b"Traceback" in err) == (130, False)
    assert int(re.search(rb"^(\d+) tickers in", out, re.MULTILINE)[1]) < 300


def test_results_before_ctrl_c_are_printed(source, capsys, monkeypatch):
    def interrupted(tickers, refresh, stop):
        yield RefreshOutcome("AAPL", "new", "fine")
        raise KeyboardInterrupt

    monkeypatch.setattr(refresh, "refresh_all", interrupted)
    assert main(["AAPL", "MSFT"]) == 130
    assert "1 ticker in" in capsys.readouterr().out


def test_ctrl_c_ends_the_command_before_the_first_refresh(source, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{silent.getsockname()[1]}")
        command = [sys.executable, "-m", "ingestion_service.refresh", "--tracked"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, b"")
    assert out.startswith(b"0 tickers in ")


def test_wrong_settings_are_wrong_usage_without_their_value(source, monkeypatch, capsys):
    for name, value in {"TIINGO_API_KEY": "s3cret key", "PROVIDERS": "tiingo"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(["AAPL"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("setting TIINGO_API_KEY")
    assert "s3cret" not in said


def test_the_table_shows_the_results_of_the_checks():
    day = datetime(2026, 1, 2, tzinfo=UTC)
    facts = StoredFacts(
        "tiingo", "USD", day, 100, day.date(), day.date(), 1.0, 1.0, "v", "e", dropped=2, flags=("a jump",)
    )
    assert describe_stored(facts) == "100 rows to 2026-01-02 from tiingo; 2 dropped; a jump"


def test_tracked_tickers_are_the_stored_ones_and_recent_prices_are_not_fetched_again(source, store, capsys):
    assert main(["--tracked"]) == 0
    assert "0 tickers" in capsys.readouterr().out
    main(["AAPL", "IBM"])
    source.asked.clear()
    assert main(["--tracked"]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"^AAPL +fresh +fetched at \d\d:\d\d UTC, no source was asked again; 100 rows to", said, re.MULTILINE
    )
    assert "0 updated, 0 new, 0 failed, 2 fresh" in said
    assert source.asked == []


def test_only_prices_that_differ_from_the_stored_ones_are_an_update(source, store, redis_url, capsys):
    def refresh_again():
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        facts = store.read_facts("AAPL")
        old = replace(facts, fetched_at=facts.fetched_at - timedelta(days=2))
        store.objects.write("AAPL", store.objects.read("AAPL").body, old, replacing=facts)
        capsys.readouterr()
        assert main(["AAPL"]) == 0
        return capsys.readouterr().out

    source.handle = answering(200, tiingo_csv()[:-50].rpartition(b"\n")[0] + b"\n")
    main(["AAPL"])
    source.handle = prices_after(0)
    assert "1 updated, 0 new, 0 failed" in refresh_again()
    said = refresh_again()
    assert re.search(r"^AAPL +unchanged +the sources have no other prices; 100 rows to ", said, re.MULTILINE)
    assert "0 updated, 0 new, 0 failed, 1 unchanged" in said


def test_a_stored_sample_is_not_an_update(source, monkeypatch, capsys):
    monkeypatch.setenv("PROVIDERS", "sample")
    assert main(["AAPL"]) == 0
    assert "1 new" in capsys.readouterr().out
    assert main(["AAPL"]) == 0
    assert "0 updated, 0 new, 0 failed, 1 unchanged" in capsys.readouterr().out


def test_the_sample_is_stored_where_nothing_else_is(source, store, monkeypatch, capsys):
    monkeypatch.setenv("PROVIDERS", "tiingo,sample")
    assert main(["--sample"]) == 0
    five = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert list(store.objects.list_tickers()) == five
    assert {store.objects.read_facts(ticker).source for ticker in five} == {"sample"}
    store.objects.remove("FB")
    assert main(["--sample"]) == 0
    assert list(store.objects.list_tickers()) == five
    assert source.asked == []
    store.objects.remove("FB")
    assert main(["XYZ"]) == main(["--sample"]) == 0
    assert "FB" not in set(store.objects.list_tickers())
    monkeypatch.setenv("PROVIDERS", "tiingo")
    assert main(["--sample"]) == 0
    assert "The sample is no source of this installation." in capsys.readouterr().out


def test_a_complete_sample_is_found_without_pandas(source, store, monkeypatch):
    monkeypatch.setenv("PROVIDERS", "sample")
    program = (
        "import sys; sys.argv[1:] = ['--sample']; from ingestion_service.refresh.__main__ import main\n"
        "status = main(); print('with' if 'pandas' in sys.modules else 'without', 'pandas'); sys.exit(status)"
    )
    command = [sys.executable, "-c", program]
    for stored, loaded in (("5 new", "with pandas"), ("Nothing is missing of the sample.", "without pandas")):
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        assert stored in done.stdout
        assert done.stdout.splitlines()[-1] == loaded


def test_concurrent_runs_fetch_once_and_store_complete_objects(source, store, capsys):
    tickers = [f"T{n}" for n in range(12)]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(main, [tickers, tickers])) == [0, 0]
    assert tickers_asked_of(source) == sorted(tickers)
    assert all(len(store.read(ticker).series) == 100 for ticker in tickers)
    assert source.most_at_once <= 2 * refresh.CALLS_AT_ONCE


def test_every_ticker_gets_a_call_of_a_slow_provider(source, capsys, monkeypatch):
    monkeypatch.setattr("ingestion_service.composition.PROVIDER_TIMEOUT_S", 6.0)
    source.handle = prices_after(4)
    assert main([f"T{n}" for n in range(refresh.TICKERS_AT_ONCE)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["../x"], ["AAPL", "--tracked"], ["--tracked", "--top50"], ["--interval", "1m", "A"]]
)
def test_wrong_usage_is_status_2(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_an_unreachable_store_fails_the_command_at_once(source, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    assert main(["AAPL"]) == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert source.asked == []


def test_the_module_runs_as_a_command(source):
    command = [sys.executable, "-m", "ingestion_service.refresh", "NOPE"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, b"1 failed" in done.stdout) == (1, True)
    assert done.stderr.startswith(b"error: NOPE: ")


def test_fifty_large_stocks_are_fifty_companies():
    stocks = list_top50()
    assert len(set(stocks)) == 50
    assert {"AAPL", "JPM", "MSFT", "GOOG"} <= set(stocks)
    assert "GOOGL" not in stocks
    assert select_most_listed({"one": {"B": "b", "A": "a"}, "two": {"B": "b", "C": "a"}}) == ["B", "A"]


def test_a_long_table_is_not_printed():
    done = [RefreshOutcome(f"T{n}", "updated", "fine") for n in range(200)] + [RefreshOutcome("BAD", "failed", "why")]
    assert format_summary(done, 1.0) == "201 tickers in 1.0 s: 200 updated, 0 new, 1 failed"


def test_a_refresh_reports_its_failure_also_without_a_second_call(source, store, redis_url, capsys):
    main(["AAPL"])
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    facts = store.read_facts("AAPL")
    old = replace(facts, fetched_at=facts.fetched_at - timedelta(hours=5))
    store.objects.write("AAPL", store.objects.read("AAPL").body, old, replacing=facts)
    source.handle = answering(429, b"{}", Retry_After="3600")
    source.asked.clear()
    capsys.readouterr()
    for _ in range(2):
        assert main(["AAPL"]) == 1
        assert re.search(
            r"are kept\. Tiingo's request quota is used up\. It is .* \d\d:\d\d UTC", capsys.readouterr().err
        )
    assert len(source.asked) == 1
