"""Intraday prices, from servers on the loopback interface that respond as the providers document."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import redis

from common.domain.errors import ProviderUnavailable
from common.domain.markets.exchanges import NEW_YORK
from common.domain.markets.trading_calendars import sessions
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.redis.stores import RedisStores
from ingestion_service.intraday.bars import NEW_YORK_TIME
from ingestion_service.intraday.keeper import IntradayKeeper
from ingestion_service.intraday.providers import AlphaVantageMonths, FetchedBars, list_months, parse_month
from ingestion_service.providers.access.guard import Guard
from ingestion_service.providers.access.key_rotation import GuardedKeys, KeyTurns
from ingestion_service.providers.base import Refused
from ingestion_service.providers.fetch.download import HttpResponse
from ingestion_service.refresh.command import main
from test_support.sources.source_server import Handle, answering, query_of
from tests.integration.webserver.test_prices_api import web

KEY = "s3cret-key-0123456789"
NOTE = b'{"Information": "Thank you! Our standard API rate limit is 25 requests per day. s3cret-key-0123456789"}'
ERROR = b'{"Error Message": "Invalid API call."}'


def month_csv(month, factor=1.0, step="5min"):
    """Return a month of two days, newest first, with Alpha Vantage's columns."""
    day = pd.Timestamp(f"{month}-01")
    times = pd.date_range(day + pd.Timedelta("9h30min"), day + pd.Timedelta("15h55min"), freq=step)[::-1]
    lines = [f"{time},{10 * factor},{12 * factor},{9 * factor},{11 * factor},5" for time in times]
    return "\r\n".join(["timestamp,open,high,low,close,volume", *lines, ""]).encode()


def hours_json(currency="USD"):
    today = datetime.now(NEW_YORK_TIME).date()
    days = sessions(NEW_YORK.calendar, today - timedelta(days=20), today - timedelta(days=7))[-3:]
    times = [f"{day:%Y-%m-%d} 09:30:00" for day in days]
    row = {"open": "10", "high": "12", "low": "9", "close": "11", "volume": "5"}
    return json.dumps(
        {"meta": {"currency": currency}, "values": [{"datetime": time, **row} for time in times], "status": "ok"}
    ).encode()


def answering_with(answer: Callable[[dict[str, str]], bytes]) -> Handle:
    """Return a handler whose response is the result of ``answer`` for the query parameters."""
    return lambda request: answering(200, answer(query_of(request.path)))(request)


