"""Uploads of prices over HTTP, with real S3, Redis and ingestion, and a source that must never be asked."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import SourceConflict
from common.domain.markets.trading_calendars import sessions
from common.redis.leases import LeaseKeeper
from common.s3.incoming import IncomingFiles
from ingestion_service.intraday.keeper import IntradayKeeper
from ingestion_service.prices.commands import PriceCommands
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.refresh.command import describe_refresh
from ingestion_service.service import IngestionService
from ingestion_service.uploads.commands import UploadCommands
from tests.integration.common.test_tcp import serving
from tests.integration.webserver.test_prices_api import NOWHERE, Source, check_problem, series, web

NOW = datetime.now(UTC)
DAYS = pd.bdate_range(end=NOW.date() - timedelta(days=2), periods=100)
URL = "/api/v1/prices/MY-FUND"


class Parts:
    """The web server, the ingestion service behind it, and its only source."""

    def __init__(self, redis_stores, store, s3, s3_bucket):
        self.source = Source()
        self.store = store
        self.s3 = s3
        self.bucket = s3_bucket
        self.prices = PriceKeeper(redis_stores, store, [self.source], timedelta(days=1))
        newest = PriceKeeper(redis_stores, store, [self.source], timedelta(minutes=15))
        self.of_sources = PriceCommands(redis_stores, store, self.prices, newest)
        self.incoming = IncomingFiles(s3, s3_bucket)
        self.commands = UploadCommands(redis_stores, store, self.incoming, self.of_sources, timedelta(days=1))
        self.service = IngestionService(
            redis_stores.attempts, LeaseKeeper(redis_stores.attempts), self.prices, self.commands, NOWHERE
        )
        self.client = None

    def put(self, body, query="", url=URL):
        return self.client.put(url + query, data=body)

    def patch(self, body, query="", url=URL):
        return self.client.patch(url + query, data=body)

    def stored(self, ticker="MY-FUND"):
        return self.store.read(ticker)

    def keys(self):
        found = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {entry["Key"] for entry in found}


@contextmanager
def running(parts, redis_url, s3_bucket):
    with (
        serving(parts.service.take, handle_command=parts.service.handle_command) as ingestion,
        web(redis_url, s3_bucket, ingestion) as client,
    ):
        parts.client = client
        yield parts


@pytest.fixture
def parts(redis_stores, store, s3, redis_url, s3_bucket):
    with running(Parts(redis_stores, store, s3, s3_bucket), redis_url, s3_bucket) as found:
        yield found
    assert not [key for key in found.keys() if key.startswith("incoming/")]  # noqa: SIM118 - no dictionary


def rows(days=DAYS, price=100.0):
    return [f"{day:%Y-%m-%d},{price + number / 8:g}" for number, day in enumerate(days)]


def table(lines=None, header="date,close"):
    return "\n".join([header, *(rows() if lines is None else lines), ""]).encode()


def test_a_file_becomes_a_series_of_its_own_source(parts):
    answer = parts.put(table(), "?currency=eur")
    assert answer.status_code == 201
    document = answer.json
    assert {name: document[name] for name in ("ticker", "source", "currency", "rows", "last")} == {
        "ticker": "MY-FUND",
        "source": "upload",
        "currency": "EUR",
        "rows": 100,
        "last": f"{DAYS[-1]:%Y-%m-%d}",
    }
    assert document["flags"] == []
    assert document["upload"] == {"read": 100, "added": 100, "changed": 0, "faulty": 0, "rows": [], "notes": []}
    assert parts.stored().series.frame["close"].tolist() == [100 + number / 8 for number in range(100)]
    assert parts.client.get(f"{URL}?format=csv").headers["Stockcast-Source"] == "upload"


def test_a_repeated_file_has_one_effect_and_a_second_one_replaces_the_first(parts):
    parts.put(table())
    repeated = parts.put(table())
    assert (repeated.status_code, repeated.json["upload"]["changed"]) == (200, 0)
    shorter = parts.put(table(rows(DAYS[10:], price=200.0)))
    assert shorter.json["upload"] == shorter.json["upload"] | {"added": 0, "changed": 90}
    assert len(parts.stored().series) == 90


def test_the_same_file_in_another_currency_has_no_results_yet(parts, redis_stores):
    parts.put(table(), "?currency=USD")
    in_dollars = parts.stored().facts
    assert parts.put(table(), "?currency=EUR").status_code == 200
    in_euros = parts.stored().facts
    assert in_euros.version == in_dollars.version
    assert in_euros.revision != in_dollars.revision
    assert redis_stores.price_notes.read_prices_pointer("MY-FUND").version == in_euros.revision


def test_json_of_the_api_can_be_sent_back(parts):
    parts.put(table(), "?currency=GBp")
    document = parts.client.get(URL).data
    assert parts.put(document, url="/api/v1/prices/OTHER").json["currency"] == "GBp"
    assert parts.stored("OTHER").series.frame.equals(parts.stored().series.frame)


def test_rows_that_cannot_be_stored_are_listed_and_nothing_is_stored(parts):
    lines = rows()
    lines[10], lines[20] = f"{DAYS[10]:%Y-%m-%d},-4", "someday,7"
    lines.append(lines[30].replace(",", ",9"))
    answer = parts.put(table(lines))
    check_problem(answer, 422, "invalid_rows")
    assert answer.json["faulty"] == 3
    assert [row["line"] for row in answer.json["rows"]] == [12, 22, 102]
    assert "Only positive values" in answer.json["rows"][0]["detail"]
    assert "another close in line 32" in answer.json["rows"][2]["detail"]
    assert parts.stored() is None


def test_the_good_rows_of_a_faulty_file_are_stored_on_request(parts):
    lines = rows()
    lines[10] = f"{DAYS[10]:%Y-%m-%d},-4"
    answer = parts.put(table(lines), "?partial=true")
    assert answer.status_code == 201
    assert (answer.json["rows"], answer.json["dropped"], answer.json["upload"]["faulty"]) == (99, 1, 1)
    check_problem(parts.put(b"date,close\nx,1\n", "?partial=true"), 422, "invalid_rows")


def test_thousands_of_faulty_rows_are_counted_and_the_first_are_listed(parts):
    lines = [f'"{"ü" * 40}","{"☃" * 60}{number}"' for number in range(5000)]
    answer = parts.put(table(lines))
    check_problem(answer, 422, "invalid_rows")
    assert answer.json["faulty"] == 5000
    assert 10 <= len(answer.json["rows"]) <= 50


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b"", "invalid_file", "no file"),
        (b"PK\x03\x04", "invalid_file", "Excel"),
        (b"date;close\n01/02/2024;1\n", "ambiguous_dates", "date_order=dmy"),
        (b"date;close\n2024-01-02;1.234\n", "ambiguous_numbers", "decimal=point"),
        (table(rows(DAYS[:30])), "too_little_data", "At least 60"),
        (table([*rows(DAYS[:50]), *rows(DAYS[50:], 9000.0)]), "implausible_prices", "change their unit"),
        (table(rows(pd.date_range("2017-01-31", periods=80, freq="45D"))), "invalid_file", "weekly or monthly"),
    ],
)
def test_a_file_that_cannot_be_a_series_is_refused_with_a_reason(parts, body, code, text):
    answer = parts.put(body)
    check_problem(answer, 422, code)
    assert text in answer.json["detail"]
    assert parts.stored() is None


@pytest.mark.parametrize("step", ["W-FRI", "ME", "MS"])
def test_weekly_and_monthly_series_are_stored(parts, step):
    days = pd.date_range(end=NOW.date() - timedelta(days=40), periods=100, freq=step)
    answer = parts.put(table(rows(days)))
    assert (answer.status_code, answer.json["rows"], answer.json["upload"]["notes"]) == (201, 100, [])


FRIDAYS = pd.date_range("2022-01-07", periods=150, freq="W-FRI")
WEEKDAYS = pd.bdate_range("2024-12-02", periods=400)


@pytest.mark.parametrize(
    "days",
    [
        pd.date_range("2022-01-03", periods=200, freq="2D"),
        pd.date_range("2022-01-03", periods=200, freq="4D"),
        pd.date_range("2022-01-03", periods=100, freq="10D"),
        pd.date_range("2022-01-04", periods=100, freq="W-TUE").union(
            pd.date_range("2022-01-07", periods=100, freq="W-FRI")
        ),
        FRIDAYS.union(FRIDAYS[::6] - pd.Timedelta(days=1)),
        FRIDAYS.union(pd.date_range("2022-01-31", periods=34, freq="ME")),
        FRIDAYS.union(WEEKDAYS),
        FRIDAYS.union(pd.bdate_range(FRIDAYS[-1], periods=7)),
        pd.date_range("2015-01-31", periods=80, freq="ME").union(WEEKDAYS),
    ],
)
def test_other_and_mixed_steps_are_refused(parts, days):
    answer = parts.put(table(rows(days)))
    check_problem(answer, 422, "invalid_file")
    assert parts.keys() == set()


def test_days_are_not_added_to_weeks_or_weeks_to_days(parts):
    assert parts.put(table(rows(FRIDAYS))).status_code == 201
    answer = parts.patch(table(rows(pd.bdate_range(FRIDAYS[-1], periods=21)[1:])))
    check_problem(answer, 422, "invalid_file")
    assert "Send prices in one step" in answer.json["detail"]
    other = "/api/v1/prices/DAILY"
    assert parts.put(table(rows(WEEKDAYS)), url=other).status_code == 201
    answer = parts.patch(table(rows(FRIDAYS)), url=other)
    check_problem(answer, 422, "invalid_file")


def seldom_traded_days(*shares):
    """Return weekdays, of which a share was traded in each of some years before 2026."""
    random = np.random.default_rng(1)
    years = [pd.bdate_range(f"{year}-01-01", f"{year}-12-31") for year in range(2026 - len(shares), 2026)]
    traded = [days[random.random(len(days)) < share] for days, share in zip(years, shares, strict=True)]
    return pd.DatetimeIndex(np.concatenate(traded))


def last_sessions_of_weeks():
    """Return the last trading day of each week in Taiwan; after long holidays it may be a Monday."""
    days = pd.Series(sessions("XTAI", date(2017, 1, 1), date(2025, 12, 31)))
    return pd.DatetimeIndex(days.groupby(days.dt.to_period("W")).max())


def first_sessions_of_months():
    """Return the first trading day of each month in Shanghai; holidays move it by up to ten days."""
    days = pd.Series(sessions("XSHG", date(2017, 1, 1), date(2025, 12, 31)))
    return pd.DatetimeIndex(days.groupby(days.dt.to_period("M")).min())


@pytest.mark.parametrize(
    "days",
    [
        FRIDAYS.union([FRIDAYS[-1] + pd.Timedelta(days=3)]),
        last_sessions_of_weeks(),
        first_sessions_of_months(),
        pd.date_range("2017-01-01", periods=90, freq="WOM-3FRI"),
        pd.date_range("1950-01-31", periods=480, freq="ME").union(pd.bdate_range("1990-01-31", "2025-12-31")),
        seldom_traded_days(0.3, 0.3, 0.3, 0.3),
        seldom_traded_days(0.25, 0.25, 0.25, 1.0, 1.0, 1.0),
        seldom_traded_days(0.15, 0.85, 0.2, 0.9, 0.15, 0.85),
    ],
)
def test_usual_irregularities_are_stored(parts, days):
    assert parts.put(table(rows(days))).status_code == 201


def test_questions_are_answered_by_parameters(parts):
    first = pd.date_range("2024-01-01", periods=12, freq="D")
    lines = [f"{day:%d/%m/%Y};{100 + number:.3f}" for number, day in enumerate(first)] * 1
    body = table([*lines, *[f"{day:%Y-%m-%d};100.000" for day in DAYS]], "date;close")
    check_problem(parts.put(body), 422, "ambiguous_dates")
    check_problem(parts.put(body, "?date_order=dmy"), 422, "ambiguous_numbers")
    assert parts.put(body, "?date_order=dmy&decimal=point").status_code == 201
    check_problem(parts.put(body, "?date_order=day-first"), 400, "invalid_request")


def test_a_day_whose_session_has_not_ended_and_repeated_rows_are_left_out_with_a_note(parts):
    lines = [*rows(), rows()[-1], f"{NOW.date() + timedelta(days=1):%Y-%m-%d},112"]
    answer = parts.put(table(lines))
    assert answer.status_code == 201, answer.text
    assert answer.json["last"] == f"{DAYS[-1]:%Y-%m-%d}"
    assert len(answer.json["upload"]["notes"]) == 2
    future = [*rows(), f"{NOW.date() + timedelta(days=9):%Y-%m-%d},112"]
    check_problem(parts.put(table(future)), 422, "invalid_rows")


def test_a_patch_adds_and_corrects_days(parts):
    parts.put(table(rows(DAYS[:-5])), "?currency=EUR")
    answer = parts.patch(table([rows()[-1], f"{DAYS[3]:%Y-%m-%d},101.5"]))
    assert answer.status_code == 200
    assert (answer.json["upload"]["added"], answer.json["upload"]["changed"], answer.json["rows"]) == (1, 1, 96)
    stored = parts.stored().series
    assert stored.frame["close"].iloc[3] == 101.5
    assert (stored.last, stored.currency) == (DAYS[-1].date(), "EUR")
    check_problem(parts.patch(table(rows()[-1:]), "?currency=USD"), 422, "invalid_file")


@pytest.mark.parametrize(("freq", "noun"), [("W-MON", "week"), ("MS", "month")])
def test_a_row_of_a_week_or_month_replaces_the_row_of_its_latest_day(parts, freq, noun):
    """Sources add a row for the latest day to the row of the week, which is dated by its first day."""
    days = pd.date_range(end=NOW.date() - timedelta(days=70), periods=100, freq=freq)
    latest = days[-1] + pd.Timedelta(days=2)
    assert parts.put(table(rows(days.union([latest])))).json["upload"]["notes"] == []
    for number in range(1, 3):  # each file begins with the period that the last one left unfinished
        starts = pd.date_range(days[-1], periods=number + 1, freq=freq)[-2:]
        newer = starts[-1] + pd.Timedelta(days=2)
        report = parts.patch(table(rows(starts.union([newer])))).json["upload"]
        assert report["notes"] == [f"1 stored row was replaced by the row of another day in the same {noun}."]
        assert (report["read"], report["added"]) == (3, 2)
    expected = pd.date_range(days[0], starts[-1], freq=freq).union([newer])
    assert list(parts.stored().series.frame.index) == list(expected)


def test_a_row_of_a_day_replaces_no_other_day(parts):
    parts.put(table(rows(DAYS[:-5])))
    report = parts.patch(table(rows(DAYS[-5:-4]))).json["upload"]
    assert (report["added"], report["notes"]) == (1, [])
    assert len(parts.stored().series) == len(DAYS) - 4


def test_a_patch_needs_an_uploaded_series(parts):
    check_problem(parts.patch(table()), 404, "not_found")
    parts.store.write(series("AAPL"), fetched_at=NOW, replacing=None)
    check_problem(parts.patch(table(), url="/api/v1/prices/AAPL"), 409, "source_conflict")


def test_the_series_of_a_source_is_replaced_only_after_it_was_removed(parts):
    before = parts.store.write(series("AAPL"), fetched_at=NOW, replacing=None)
    answer = parts.put(table(), url="/api/v1/prices/AAPL")
    check_problem(answer, 409, "source_conflict")
    assert "Tiingo" in answer.json["detail"]
    assert parts.store.read_facts("AAPL") == before
    assert parts.client.delete("/api/v1/tickers/AAPL").status_code == 204
    assert parts.put(table(), url="/api/v1/prices/AAPL").status_code == 201


def test_the_sample_is_replaced(parts):
    parts.store.write(series("AAPL", source="sample"), fetched_at=NOW, replacing=None)
    assert parts.put(table(), url="/api/v1/prices/AAPL").status_code == 200


def test_no_source_is_asked_for_an_uploaded_series_however_old(parts, redis_stores):
    old = pd.bdate_range(end="2020-06-01", periods=100)
    parts.put(table(rows(old)))
    redis_stores.price_notes.forget_prices_pointer("MY-FUND")
    parts.store.write(parts.stored().series, fetched_at=NOW - timedelta(days=900), replacing=parts.stored().facts)
    version = parts.stored().facts.revision
    assert parts.prices.ensure_fresh("MY-FUND", 5) == version
    assert parts.client.put("/api/v1/tickers/MY-FUND").json["source"] == "upload"
    assert parts.client.post(f"{URL}:refresh").json["source"] == "upload"
    refreshed = describe_refresh("MY-FUND", parts.of_sources.refresh("MY-FUND", 5))
    assert (refreshed.result, refreshed.note[:30]) == ("fresh", "uploaded, no source is asked; ")
    redis_stores.price_notes.invalidate_prices("MY-FUND", version)
    check_problem(parts.client.post(f"{URL}:refresh"), 422, "implausible_prices")
    assert parts.source.asked == 0
    assert parts.put(table(rows(old))).status_code == 200
    assert parts.prices.ensure_fresh("MY-FUND", 5) == version


def test_no_prices_within_the_day_are_fetched_for_an_uploaded_series(parts, redis_stores):
    parts.put(table())
    keeper = IntradayKeeper(redis_stores, parts.store.objects, {"5min": None})
    with pytest.raises(SourceConflict):
        keeper.refresh("MY-FUND", "5min", 0)


def test_a_series_with_prices_of_a_source_within_the_day_is_not_uploaded(parts, s3, s3_bucket):
    s3.put_object(Bucket=s3_bucket, Key="prices/5min/MY-FUND.csv", Body=b"x")
    check_problem(parts.put(table()), 409, "source_conflict")


def test_a_file_waits_for_the_lock_of_its_ticker(parts, redis_stores):
    done = []
    with redis_stores.price_notes.lock_refresh("MY-FUND", wait_s=0):
        other = parts.client.application.test_client()  # a client of Flask belongs to one thread
        thread = threading.Thread(target=lambda: done.append(other.put(URL, data=table())))
        thread.start()
        thread.join(0.5)
        assert not done
    thread.join(100)
    assert done[0].status_code == 201


def test_a_file_that_is_too_long_is_refused(parts, monkeypatch):
    monkeypatch.setattr("webserver.http.request_parsing.MAX_UPLOAD_BYTES", 1000)
    answer = parts.put(table())
    assert (answer.status_code, answer.json["code"]) == (413, "invalid_request")
    assert parts.client.put(URL, data=table(), headers={"Content-Type": "text/csv"}).status_code == 413


def test_left_files_are_removed_by_their_age(parts):
    parts.s3.put_object(Bucket=parts.bucket, Key="incoming/left", Body=b"x")
    assert parts.incoming.remove_left(datetime.now(UTC)) == 0
    assert parts.incoming.remove_left(datetime.now(UTC) + timedelta(hours=2)) == 1
    assert parts.keys() == set()


def test_wide_numbers_survive_bit_for_bit(parts):
    values = np.random.default_rng(3).lognormal(0, 0.01, 100).cumprod().tolist()
    body = json.dumps([{"date": f"{day:%Y-%m-%d}", "close": value} for day, value in zip(DAYS, values, strict=True)])
    parts.put(body.encode())
    assert parts.stored().series.frame["close"].tolist() == values


def test_a_patch_without_a_column_keeps_its_stored_cells(parts):
    header = "date,open,high,low,close,adj_close,volume"
    lines = [f"{day:%Y-%m-%d},100,104,98,101,90,{1000 + number}" for number, day in enumerate(DAYS[:-1])]
    parts.put(table(lines, header))
    closes = {2: 101, 3: 103, 4: 105, 99: 102}
    answer = parts.patch(table([f"{DAYS[number]:%Y-%m-%d},{close}" for number, close in closes.items()]))
    assert answer.status_code == 200, answer.text
    assert answer.json["upload"]["notes"] == [
        "Stored prices beside the close were left out on 2 days, because the new close contradicts them."
    ]
    frame = parts.stored().series.frame
    assert frame.iloc[2].tolist() == [100, 104, 98, 101, 90, 1002]
    assert frame.iloc[3].fillna(-1).tolist() == [100, 104, 98, 103, -1, 1003]
    assert frame.iloc[4].fillna(-1).tolist() == [-1, -1, -1, 105, -1, 1004]
    assert frame.iloc[99].fillna(-1).tolist() == [-1, -1, -1, 102, -1, 0]
    parts.patch(table([f"{DAYS[5]:%Y-%m-%d},103,"], "date,close,volume"))
    assert parts.stored().series.frame.iloc[5].fillna(-1).tolist() == [100, 104, 98, 103, -1, 0]


@pytest.mark.parametrize("query", ["", "?partial=true"])
def test_a_series_with_many_values_that_are_not_positive_is_refused(parts, query):
    lines = [f"{day:%Y-%m-%d},{number % 20 - 1}" for number, day in enumerate(DAYS)]
    answer = parts.put(table(lines), query)
    check_problem(answer, 422, "invalid_file")
    assert "10 of 100 rows have a close that is zero or negative" in answer.json["detail"]
    assert parts.stored() is None
