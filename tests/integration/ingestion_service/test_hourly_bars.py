"""The runs that keep hourly bars: real processes, Redis and S3, and a source that answers as Twelve Data documents."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import redis

from common.domain.markets.exchanges import NEW_YORK
from common.domain.markets.trading_calendars import session_closes, sessions
from common.domain.questions import Interval
from common.redis.provider_limits import ProviderLimits, account_name
from common.redis.rate_windows import Window
from common.runtime.settings_loading import load_settings
from common.s3.objects import PriceObjects, StoredFacts
from common.s3.price_store import PriceStore
from ingestion_service.intraday.bars import NEW_YORK_TIME, Bar, from_csv
from ingestion_service.intraday.providers import TwelveDataHours, build_intraday_providers
from ingestion_service.providers.access.guard import Guard
from ingestion_service.providers.access.key_rotation import GuardedKeys, KeyTurns
from ingestion_service.refresh.command import main
from ingestion_service.settings import IngestionSettings
from test_support.sources.twelvedata_source import UNKNOWN, HourSource, hour_source
from test_support.waiting import until
from tests.integration.webserver.test_prices_api import web

FIRST, SECOND = "first-key-0123456789", "second-key-0123456789"
PATIENCE_S = 250.0
HOURS: Interval = "1h"
TICKERS = ("AAPL", "AMZN", "CSCO", "HD", "IBM", "JPM", "KO", "MSFT")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, redis_url: str, s3_bucket: str) -> Iterator[HourSource]:
    """A source with two keys in the settings; it knows every bar until now."""
    with hour_source() as server:
        settings = {
            "REDIS_URL": redis_url, "S3_BUCKET": s3_bucket, "PROVIDERS": "sample",
            "TWELVE_DATA_API_KEY": f"{FIRST},{SECOND}", "TWELVE_DATA_URL": server.url,
            "PROVIDER_BUDGETS": "twelvedata=100/minute",
        }  # fmt: skip
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def objects(store: PriceStore) -> PriceObjects:
    return store.objects


@dataclass(frozen=True)
class Run:
    """A run that has ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command of the CronJob in this process, whose start would take most of its time."""

    def run_command(*arguments: str) -> Run:
        status = main([*arguments, "--interval", HOURS])
        return Run(status, *capsys.readouterr())

    return run_command


def run_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ingestion_service.refresh", *arguments, "--interval", HOURS]


def bars_of(objects: PriceObjects, ticker: str) -> list[Bar]:
    stored = objects.read(ticker, HOURS)
    assert stored is not None
    return from_csv(stored.body)


def facts_of(objects: PriceObjects, ticker: str) -> StoredFacts:
    facts = objects.read_facts(ticker, HOURS)
    assert facts is not None
    return facts


def an_hour_later(objects: PriceObjects, tickers: Sequence[str]) -> None:
    """Make the last run of these tickers an hour older."""
    for ticker in tickers:
        stored = objects.read(ticker, HOURS)
        assert stored is not None
        older = replace(stored.facts, fetched_at=stored.facts.fetched_at - timedelta(hours=1))
        objects.write(ticker, stored.body, older, replacing=stored.facts, interval=HOURS)


def last_sessions(count: int) -> list[date]:
    """Return the newest sessions whose bars the source knows, and that have ended."""
    end = (datetime.now(UTC) - timedelta(days=2)).date()
    return [day.date() for day in sessions(NEW_YORK.calendar, end - timedelta(days=30), end)][-count:]


def test_two_keys_take_turns_over_the_fifty_largest(source, run, redis_url, s3_bucket):
    done = run_process("--top50")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^50 tickers in [\d.]+ s: 0 updated, 50 new, 0 failed$", done.stdout, re.MULTILINE)
    assert source.calls_by_key == {FIRST: 25, SECOND: 25}
    assert set(source.calls_by_ticker.values()) == {1}
    with redis.Redis.from_url(redis_url) as client:
        assert not [key for key in client.scan_iter() if FIRST.encode() in key or SECOND.encode() in key]
        recorded = client.get("refresh_run:1h")
    assert b'"tickers":50,"failed":0' in recorded
    assert FIRST not in done.stdout
    again = run("--top50")
    assert (again.returncode, len(source.asked)) == (0, 50)
    assert "50 fresh" in again.stdout
    with web(redis_url, s3_bucket) as client:
        answer = client.get(f"/api/v1/prices/AAPL?interval=1h&start={last_sessions(1)[0]}").json
        assert (answer["source"], answer["source_name"]) == ("twelvedata", "Twelve Data")
        assert answer["prices"][0]["time"].startswith(f"{last_sessions(1)[0]}T09:30:00-0")


def test_a_key_without_credits_leaves_the_work_to_the_other(source, objects, run):
    source.used_up = {FIRST}
    done = run(*TICKERS)
    assert (done.returncode, done.stderr) == (0, "")
    assert source.calls_by_key[SECOND] == len(TICKERS)
    assert 1 <= source.calls_by_key[FIRST] <= len(TICKERS) // 2, "its pause is read before each call"
    source.asked.clear()
    an_hour_later(objects, TICKERS)
    assert run(*TICKERS).returncode == 0
    assert source.calls_by_key == {SECOND: len(TICKERS)}


def test_a_refused_key_is_in_no_output(source, objects, run):
    source.refused = {FIRST, SECOND}
    done = run("AAPL")
    assert done.returncode == 1
    assert "refused the key" in done.stderr
    assert FIRST not in done.stdout + done.stderr
    assert SECOND not in done.stdout + done.stderr
    assert objects.read_facts("AAPL", HOURS) is None


def test_the_hours_that_runs_missed_are_filled_by_the_next_one(source, objects, run):
    before, last = last_sessions(2)
    source.until = datetime(before.year, before.month, before.day, 11, 30, tzinfo=NEW_YORK_TIME)
    assert run("AAPL").returncode == 0
    early = bars_of(objects, "AAPL")
    assert f"{early[-1].time:%Y-%m-%d %H:%M}" == f"{before} 10:30"
    source.until = datetime.now(UTC)  # six runs of a day were missed, and those of the next day
    an_hour_later(objects, ["AAPL"])
    done = run("AAPL")
    assert done.returncode == 0
    assert "updated" in done.stdout
    assert "missing hours" not in done.stdout
    late = bars_of(objects, "AAPL")
    assert late[: len(early)] == early
    closes = session_closes(NEW_YORK.calendar, before, last)
    expected = Counter({day: hours_until(closes[day]) for day in (before, last)})
    assert Counter(bar.time.date() for bar in late if bar.time.date() >= before) >= expected


def hours_until(close: datetime) -> int:
    """Return the number of bars of a session that ends then."""
    return close.astimezone(NEW_YORK_TIME).hour - 9


def test_hours_that_the_source_lacks_are_reported_until_it_has_them(source, objects, run):
    before, _ = last_sessions(2)
    whole, lacking = source._bars, f"{before} 10:30:00"

    def without_one(query):
        return re.sub(rf'\{{"datetime": "{lacking}"[^}}]*\}}, '.encode(), b"", whole(query))

    source._bars = without_one
    done = run("AAPL")
    assert done.returncode == 0
    assert f"missing hours on {before}" in done.stdout
    assert facts_of(objects, "AAPL").flags == (f"missing hours on {before}",)
    source._bars = whole
    an_hour_later(objects, ["AAPL"])
    assert run("AAPL").returncode == 0
    assert facts_of(objects, "AAPL").flags == ()


def test_a_killed_run_leaves_whole_objects_and_the_next_run_completes(source, objects, run):
    source.may_answer.clear()
    with subprocess.Popen(command(*TICKERS), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until(lambda: len(source.asked) >= 4)
        source.may_answer.set()
        until(lambda: any(objects.read_facts(ticker, HOURS) for ticker in TICKERS))
        process.kill()
    stored = [ticker for ticker in TICKERS if objects.read_facts(ticker, HOURS)]
    rows = {len(bars_of(objects, ticker)) for ticker in stored}  # a part of an object would be refused
    done = run(*TICKERS)
    assert (done.returncode, done.stderr) == (0, "")
    assert {len(bars_of(objects, ticker)) for ticker in TICKERS} == rows
    assert f"{len(stored)} fresh" in done.stdout or not stored


def test_a_bad_ticker_costs_itself(source, objects, run):
    done = run("AAPL", UNKNOWN, "MSFT")
    assert done.returncode == 1
    assert done.stderr == f"error: {UNKNOWN}: Twelve Data has no ticker {UNKNOWN}. (unknown_ticker)\n"
    assert "0 updated, 2 new, 1 failed" in done.stdout
    assert bars_of(objects, "AAPL")
    assert bars_of(objects, "MSFT")


def test_half_days_and_changes_of_the_clocks_have_their_own_hours(source, objects, run):
    assert run("AAPL").returncode == 0
    bars = bars_of(objects, "AAPL")
    of_day: dict[date, list[Bar]] = defaultdict(list)
    for bar in bars:
        of_day[bar.time.date()].append(bar)
    # The year may begin within a day, and today may not have ended.
    days = [day for day in list(of_day)[1:] if day <= last_sessions(1)[0]]
    closes = session_closes(NEW_YORK.calendar, days[0], days[-1])
    assert {day: len(of_day[day]) for day in days} == {day: hours_until(closes[day]) for day in days}
    half_days = [day for day in days if len(of_day[day]) == 4]
    assert 1 <= len(half_days) <= 4
    # The bars after the close of half days were dropped, and perhaps those of the days that are left out above.
    around = session_closes(NEW_YORK.calendar, days[0] - timedelta(days=5), datetime.now(UTC).date())
    others = [day for day in around if day not in days and hours_until(around[day]) == 4]
    assert facts_of(objects, "AAPL").dropped - len(half_days) in range(len(others) + 1)
    assert {bar.time.utcoffset() for bar in bars} == {timedelta(hours=-4), timedelta(hours=-5)}
    assert {f"{min(bar.time for bar in of_day[day]):%H:%M}" for day in days} == {"09:30"}
    stored = objects.read("AAPL", HOURS)
    assert stored is not None
    assert {line[19:25] for line in stored.body.decode().splitlines()[1:]} == {"-04:00", "-05:00"}


def test_after_a_split_all_bars_have_the_new_adjustment_and_a_correction_replaces_its_bar(source, objects, run):
    assert run("AAPL").returncode == 0
    before = bars_of(objects, "AAPL")
    corrected = before[-10]
    source.factor = 0.5
    source.corrected = {f"{corrected.time:%Y-%m-%d %H:%M:%S}": corrected.close + 0.25}
    an_hour_later(objects, ["AAPL"])
    assert run("AAPL").returncode == 0
    after = bars_of(objects, "AAPL")
    assert [bar.time for bar in after] == [bar.time for bar in before]
    factors = {round(new.close / old.close, 4) for old, new in zip(before, after, strict=True) if old != corrected}
    assert factors == {0.5}
    assert after[-10].close == (corrected.close + 0.25) / 2
    assert max(abs(bar.close / last.close - 1) for last, bar in pairwise(after)) < 0.02
    assert facts_of(objects, "AAPL").flags == ()


def test_ctrl_c_ends_the_wait_for_a_budget(source, monkeypatch):
    monkeypatch.setenv("PROVIDER_BUDGETS", "twelvedata=1/minute")
    with subprocess.Popen(command(*TICKERS), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until(lambda: len(source.asked) >= 2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, b"Traceback" in err) == (130, False)
    assert len(source.asked) <= 4, "at most the calls of the minute that began meanwhile"


def test_a_run_waits_for_the_budget_of_the_next_minute(source, redis_url):
    waits = []
    with redis.Redis.from_url(redis_url) as client:

        def pause(seconds):
            waits.append(seconds)
            for key in client.scan_iter("budget:*"):
                client.delete(key)

        limits = ProviderLimits(client)
        budget = (Window(2, 60), Window(800, 86_400))
        guards = {
            key: Guard("twelvedata", limits, account_name("twelvedata", key), budget, HOURS) for key in (FIRST, SECOND)
        }
        hours = TwelveDataHours(url=source.url, keys=GuardedKeys(guards, KeyTurns("twelvedata", limits)), pause=pause)
        for ticker in (*TICKERS, *TICKERS):
            assert hours.fetch(ticker, [], datetime.now(UTC)).bars
    assert source.calls_by_key == {FIRST: len(TICKERS), SECOND: len(TICKERS)}
    assert len(waits) >= 1
    assert all(0 < seconds <= 60 for seconds in waits)


def test_a_run_leaves_a_part_of_each_minute_to_the_requests_of_people(source, redis_url, monkeypatch):
    monkeypatch.setenv("TWELVE_DATA_API_KEY", FIRST)
    monkeypatch.setenv("PROVIDER_BUDGETS", "twelvedata=8/minute,twelvedata=800/day")
    left = []
    with redis.Redis.from_url(redis_url) as client:
        limits = ProviderLimits(client)

        def pause(seconds):
            left.append(limits.count_left(account_name("twelvedata", FIRST), Window(8, 60)))
            for key in client.scan_iter("budget:*"):
                client.delete(key)

        hours = build_intraday_providers(load_settings(IngestionSettings), limits, pause)[HOURS]
        for ticker in (*TICKERS, *TICKERS, *TICKERS):
            assert hours.fetch(ticker, [], datetime.now(UTC)).bars
    assert min(left) == 2, "of several pauses, one may fall into the next minute"
