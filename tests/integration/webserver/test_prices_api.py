"""The routes of prices and tickers, with real S3, Redis and ingestion, and sources that the test controls."""

import asyncio
import csv
import gzip
import io
import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd
import pytest
from werkzeug.http import parse_options_header

from common.domain.errors import Busy, ProviderUnavailable, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from common.redis.leases import LeaseKeeper
from common.redis.price_notes import PricesPointer
from common.rpc.addresses import Address
from common.rpc.messages import make_accepted_reply
from common.s3.objects import DamagedObject, SeriesDescription
from ingestion_service.prices.commands import PriceCommands
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.service import IngestionService
from tests.integration.common.test_tcp import serving
from webserver.app import create_app
from webserver.settings import WebSettings

NOW = datetime.now(UTC)
NOWHERE = Address("127.0.0.1", 1)
LAST = pd.bdate_range(end=NOW.date() - timedelta(days=3), periods=1)[0].date()


def series(ticker="AAPL", source="tiingo", rows=100, price=100.0, ends=None):
    days = pd.bdate_range(end=ends or LAST, periods=rows, name="date")
    closes = price + np.arange(float(rows)) / 8
    return PriceSeries(ticker, source, "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days))


class Source:
    """A provider that returns or raises what the test sets, and counts its calls."""

    name = "tiingo"

    def __init__(self, answer=None):
        self.answer = answer
        self.asked = 0

    def fetch(self, ticker, *, since, timeout_s):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or series(ticker)


@contextmanager
def web(redis_url, s3_bucket, ingestion=NOWHERE, deadline_s=30, **more):
    settings = WebSettings(
        redis_url=redis_url, s3_bucket=s3_bucket, ingestion_address=ingestion, request_deadline_s=deadline_s, **more
    )
    with create_app(settings).test_client() as client:
        yield client


@pytest.fixture
def reader(redis_url, s3_bucket):
    """The web server without an ingestion service: reading needs none."""
    with web(redis_url, s3_bucket) as client:
        yield client


@contextmanager
def whole(redis_stores, store, redis_url, s3_bucket, source):
    """The web server and the ingestion service."""
    prices = PriceKeeper(redis_stores, store, [source], timedelta(days=1))
    newest = PriceKeeper(redis_stores, store, [source], timedelta(minutes=15))
    tracking = PriceCommands(redis_stores, store, prices, newest)
    service = IngestionService(redis_stores.attempts, LeaseKeeper(redis_stores.attempts), prices, tracking, NOWHERE)
    with (
        serving(service.take, handle_command=service.handle_command) as ingestion,
        web(redis_url, s3_bucket, ingestion) as client,
    ):
        yield client


def check_problem(answer, status, code):
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["code"] == code
    assert "Traceback" not in answer.text


def test_prices_are_answered_with_their_source_and_age(store, reader):
    version = store.write(series(), fetched_at=NOW, replacing=None).version
    answer = reader.get("/api/v1/prices/aapl")
    document = answer.json
    assert (document["ticker"], document["source"], document["currency"], document["rows"]) == (
        "AAPL",
        "tiingo",
        "USD",
        100,
    )
    assert (document["version"], document["stale"], document["interval"]) == (version, False, "1d")
    assert datetime.fromisoformat(document["fetched_at"]) == NOW.replace(microsecond=0)
    assert (document["last"], document["last_close"], document["previous_close"]) == (LAST.isoformat(), 112.375, 112.25)
    assert (document["change"], document["change_pct"]) == (0.125, 0.1114)
    assert len(document["prices"]) == 100
    assert document["prices"][-1] == {"date": LAST.isoformat(), **dict.fromkeys(COLUMNS, 112.375)}


def test_a_range_includes_both_dates(store, reader):
    store.write(series(ends=date(2024, 3, 29)), fetched_at=NOW, replacing=None)
    document = reader.get("/api/v1/prices/AAPL?start=2024-03-23&end=2024-03-27").json
    assert [row["date"] for row in document["prices"]] == ["2024-03-25", "2024-03-26", "2024-03-27"]
    assert (document["count"], document["rows"], document["stale"]) == (3, 100, True)
    assert reader.get("/api/v1/prices/AAPL?start=2030-01-01").json["prices"] == []
    assert reader.get("/api/v1/prices/AAPL?end=2024-03-29").json["count"] == 100


def test_the_csv_equals_the_stored_one_and_is_safe_in_a_spreadsheet(store, reader):
    store.write(series(), fetched_at=NOW, replacing=None)
    answer = reader.get("/api/v1/prices/AAPL?format=csv")
    assert answer.mimetype == "text/csv"
    assert answer.data == series().to_csv()
    assert answer.headers["Content-Disposition"] == "attachment; filename=AAPL-1d.csv"
    assert (answer.headers["Stockcast-Source"], answer.headers["Stockcast-Stale"]) == ("tiingo", "false")
    assert answer.headers["Stockcast-Rows"] == "100"
    assert datetime.fromisoformat(answer.headers["Stockcast-Fetched-At"]) == NOW.replace(microsecond=0)
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r"]


def test_an_etag_depends_on_version_range_and_format(store, reader):
    first = store.write(series(), fetched_at=NOW, replacing=None).version
    address = "/api/v1/prices/AAPL"
    tags = [reader.get(address + query).headers["ETag"] for query in ("", "?format=csv", "?start=2024-01-01")]
    assert len(set(tags)) == 3
    assert not any(tag.startswith("W/") for tag in tags)
    again = reader.get(address, headers={"If-None-Match": f'"other", {tags[0]}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tags[0])
    assert store.write(series(price=5.0), fetched_at=NOW, replacing=store.read_facts("AAPL")).version != first
    changed = reader.get(address, headers={"If-None-Match": tags[0]})
    assert (changed.status_code, changed.headers["ETag"] == tags[0]) == (200, False)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_prices_are_compressed_on_request_with_another_etag(store, reader, form):
    store.write(series(), fetched_at=NOW, replacing=None)
    address = f"/api/v1/prices/AAPL?format={form}"

    def read(make_accepted_reply, **headers):
        return reader.get(address, headers={"Accept-Encoding": make_accepted_reply} | headers)

    plain, compressed = read("gzip;q=0"), read("br, gzip")
    assert gzip.decompress(compressed.data) == plain.data
    assert len(compressed.data) < len(plain.data) / 2
    assert (compressed.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert compressed.headers["ETag"] != plain.headers["ETag"]
    assert compressed.headers["Content-Type"] == plain.headers["Content-Type"]
    for likes, answer in (("identity", plain), ("gzip", compressed)):
        again = read(likes, **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
        assert again.headers["Vary"] == answer.headers["Vary"] == "Accept-Encoding"
        assert "Content-Encoding" not in again.headers
    assert read("gzip", **{"If-None-Match": plain.headers["ETag"]}).data == compressed.data


@pytest.mark.parametrize("keep", [-500, -1])
def test_a_truncated_csv_is_never_a_shorter_series(store, s3, s3_bucket, reader, keep):
    store.write(series(), fetched_at=NOW, replacing=None)
    whole_object = s3.get_object(Bucket=s3_bucket, Key="prices/daily/AAPL.csv")
    body = whole_object["Body"].read()[:keep]
    s3.put_object(
        Bucket=s3_bucket, Key="prices/daily/AAPL.csv", Body=body, Metadata=whole_object["Metadata"]
    )  # fmt: skip
    for form in ("json", "csv"):
        check_problem(reader.get(f"/api/v1/prices/AAPL?format={form}"), 503, "busy")


@pytest.mark.parametrize("cell", ["=1+1", "@x", "-1", "+1", "nan", "inf", "1e", '"', "01", "1,2", "<b>"])
def test_invalid_cells_are_not_returned(store, reader, cell):
    body = f"date,close\n2024-01-02,{cell}\n".encode()
    facts = SeriesDescription("x", "USD", NOW, 1, LAST, LAST, 1.0, None)
    store.objects.write("AAPL", body, facts, replacing=None)
    for form in ("json", "csv"):
        check_problem(reader.get(f"/api/v1/prices/AAPL?format={form}"), 503, "busy")


def test_a_too_large_object_is_not_read(store, monkeypatch):
    monkeypatch.setattr("common.s3.objects.MAX_BODY_BYTES", 10)
    store.write(series(), fetched_at=NOW, replacing=None)
    with pytest.raises(DamagedObject):
        store.objects.read("AAPL")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("prices/AAPL?start=2024-1-1", "invalid_request"), ("prices/AAPL?start=20240101", "invalid_request"),
        ("prices/AAPL?end=2024-02-30", "invalid_request"), ("prices/AAPL?start=now", "invalid_request"),
        ("prices/AAPL?start=2024-02-02&end=2024-02-01", "invalid_request"), ("prices/AAPL?start=", "invalid_request"),
        ("prices/AAPL?format=xml", "invalid_request"), ("prices/AAPL?interval=1m", "invalid_request"),
        ("prices/AAPL?start=%D9%A1024-01-01", "invalid_request"), ("prices/..%5Cx", "invalid_ticker"),
        ("prices/A%00B", "invalid_ticker"), ("prices/%20", "invalid_ticker"),
        ("tickers?q=" + "x" * 65, "invalid_request"), ("tickers?after=../x", "invalid_request"),
        ("tickers/%3Cb%3E", "invalid_ticker"),
    ],
)  # fmt: skip
def test_bad_input_gets_its_code(reader, path, code):
    check_problem(reader.get(f"/api/v1/{path}"), 400, code)


@pytest.mark.parametrize("path", ["prices/AAPL", "prices/AAPL?interval=5min", "tickers/AAPL", "prices/a/b"])
def test_missing_prices_are_not_found_with_advice(reader, path):
    check_problem(reader.get(f"/api/v1/{path}"), 404, "not_found")


def test_the_list_has_stored_tickers_and_their_changes(store, reader, s3, s3_bucket):
    assert reader.get("/api/v1/tickers").json == {"tickers": [], "next": None}
    store.write(series("MSFT", "sample", ends=date(2013, 3, 1)), fetched_at=NOW, replacing=None)
    store.write(series("AAPL"), fetched_at=NOW, replacing=None)
    s3.put_object(Bucket=s3_bucket, Key="prices/daily/STRANGE.csv", Body=b"hello")
    s3.put_object(Bucket=s3_bucket, Key="prices/daily/deeper/AAPL.csv", Body=b"hello")
    apple, microsoft = reader.get("/api/v1/tickers").json["tickers"]
    assert (apple["ticker"], apple["last_close"], apple["change"], apple["stale"]) == ("AAPL", 112.375, 0.125, False)
    assert (microsoft["source"], microsoft["last"], microsoft["stale"]) == ("sample", "2013-03-01", True)
    store.write(series("AAPL", price=200.0), fetched_at=NOW, replacing=store.read_facts("AAPL"))
    store.objects.remove("MSFT")
    (apple,) = reader.get("/api/v1/tickers").json["tickers"]
    assert (apple["last_close"], reader.get("/api/v1/tickers/AAPL").json) == (212.375, apple)


def test_a_long_list_is_divided_into_pages(store, reader, monkeypatch):
    monkeypatch.setattr("webserver.stocks.ticker_routes.PAGE", 2)
    tickers = ["A", "AA", "BRK-B", "BRK.A", "C", "^GSPC"]
    for ticker in tickers:
        store.write(series(ticker), fetched_at=NOW, replacing=None)
    found, address = [], "/api/v1/tickers"
    while address:
        page = reader.get(address).json
        assert len(page["tickers"]) <= 2
        found += [entry["ticker"] for entry in page["tickers"]]
        address = page["next"]
    assert sorted(found) == sorted(tickers)
    assert set(store.objects.list_tickers()) == set(tickers)


INDIAN = ["M&M.NS", "J&KBANK.NS", "NIFTY_FIN_SERVICE.NS", "A" * 24]


@pytest.mark.parametrize("ticker", INDIAN)
def test_a_ticker_with_ampersand_underscore_or_24_characters_is_added_read_and_removed(
    redis_stores, store, redis_url, s3_bucket, ticker
):
    path = quote(ticker)
    with whole(redis_stores, store, redis_url, s3_bucket, Source()) as client:
        assert client.put(f"/api/v1/tickers/{path}").status_code == 201
        assert client.get(f"/api/v1/tickers/{path}").json["ticker"] == ticker
        assert [found["ticker"] for found in client.get("/api/v1/tickers").json["tickers"]] == [ticker]
        assert client.get(f"/api/v1/tickers?{urlencode({'q': ticker})}").json["tickers"][0]["ticker"] == ticker
        prices = client.get(f"/api/v1/prices/{path}?format=csv")
        assert (prices.status_code, parse_options_header(prices.headers["Content-Disposition"])[1]) == (
            200, {"filename": f"{ticker}-1d.csv"},
        )  # fmt: skip
        assert client.post(f"/api/v1/prices/{path}:refresh").status_code == 200
        assert client.delete(f"/api/v1/tickers/{path}").status_code == 204
        missing = client.get(f"/api/v1/prices/{path}")
        check_problem(missing, 404, "not_found")
        assert f"PUT /api/v1/tickers/{path} " in missing.json["detail"]


def test_a_page_can_follow_a_ticker_with_an_ampersand(store, reader, monkeypatch):
    monkeypatch.setattr("webserver.stocks.ticker_routes.PAGE", 1)
    for ticker in INDIAN:
        store.write(series(ticker), fetched_at=NOW, replacing=None)
    found, address = [], "/api/v1/tickers"
    while address:
        page = reader.get(address).json
        found += [entry["ticker"] for entry in page["tickers"]]
        address = page["next"]
    assert sorted(found) == sorted(INDIAN)


def test_the_search_finds_names_and_stored_tickers(store, reader):
    store.write(series("ZZTOP"), fetched_at=NOW, replacing=None)
    assert reader.get("/api/v1/tickers?q=apple").json["tickers"][0] == {
        "ticker": "AAPL", "name": "Apple Inc.", "stored": False,
    }  # fmt: skip
    assert reader.get("/api/v1/tickers?q=zzt").json["tickers"] == [{"ticker": "ZZTOP", "name": None, "stored": True}]
    assert len(reader.get("/api/v1/tickers?q=a").json["tickers"]) == 10
    assert reader.get("/api/v1/tickers?q=%20").json["tickers"] == []


def test_without_s3_prices_are_busy_and_names_are_still_found(redis_url, monkeypatch, s3_bucket):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with web(redis_url, s3_bucket) as client:
        check_problem(client.get("/api/v1/prices/AAPL"), 503, "busy")
        assert client.get("/api/v1/tickers?q=aapl").json["tickers"][0]["ticker"] == "AAPL"


@pytest.mark.parametrize("path", ["/api/v1/tickers?q=apple", "/api/v1/prices/AAPL", "/api/v1/tickers"])
def test_costly_reads_count_against_the_quota_of_their_client(redis_url, s3_bucket, path):
    with web(redis_url, s3_bucket, rate_limit_per_client="2/hour") as client:
        answers = [client.get(path) for _ in range(3)]
        assert [answer.status_code == 429 for answer in answers] == [False, False, True]
        assert answers[0].headers["RateLimit"].startswith('"client-3600s";r=1;')
        assert client.get("/livez").status_code == 200
        other = client.get(path, environ_overrides={"REMOTE_ADDR": "10.0.0.2"})
        assert other.status_code != 429


def test_cheap_reads_do_not_count(redis_url, s3_bucket):
    with web(redis_url, s3_bucket, rate_limit_per_client="1/hour") as client:
        answers = [client.get("/api/v1/tickers/AAPL") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert "RateLimit" not in answers[0].headers


def test_a_ticker_is_added_once_and_removed_with_its_pointer(redis_stores, store, redis_url, s3_bucket):
    source = Source()
    with whole(redis_stores, store, redis_url, s3_bucket, source) as client:
        added = client.put("/api/v1/tickers/ibm")
        assert (added.status_code, added.json["ticker"], added.json["rows"]) == (201, "IBM", 100)
        assert client.put("/api/v1/tickers/IBM").status_code == 200
        assert source.asked == 1
        assert redis_stores.price_notes.read_prices_pointer("IBM") is not None
        gone = client.delete("/api/v1/tickers/IBM")
        assert (gone.status_code, gone.data) == (204, b"")
        assert (store.read_facts("IBM"), redis_stores.price_notes.read_prices_pointer("IBM")) == (None, None)
        check_problem(client.delete("/api/v1/tickers/IBM"), 404, "not_found")
        assert client.put("/api/v1/tickers/IBM").status_code == 201


def test_a_ticker_with_intraday_prices_only_is_removed(redis_stores, store, redis_url, s3_bucket):
    day = date(2026, 1, 2)
    facts = SeriesDescription("alphavantage", "USD", NOW, 1, day, day, 1.0, None)
    store.objects.write("AAPL", b"time,close\n", facts, replacing=None, interval="5min")
    with whole(redis_stores, store, redis_url, s3_bucket, Source()) as client:
        assert client.delete("/api/v1/tickers/AAPL").status_code == 204
        assert store.objects.read_facts("AAPL", "5min") is None
        check_problem(client.delete("/api/v1/tickers/AAPL"), 404, "not_found")


def test_a_ticker_is_not_removed_while_its_intraday_prices_are_written(redis_stores, store, redis_url):
    store.write(series(), fetched_at=NOW, replacing=None)
    prices = PriceKeeper(redis_stores, store, [Source()], timedelta(days=1))
    with redis_stores.price_notes.lock_refresh("AAPL:5min", wait_s=0), pytest.raises(Busy):
        PriceCommands(redis_stores, store, prices, prices).untrack("AAPL", 0.2)
    assert store.read_facts("AAPL") is not None


def test_a_ticker_with_a_pointer_and_no_object_is_fetched(redis_stores, store, redis_url, s3_bucket):
    redis_stores.price_notes.set_prices_pointer("IBM", PricesPointer("a" * 64, LAST), 60_000)
    with whole(redis_stores, store, redis_url, s3_bucket, Source()) as client:
        assert client.put("/api/v1/tickers/IBM").status_code == 201


def test_a_refresh_asks_the_source_although_prices_are_fresh(redis_stores, store, redis_url, s3_bucket):
    older = replace(series(), frame=series().frame.iloc[:-2])
    store.write(older, fetched_at=NOW - timedelta(hours=5), replacing=None)
    source = Source(series())
    with whole(redis_stores, store, redis_url, s3_bucket, source) as client:
        assert client.put("/api/v1/tickers/AAPL").status_code == 200
        assert source.asked == 0
        refreshed = client.post("/api/v1/prices/AAPL:refresh")
        assert (refreshed.status_code, refreshed.json["last_close"]) == (200, 112.375)
        assert client.post("/api/v1/prices/AAPL:refresh").status_code == 200
    assert source.asked == 1


def test_an_action_on_prices_requires_post(reader):
    answer = reader.get("/api/v1/prices/AAPL:refresh")
    check_problem(answer, 405, "invalid_request")
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}  # in no order of its own
    check_problem(reader.get("/api/v1/prices/AAPL:sell"), 404, "not_found")


def test_a_failed_refresh_is_reported_and_keeps_the_stored_prices(redis_stores, store, redis_url, s3_bucket):
    store.write(series(), fetched_at=NOW - timedelta(days=9), replacing=None)
    with whole(redis_stores, store, redis_url, s3_bucket, Source(ProviderUnavailable())) as client:
        check_problem(client.post("/api/v1/prices/AAPL:refresh"), 503, "provider_unavailable")
        assert client.get("/api/v1/prices/AAPL").json["count"] == 100


def test_an_unknown_ticker_is_not_added(redis_stores, store, redis_url, s3_bucket):
    with whole(redis_stores, store, redis_url, s3_bucket, Source(UnknownTicker())) as client:
        check_problem(client.put("/api/v1/tickers/NOPE"), 404, "unknown_ticker")
        check_problem(client.put("/api/v1/tickers/..%2Fx"), 404, "not_found")
        check_problem(client.put("/api/v1/tickers/A..B"), 400, "invalid_ticker")
    assert store.read_facts("NOPE") is None


def test_without_ingestion_a_command_is_busy_after_a_short_wait(redis_url, s3_bucket, monkeypatch):
    monkeypatch.setattr("webserver.stocks.ingestion_client.DISPATCH_PATIENCE_S", 0.2)
    with web(redis_url, s3_bucket) as client:
        check_problem(client.put("/api/v1/tickers/IBM"), 503, "busy")


def test_commands_beyond_their_limit_are_busy_and_reads_are_served(store, redis_url, s3_bucket, monkeypatch):
    monkeypatch.setattr("webserver.stocks.ingestion_client.MOST_AT_ONCE", 1)
    store.write(series(), fetched_at=NOW, replacing=None)
    entered, release = threading.Event(), threading.Event()

    async def handle_command(command):
        entered.set()
        await asyncio.to_thread(release.wait, 100)
        return make_accepted_reply(command.request_id, "kept")

    async def take(order):
        raise Busy

    with serving(take, handle_command=handle_command) as ingestion, web(redis_url, s3_bucket, ingestion) as client:
        app = client.application
        waiting = threading.Thread(target=lambda: app.test_client().put("/api/v1/tickers/AAPL"))
        waiting.start()
        assert entered.wait(100)
        check_problem(client.put("/api/v1/tickers/IBM"), 503, "busy")
        assert client.get("/api/v1/tickers/AAPL").status_code == 200
        release.set()
        waiting.join()


def test_a_year_of_five_minute_prices_is_served_in_ranges(store, reader):
    days = pd.date_range("2024-01-02 09:30", periods=20_000, freq="5min", tz="America/New_York")
    lines = ["time,open,high,low,close,volume", *(f"{moment.isoformat()},1.5,2,1,1.25,10" for moment in days), ""]
    facts = SeriesDescription("alphavantage", "USD", NOW, 20_000, days[0].date(), days[-1].date(), 1.25, 1.25)
    store.objects.write("AAPL", "\n".join(lines).encode(), facts, replacing=None, interval="5min")
    answer = reader.get("/api/v1/prices/AAPL?interval=5min&start=2024-01-03&end=2024-01-03")
    assert answer.json["count"] == 288
    assert answer.json["prices"][0]["time"] == "2024-01-03T00:00:00-05:00"
    assert answer.json["interval"] == "5min"
    assert json.loads(reader.get("/api/v1/prices/AAPL?interval=5min").data)["count"] == 20_000


def test_the_stored_intervals_of_a_ticker_are_listed_with_their_facts(store, reader):
    check_problem(reader.get("/api/v1/prices/AAPL/intervals"), 404, "not_found")
    facts = SeriesDescription(
        "twelvedata", "USD", NOW, 2, LAST, LAST, 1.25, 1.0, flags=("missing hours on 2024-01-03",)
    )
    store.objects.write("AAPL", b"time,close\n", facts, replacing=None, interval="1h")
    assert [found["interval"] for found in reader.get("/api/v1/prices/AAPL/intervals").json["intervals"]] == ["1h"]
    store.write(series(), fetched_at=NOW, replacing=None)
    answer = reader.get("/api/v1/prices/aapl/intervals").json
    daily, hourly = answer["intervals"]
    assert (answer["ticker"], daily["interval"], hourly["interval"]) == ("AAPL", "1d", "1h")
    assert (hourly["source"], hourly["source_name"], hourly["last"]) == ("twelvedata", "Twelve Data", LAST.isoformat())
    assert (hourly["time_zone"], hourly["flags"]) == ("America/New_York", ["missing hours on 2024-01-03"])


def test_the_days_of_another_exchange_have_its_time_zone(store, reader):
    store.write(series("VOD.L"), fetched_at=NOW, replacing=None)
    (daily,) = reader.get("/api/v1/prices/VOD.L/intervals").json["intervals"]
    assert daily["time_zone"] == "Europe/London"
