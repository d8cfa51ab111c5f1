"""The track record over HTTP, on both databases."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from common.domain.outcomes import Outcome, scored_outcome
from common.domain.track_record import LEVELS, LedgerEntry
from common.sql import schema
from common.sql.repositories.ledger import entries
from common.sql.repositories.ledger.chain import GENESIS, REPLAY_START
from common.sql.repositories.ledger.entries import NewOutcome
from common.sql.repositories.ledger.replay import ReplayedForecast, append_replayed
from tests.integration.common.sql.test_ledger import NOW, TARGET, finished
from tests.integration.webserver.test_prices_api import check_problem, web
from webserver.track_record import export, routes

MAY_12 = date(2026, 5, 12)
RECORD = "/api/v1/track-record"


@pytest.fixture
def client(redis_url, s3_bucket, sql_store, monkeypatch):
    monkeypatch.setattr("webserver.app.SqlStore", lambda *_: sql_store)
    with web(redis_url, s3_bucket) as made:
        yield made


@pytest.fixture
def record(sql_store):
    """Records forecasts and, where given, the close of each; a text is the status of one without a score."""

    def record(forecasts, closes=()):
        sql_store.transaction(lambda c: entries.append_forecasts(c, forecasts, NOW))
        until = TARGET + timedelta(days=400)
        tickers = sql_store.read(lambda c: entries.list_due_tickers(c, until))
        due = [
            one
            for ticker in tickers
            for one in sql_store.read(lambda c, t=ticker: entries.list_due_forecasts(c, t, until, 0, 1000))
        ]
        new = [
            NewOutcome(one, Outcome(status=close) if isinstance(close, str) else scored(one.entry, close))
            for one, close in zip(due, closes, strict=False)
        ]
        sql_store.transaction(lambda c: entries.append_outcomes(c, new, NOW))

    return record


def scored(entry, close):
    return scored_outcome(entry, entry.last_close, close, "b" * 64)


def read(client, **query):
    answer = client.get(RECORD, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_an_empty_record_says_so(client):
    found = read(client)
    assert (found["forecasts"], found["scored"], found["waiting"], found["is_enough"]) == (0, 0, 0, False)
    assert (found["means"], found["pit"]) == (None, [0] * 10)
    assert found["chains"]["forecasts"] == {"entries": 0, "hash": GENESIS}
    assert client.get(f"{RECORD}/forecasts").json == {"forecasts": [], "next": None}
    assert len(client.get(f"{RECORD}/export").text.splitlines()) == 1


def test_below_twenty_scored_forecasts_there_are_counts_and_no_percentage(client, record):
    record(finished(*range(1, 20)), [100.0] * 19)
    few = read(client)
    assert (few["scored"], few["is_enough"], few["means"]) == (19, False, None)
    assert [one["fraction"] for one in few["coverage"]] == [None] * 3
    record(finished(20), [100.0])
    enough = read(client)
    assert (enough["scored"], enough["is_enough"]) == (20, True)
    assert [one["level"] for one in enough["coverage"]] == [0.5, 0.8, 0.95]
    assert all(one["fraction"] == one["inside"] / 20 for one in enough["coverage"])
    assert sum(enough["pit"]) == 20


def test_the_figures_are_those_of_the_entries(client, record):
    forecasts = finished(*range(1, 41))
    closes = [forecast.entry.last_close * (0.8 + 0.01 * number) for number, forecast in enumerate(forecasts)]
    record(forecasts, closes)
    outcomes = [scored(forecast.entry, close) for forecast, close in zip(forecasts, closes, strict=True)]
    found = read(client)
    assert found["means"]["abs_error_pct"] == pytest.approx(sum(abs(one.error_pct) for one in outcomes) / 40, abs=1e-4)
    assert found["means"]["crps_pct"] == pytest.approx(sum(one.crps_pct for one in outcomes) / 40, abs=1e-4)
    assert found["means"]["brier_up"] == pytest.approx(sum(one.brier_up for one in outcomes) / 40, abs=1e-4)
    assert [one["inside"] for one in found["coverage"]] == [
        sum(getattr(one, f"inside_{percent}") for one in outcomes) for percent in (50, 80, 95)
    ]
    assert found["pit"] == [sum(min(int(one.pit * 10), 9) == tenth for one in outcomes) for tenth in range(10)]


def test_other_kinds_are_never_counted_among_the_live_ones(client, record):
    for kind in ("live", "sample", "uploaded", "stale"):
        record(finished(1, 2, kind=kind))
    assert read(client)["forecasts"] == 2
    assert read(client, kind="sample")["forecasts"] == 2
    assert {one["hash"] for one in client.get(f"{RECORD}/forecasts").json["forecasts"]}.isdisjoint(
        one["hash"] for one in client.get(f"{RECORD}/forecasts?kind=sample").json["forecasts"]
    )


def test_every_forecast_is_counted_with_its_outcome_or_as_waiting(client, record):
    record(finished(1, 2, 3, 4, 5), [100.0, "no_close", "ended", "ended"])
    found = read(client)
    assert found["outcomes"] == {"scored": 1, "no_close": 1, "ended": 2}
    assert (found["forecasts"], found["waiting"]) == (5, 1)


def test_a_correction_replaces_the_first_score_in_the_figures(client, record, sql_store):
    record(finished(1), [100.0])
    ((forecast, first),) = sql_store.read(lambda c: entries.list_recent_outcomes(c, "AAPL", TARGET))
    corrected = NewOutcome(forecast, scored(forecast.entry, 80.0), first)
    sql_store.transaction(lambda c: entries.append_outcomes(c, [corrected], NOW))
    assert read(client)["scored"] == 1
    (shown,) = client.get(f"{RECORD}/forecasts").json["forecasts"]
    assert (shown["outcome"]["revision"], shown["outcome"]["actual"]) == (1, 80.0)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"ticker": "aapl"}, 2),
        ({"ticker": "MSFT"}, 1),
        ({"days": 30}, 3),
        ({"days": 31}, 1),
        ({"horizon": 20}, 4),
        ({"horizon": 14}, 0),
        ({"horizon": 61}, 0),
        ({"model": "blend"}, 3),
        ({"start": TARGET + timedelta(days=1)}, 1),
        ({"end": TARGET}, 3),
        ({"start": TARGET, "end": TARGET, "ticker": "IBM"}, 0),
    ],
)
def test_a_selection_narrows_the_figures_and_the_pages(client, record, query, count):
    later = TARGET + timedelta(days=1)
    record([*finished(1), *finished(1, days=31, target_date=later, model="prophet"), *finished(1, ticker="MSFT")])
    record(finished(1, ticker="GOOG"))
    text = {name: str(value) for name, value in query.items()}
    assert read(client, **text)["forecasts"] == count
    assert len(client.get(f"{RECORD}/forecasts", query_string=text).json["forecasts"]) == count
    assert len(client.get(f"{RECORD}/export", query_string=text).text.splitlines()) == count + 1


def test_similar_horizons_are_counted_together_and_named(client, record):
    for days in (14, 15, 60, 61):
        record(finished(1, days=days), [100.0])
    found = read(client, ticker="AAPL", horizon=30)
    assert (found["forecasts"], found["scored"]) == (2, 2)
    assert found["horizon"] == {"first_days": 15, "last_days": 60, "words": "about a month ahead"}
    assert found["sentence"].startswith("Of 2 forecasts of AAPL about a month ahead that came due, the 80")
    assert (read(client)["horizon"], read(client, horizon=30)["sentence"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("kind=other", "invalid_request"),
        ("days=0", "invalid_request"),
        ("days=x", "invalid_request"),
        ("horizon=0", "invalid_request"),
        ("ticker=A%20B", "invalid_ticker"),
        ("start=2026-13-01", "invalid_request"),
        ("start=2026-02-02&end=2026-01-01", "invalid_request"),
        ("model=guess", "invalid_request"),
    ],
)
def test_a_wrong_selection_is_refused(client, query, code):
    for path in ("", "/forecasts", "/export"):
        assert client.get(f"{RECORD}{path}?{query}").json["code"] in {code, "invalid_days"}


def test_the_pages_have_every_forecast_once(client, record, monkeypatch):
    monkeypatch.setattr(routes, "PAGE", 3)
    record(finished(*range(1, 9), kind="stale"))
    address, numbers = f"{RECORD}/forecasts?kind=stale&ticker=AAPL", []
    while address:
        page = client.get(address).json
        numbers += [one["number"] for one in page["forecasts"]]
        address = page["next"]
    assert numbers == list(range(8, 0, -1))


def test_a_forecast_is_shown_with_its_outcome(client, record):
    record(finished(1), [103.5])
    (shown,) = client.get(f"{RECORD}/forecasts").json["forecasts"]
    assert (shown["ticker"], shown["last_close"], shown["target_date"]) == ("AAPL", 101.0, TARGET.isoformat())
    assert len(shown["quantiles"]) == 7
    assert shown["quantiles"] == sorted(shown["quantiles"])
    assert (shown["outcome"]["status"], shown["outcome"]["actual"]) == ("scored", 103.5)


def test_the_largest_misses_come_first(client, record):
    record(finished(*range(1, 13)), [100.0 + number for number in range(12)] + [])
    record(finished(30), [65.0])
    record(finished(31, kind="sample"), [1.0])
    misses = client.get(f"{RECORD}/misses").json
    errors = [abs(one["outcome"]["error_pct"]) for one in misses["forecasts"]]
    assert (len(errors), misses["next"]) == (10, None)
    assert errors == sorted(errors, reverse=True)
    assert misses["forecasts"][0]["outcome"]["actual"] == 65.0


def test_anybody_can_check_the_chain_from_the_export(client, record, monkeypatch):
    monkeypatch.setattr(routes, "ROWS_AT_ONCE", 2)
    record([*finished(1, 2, 3, 4), *finished(5, kind="sample")], [100.0, "ended"])
    answer = client.get(f"{RECORD}/export")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5"]
    previous = GENESIS
    for row in rows:
        assert hashlib.sha256(row["content"].encode()).hexdigest() == row["hash"]
        linked = "\n".join([previous, row["number"], row["hash"], row["made_at"], row["recorded_at"]])
        previous = hashlib.sha256(linked.encode()).hexdigest()
        assert row["chain_hash"] == previous
    assert read(client)["chains"]["forecasts"] == {"entries": 5, "hash": previous}
    assert [row["status"] for row in rows] == ["scored", "ended", "", "", ""]
    assert (rows[0]["inside_80"], rows[0]["actual"]) == ("true", "100.0")
    assert LedgerEntry.model_validate_json(rows[0]["content"]).as_of == date(2026, 5, 1)


@pytest.mark.parametrize("table", [schema.ledger_forecasts, schema.ledger_outcomes])
def test_a_damaged_entry_hides_no_other_and_is_exported_as_it_is(client, record, sql_store, table):
    record(finished(1, 2, 3), [100.0, 101.0, 102.0])
    sql_store.transaction(lambda c: c.execute(sa.update(table).where(table.c.number == 2).values(content="{}")))
    for path in ("/forecasts", "/misses"):
        shown = client.get(f"{RECORD}{path}").json["forecasts"]
        assert sorted(one["number"] for one in shown) == [1, 3]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{RECORD}/export").text)))
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    assert "{}" in {rows[1]["content"], rows[1]["outcome_content"]}
    assert rows[1]["hash"] != ""


def test_the_export_holds_one_page_in_memory():
    read_pages = []

    def read_after(number):
        read_pages.append(number)
        return []

    lines = export.export_csv(read_after)
    next(lines)
    assert read_pages == []
    assert list(lines) == []
    assert read_pages == [0]


def test_without_a_store_the_record_cannot_be_read(redis_url, s3_bucket):
    with web(redis_url, s3_bucket) as without:
        for path in ("", "/forecasts", "/export"):
            check_problem(without.get(f"{RECORD}{path}"), 503, "store_unavailable")


def test_times_in_the_export_are_utc(client, record):
    record(finished(1))
    (row,) = csv.DictReader(io.StringIO(client.get(f"{RECORD}/export").text))
    assert datetime.fromisoformat(row["made_at"]) == NOW.astimezone(UTC)


def test_the_score_against_the_last_price_is_that_of_each_month(client, record):
    quantiles = [90.0 + 40.0 * level for level in LEVELS]
    forecasts = [
        one
        for number in range(60)
        for one in finished(
            number + 1, target_date=MAY_12 + timedelta(days=number), days=1 + number, quantiles=quantiles
        )
    ]
    record([*forecasts, *finished(*range(1, 31), kind="stale")], [100.0 + number**2 % 37 for number in range(90)])
    outcomes = {
        one.entry.target_date: scored(one.entry, 100.0 + number**2 % 37) for number, one in enumerate(forecasts)
    }
    months = read(client)["months"]
    assert [(one["month"], one["forecasts"]) for one in months] == [("2026-05", 20), ("2026-06", 30), ("2026-07", 10)]
    of_june = [one for day, one in outcomes.items() if day.month == 6]
    ratio = sum(one.crps_pct for one in of_june) / sum(one.last_price_crps_pct for one in of_june)
    assert months[1]["crps_difference"] == pytest.approx(ratio - 1, abs=1e-4)
    assert months[1]["standard_error"] > 0
    assert (months[2]["crps_difference"], months[2]["standard_error"]) == (None, None)
    narrowed = read(client, start="2026-06-01", end="2026-06-30", days=30)["months"]
    assert [(one["month"], one["forecasts"]) for one in narrowed] == [("2026-06", 1)]


def test_the_replay_is_read_by_its_kind_and_never_with_the_record(client, record, sql_store):
    record(finished(1, 2), [100.0])
    past = [
        one
        for number in range(20)
        for one in finished(number + 1, kind="replay", target_date=MAY_12 + timedelta(days=number))
    ]
    evenings = [replace(one, made_at=NOW + timedelta(days=number)) for number, one in enumerate(past)]
    replayed = [ReplayedForecast(one, scored(one.entry, 103.0)) for one in evenings]
    sql_store.transaction(lambda c: append_replayed(c, replayed, NOW))
    found, live = read(client, kind="replay"), read(client)
    assert (found["kind"], found["forecasts"], found["scored"], found["is_enough"]) == ("replay", 20, 20, True)
    assert (live["kind"], live["forecasts"], live["scored"]) == ("live", 2, 1)
    assert [(one["month"], one["forecasts"]) for one in found["months"]] == [("2026-05", 20)]
    assert (found["chains"]["forecasts"]["entries"], live["chains"]["forecasts"]["entries"]) == (20, 2)
    page = client.get(f"{RECORD}/forecasts?kind=replay").json["forecasts"]
    assert [one["number"] - REPLAY_START for one in page] == list(range(20, 0, -1))
    assert page[0]["made_at"] == (NOW + timedelta(days=19)).isoformat().replace("+00:00", "Z")
    assert len(client.get(f"{RECORD}/misses?kind=replay").json["forecasts"]) == 10
    everything = csv.DictReader(io.StringIO(client.get(f"{RECORD}/export").text))
    assert {row["kind"] for row in everything} == {"live"}
    of_replay = list(csv.DictReader(io.StringIO(client.get(f"{RECORD}/export?kind=replay").text)))
    assert [row["kind"] for row in of_replay] == ["replay"] * 20