@pytest.fixture
def source(server, monkeypatch, redis_url, s3_bucket):
    server.handle = answering_with(lambda asked: month_csv(asked["month"]))
    settings = {
        "REDIS_URL": redis_url, "S3_BUCKET": s3_bucket, "PROVIDERS": "sample", "ALPHA_VANTAGE_API_KEY": KEY,
        "ALPHA_VANTAGE_URL": server.url, "TWELVE_DATA_API_KEY": KEY, "TWELVE_DATA_URL": server.url,
        "PROVIDER_BUDGETS": "alphavantage=100/minute",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def objects(store):
    return store.objects


def later(objects, redis_url):
    """Make the last refresh long ago, and clear the recorded requests."""
    stored = objects.read("AAPL", "5min")
    facts = stored.facts
    old = type(facts)(**(vars(facts) | {"fetched_at": facts.fetched_at - timedelta(days=1)}))
    objects.write("AAPL", stored.body, old, replacing=facts, interval="5min")
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()


def test_a_year_of_five_minute_prices_is_fetched_month_by_month_and_served(
    source, objects, redis_url, s3_bucket, capsys
):
    assert main(["AAPL", "--interval", "5min"]) == 0
    assert "new" in capsys.readouterr().out
    assert [asked["month"] for asked in source.queries] == list_months(datetime.now(NEW_YORK_TIME).date())
    asked = source.queries[0]
    assert (asked["function"], asked["symbol"], asked["interval"]) == ("TIME_SERIES_INTRADAY", "AAPL", "5min")
    with web(redis_url, s3_bucket) as client:
        answer = client.get("/api/v1/prices/AAPL?interval=5min")
        assert (answer.json["source"], answer.json["interval"]) == ("alphavantage", "5min")
        moments = [datetime.fromisoformat(row["time"]) for row in answer.json["prices"]]
        assert moments == sorted(moments)
        assert all(moment.utcoffset() in {timedelta(hours=-4), timedelta(hours=-5)} for moment in moments)
        assert client.get("/api/v1/prices/AAPL").status_code == 404


def test_the_next_refresh_fetches_only_the_newest_month(source, objects, redis_url):
    main(["AAPL", "--interval", "5min"])
    before = objects.read("AAPL", "5min")
    later(objects, redis_url)
    newest = before.facts.last.strftime("%Y-%m")
    source.asked.clear()
    assert main(["AAPL", "--interval", "5min"]) == 0
    assert {asked["month"] for asked in source.queries} <= {
        newest,
        *list_months(datetime.now(NEW_YORK_TIME).date())[:1],
    }
    assert objects.read("AAPL", "5min").body == before.body


def test_at_the_end_of_the_budget_the_newest_months_are_kept_and_the_next_run_continues(
    source, objects, redis_url, capsys
):
    source.handle = answering_with(lambda asked: month_csv(asked["month"]) if len(source.asked) <= 4 else NOTE)
    assert main(["AAPL", "--interval", "5min"]) == 1
    said = capsys.readouterr()
    assert "0 updated, 0 new, 0 failed, 1 partial" in said.out
    assert re.search(
        r"^error: AAPL: 8 of 12 months are missing: Alpha Vantage's request quota .* The next refresh fetches them",
        said.err,
    )
    some = objects.read_facts("AAPL", "5min")
    later(objects, redis_url)
    source.handle = answering_with(lambda asked: month_csv(asked["month"]))
    assert main(["AAPL", "--interval", "5min"]) == 0
    all_of_it = objects.read_facts("AAPL", "5min")
    assert (all_of_it.first < some.first, all_of_it.last, all_of_it.rows > some.rows) == (True, some.last, True)


def test_after_a_split_all_months_are_fetched_again(source, objects, redis_url):
    main(["AAPL", "--interval", "5min"])
    rows = objects.read_facts("AAPL", "5min").rows
    later(objects, redis_url)
    source.handle = answering_with(lambda asked: month_csv(asked["month"], factor=0.5))
    assert main(["AAPL", "--interval", "5min"]) == 0
    stored = objects.read("AAPL", "5min")
    assert (stored.facts.rows, stored.facts.last_close, b",11.0," in stored.body) == (rows, 5.5, False)


def test_a_budget_that_ends_after_a_split_leaves_the_stored_prices(source, objects, redis_url, capsys):
    main(["AAPL", "--interval", "5min"])
    before = objects.read("AAPL", "5min").body
    later(objects, redis_url)
    source.asked.clear()
    source.handle = answering_with(
        lambda asked: month_csv(asked["month"], factor=0.5) if len(source.asked) <= 3 else NOTE
    )
    assert main(["AAPL", "--interval", "5min"]) == 1
    assert objects.read("AAPL", "5min").body == before


def test_after_a_split_the_refresh_waits_for_the_budget_of_the_next_minute(source, redis_url):
    now = datetime.now(UTC)
    waits = []
    with redis.Redis.from_url(redis_url) as client:

        def pause(seconds):
            waits.append(seconds)
            client.flushall()

        guard = Guard("alphavantage", ProviderLimits(client), "account", (Window(5, 60),))
        keys = GuardedKeys({KEY: guard}, KeyTurns("alphavantage", ProviderLimits(client)))
        months = AlphaVantageMonths(url=source.url, keys=keys, pause=pause)
        stored = [
            bar._replace(close=22.0)
            for month in list_months(now.astimezone(NEW_YORK_TIME).date())
            for bar in bars_of(month)
        ]
        fetched = months.fetch("AAPL", stored, now).bars
    assert (len(fetched), {bar.close for bar in fetched}) == (len(stored), {11.0})
    assert waits
    assert all(0 < seconds <= 60 for seconds in waits)


def test_in_the_last_evening_of_a_month_in_new_york_the_next_month_is_not_asked_for(source, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        guard = Guard("alphavantage", ProviderLimits(client), "account", ())
        keys = GuardedKeys({KEY: guard}, KeyTurns("alphavantage", ProviderLimits(client)))
        months = AlphaVantageMonths(url=source.url, keys=keys)
        months.fetch("AAPL", [], datetime(2026, 12, 1, 2, tzinfo=UTC))
    asked = [query["month"] for query in source.queries]
    assert (asked[0], asked[-1]) == ("2026-11", "2025-12")


def bars_of(month):
    return parse_month("AAPL", HttpResponse(200, month_csv(month), None))


@pytest.mark.parametrize(
    "worse",
    [
        lambda bars: [bar._replace(open=1000.0, high=1200.0, low=900.0, close=1100.0) for bar in bars[-1:]],
        lambda bars: bars[len(bars) // 2 :],
        lambda bars: [*bars[:-70], *(bar._replace(high=1200.0, close=1100.0) for bar in bars[-70:])],
        lambda bars: bars[::2] + bars[-1:],
    ],
)
def test_worse_prices_do_not_replace_the_stored_ones(source, objects, redis_url, worse):
    main(["AAPL", "--interval", "5min"])
    before = objects.read("AAPL", "5min").body
    later(objects, redis_url)

    class Worse:
        name = "alphavantage"

        def fetch(self, ticker, stored, now):
            return FetchedBars(worse(list(stored)), "USD")

    with redis.Redis.from_url(redis_url) as client, pytest.raises(ProviderUnavailable):
        IntradayKeeper(RedisStores.of(client), objects, {"5min": Worse()}).refresh("AAPL", "5min", 5)
    assert objects.read("AAPL", "5min").body == before


def test_a_month_100_times_too_high_is_flagged(source, objects):
    wrong = list_months(datetime.now(NEW_YORK_TIME).date())[4]
    source.handle = answering_with(
        lambda asked: month_csv(asked["month"], factor=100.0 if asked["month"] == wrong else 1.0)
    )
    assert main(["AAPL", "--interval", "5min"]) == 0
    flags = objects.read_facts("AAPL", "5min").flags
    assert len(flags) == 2
    assert flags[0] == f"looks like a split on {wrong}-01"


@pytest.mark.parametrize("body", [NOTE, ERROR, b"", b"<html>", b"a,b\n1,2\n", month_csv("2024-01")[:300]])
def test_a_bad_response_stores_nothing_and_reveals_no_key(source, objects, capsys, body):
    source.handle = answering_with(lambda asked: body)
    assert main(["AAPL", "--interval", "5min"]) == 1
    said = capsys.readouterr()
    assert "failed" in said.out
    assert KEY not in said.out + said.err
    assert objects.read_facts("AAPL", "5min") is None


def test_hourly_prices_come_from_twelve_data(source, objects, redis_url, s3_bucket):
    source.handle = answering_with(lambda asked: hours_json())
    assert main(["BRK-B", "--interval", "1h"]) == 0
    (asked,) = source.queries
    assert (asked["symbol"], asked["interval"], asked["timezone"]) == ("BRK.B", "1h", "America/New_York")
    facts = objects.read_facts("BRK-B", "1h")
    assert (facts.source, facts.rows, facts.last_close) == ("twelvedata", 3, 11.0)


def test_hourly_prices_in_another_currency_are_not_stored_as_dollars(source, objects, capsys):
    source.handle = answering_with(lambda asked: hours_json("EUR"))
    assert main(["SAP", "--interval", "1h"]) == 1
    assert "in US dollars" in capsys.readouterr().err
    assert objects.read_facts("SAP", "1h") is None


def test_broken_and_repeated_intraday_prices_are_counted_and_old_ones_are_not(source, objects):
    def with_faults(asked):
        whole = month_csv(asked["month"])
        header, first, *rest = whole.splitlines(keepends=True)
        broken = first.replace(b",9.0,", b",-9.0,")
        return header + broken + b"".join([rest[0], *rest]) if asked["month"] == months[3] else whole

    months = list_months(datetime.now(NEW_YORK_TIME).date())
    source.handle = answering_with(with_faults)
    assert main(["AAPL", "--interval", "5min"]) == 0
    assert objects.read_facts("AAPL", "5min").dropped == 2


def test_the_next_key_is_used_when_one_has_no_budget_left(source, objects, monkeypatch):
    monkeypatch.setenv("ALPHA_VANTAGE_API_KEY", "first-key-0123456789,second-key-0123456789")
    source.handle = answering_with(
        lambda asked: month_csv(asked["month"]) if asked["apikey"].startswith("second") else NOTE
    )
    assert main(["AAPL", "--interval", "5min"]) == 0
    assert Counter(asked["apikey"][:5] for asked in source.queries) == {"first": 1, "secon": 12}


def test_the_failure_without_a_key_names_its_setting(source, monkeypatch, capsys):
    monkeypatch.delenv("ALPHA_VANTAGE_API_KEY")
    assert main(["AAPL", "--interval", "5min"]) == 1
    assert "ALPHA_VANTAGE_API_KEY" in capsys.readouterr().err


def test_removing_a_ticker_removes_every_interval(source, objects, redis_url):
    main(["AAPL", "--interval", "5min"])
    with redis.Redis.from_url(redis_url) as client:
        assert RedisStores.of(client).price_notes.read_prices_pointer("AAPL") is None
    objects.remove("AAPL")
    assert objects.read_facts("AAPL", "5min") is None


BURST = json.dumps(
    {
        "Information": "Please consider spreading out your free API requests more sparingly (1 request per second). You"
        " may subscribe to any of the premium plans to lift the free key rate limit (25 requests per day), raise the"
        " per-second burst limit, and instantly unlock all premium endpoints"
    }
).encode()


def test_a_free_key_gets_every_month_though_only_one_call_a_second_is_allowed(source, objects, monkeypatch, capsys):
    monkeypatch.delenv("PROVIDER_BUDGETS")
    allowed, last = 0.9, [0.0]

    def strict(request):
        too_soon = time.monotonic() - last[0] < allowed
        last[0] = time.monotonic()
        body = BURST if too_soon else month_csv(query_of(request.path)["month"])
        answering(200, body)(request)

    source.handle = strict
    assert main(["AAPL", "--interval", "5min"]) == 0, capsys.readouterr().err
    assert len({asked["month"] for asked in source.queries}) == 12


def test_a_notice_about_a_burst_does_not_reject_the_key(source, objects):
    source.handle = answering_with(lambda asked: BURST if len(source.asked) in {2, 3} else month_csv(asked["month"]))
    assert main(["AAPL", "--interval", "5min"]) == 0
    assert len(source.asked) == 14


@pytest.mark.parametrize("empty", [b"{}", b"", b"\r\n", b"timestamp,open,high,low,close,volume\r\n"])
def test_empty_months_of_unknown_tickers_do_not_pause_the_provider(source, objects, empty):
    source.handle = answering_with(lambda asked: month_csv(asked["month"]) if asked["symbol"] == "AAPL" else empty)
    assert main(["NOPE", "NIL", "NONE", "NIX", "--interval", "5min"]) == 1
    assert len(source.asked) <= 8
    assert main(["AAPL", "--interval", "5min"]) == 0


@pytest.mark.parametrize("empty", [b"{}", b"", b"timestamp,open,high,low,close,volume\r\n"])
def test_an_empty_current_month_does_not_prevent_the_fetch_of_older_ones(source, objects, empty):
    begun = list_months(datetime.now(NEW_YORK_TIME).date())[0]
    source.handle = answering_with(lambda asked: empty if asked["month"] == begun else month_csv(asked["month"]))
    assert main(["AAPL", "--interval", "5min"]) == 0
    assert len(source.asked) == 12


@pytest.mark.parametrize(("ticker", "currency"), [("AAPL", "USD"), ("TSCO.LON", "XXX"), ("VOD.L", "XXX")])
def test_intraday_prices_of_a_foreign_listing_have_an_unknown_currency(source, objects, ticker, currency):
    assert main([ticker, "--interval", "5min"]) == 0
    assert objects.read_facts(ticker, "5min").currency == currency


def test_all_keys_of_a_provider_share_one_time_limit(redis_url):
    given_s = []

    def call(key, left_s):
        given_s.append(left_s)
        time.sleep(0.2)
        raise Refused(retry_after_s=900)

    with redis.Redis.from_url(redis_url) as client:
        guards = {key: Guard("alphavantage", ProviderLimits(client), key, ()) for key in "abc"}
        with pytest.raises(Refused):
            GuardedKeys(guards, KeyTurns("alphavantage", ProviderLimits(client))).ask(call, 100.0)
    assert given_s == sorted(given_s, reverse=True)
    assert given_s[-1] < 100 - 0.3
