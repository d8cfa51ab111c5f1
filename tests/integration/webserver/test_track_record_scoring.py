"""Scoring on both databases: each forecast has one outcome, whatever dies and whatever its source does."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from common.domain.errors import Busy, NotFound
from common.domain.horizons import horizon_group
from common.domain.stock_records import StockRecord
from common.redis.stock_record_snapshot import StockRecordSnapshot
from common.sql import schema
from common.sql.repositories.ledger import entries
from common.sql.repositories.ledger.verification import verify_chain
from test_support.paths import ROOT
from tests.integration.common.sql.test_ledger import finished, make_entry
from webserver.track_record import __main__ as command
from webserver.track_record import scoring
from webserver.track_record.scoring import StoredCloses, TrackRecordScorer, outcome_of

NOW = datetime(2026, 6, 3, 22, tzinfo=UTC)
AS_OF, TARGET = date(2026, 5, 1), date(2026, 6, 3)
STORED = StoredCloses("yahoo", "c" * 64, TARGET, {AS_OF: 101.0, TARGET: 103.0})
ENTRY = make_entry(1)

DYING_SCORER = """
import os, signal, sys
from datetime import UTC, date, datetime
from common.sql.database_urls import DatabaseUrl
from common.sql.store import SqlStore
from webserver.track_record import scoring

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

closes = {date(2026, 5, 1): 101.0, date(2026, 6, 3): 103.0}
stored = scoring.StoredCloses("yahoo", "c" * 64, date(2026, 6, 3), closes)
append, calls = scoring.append_outcomes, []
scoring.MOST_AT_ONCE = 2

def append_and_die(*arguments):
    calls.append(arguments)
    if sys.argv[2] == "between":
        return append(*arguments) if len(calls) == 1 else die()
    append(*arguments)
    die()

scoring.append_outcomes = append_and_die
store = SqlStore(DatabaseUrl.parse(sys.argv[1]))
scoring.TrackRecordScorer(store, lambda ticker: stored, lambda: datetime(2026, 6, 3, 22, tzinfo=UTC)).run()
"""


@pytest.fixture
def scorer(sql_store):
    """Makes a scorer of stored closes, or of a function that returns them."""

    def make(stored=STORED, now=NOW):
        return TrackRecordScorer(sql_store, stored if callable(stored) else lambda _: stored, lambda: now)

    return make


@pytest.fixture
def record(sql_store):
    return lambda forecasts: sql_store.transaction(lambda c: entries.append_forecasts(c, forecasts, NOW))


@pytest.fixture
def outcomes(sql_store):
    """Returns the present outcomes of a stock."""
    return lambda ticker="AAPL": [
        recorded for _, recorded in sql_store.read(lambda c: entries.list_recent_outcomes(c, ticker, date(2000, 1, 1)))
    ]


def twins(count):
    """Return forecasts that differ only in their horizon."""
    return [one for days in range(30, 30 + count) for one in finished(1, days=days)]


def test_a_due_forecast_is_scored_once(scorer, record, outcomes):
    record([*finished(1), *finished(1, target_date=TARGET + timedelta(days=1), days=31)])
    report = scorer().run()
    assert (report.outcomes, report.corrected, report.waiting, report.failed) == ({"scored": 1}, 0, 0, 0)
    assert scorer().run().outcomes == {}
    (recorded,) = outcomes()
    assert recorded.outcome.actual == 103.0


def test_many_forecasts_are_scored_in_pages(scorer, record, outcomes, monkeypatch):
    monkeypatch.setattr(scoring, "MOST_AT_ONCE", 2)
    record(twins(5))
    assert scorer().run().outcomes == {"scored": 5}
    assert len(outcomes()) == 5


def test_pages_of_waiting_forecasts_end(scorer, record, monkeypatch):
    monkeypatch.setattr(scoring, "MOST_AT_ONCE", 2)
    record(twins(5))
    report = scorer(replace(STORED, closes={AS_OF: 101.0})).run()
    assert (report.outcomes, report.waiting) == ({}, 5)


def test_a_changed_close_adds_a_correction_and_keeps_the_score(scorer, record, outcomes, sql_store):
    record(finished(1))
    scorer().run()
    changed = replace(STORED, closes={AS_OF: 101.0, TARGET: 90.0})
    assert scorer(changed).run().corrected == 1
    assert scorer(changed).run().corrected == 0
    (recorded,) = outcomes()
    assert (recorded.revision, recorded.outcome.actual) == (1, 90.0)
    report = sql_store.read(lambda c: verify_chain(c, "outcomes"))
    assert (report.head.number, report.problems) == (2, ())


def test_a_close_that_disappears_or_changes_much_later_corrects_nothing(scorer, record):
    record(finished(1))
    scorer().run()
    assert scorer(replace(STORED, closes={AS_OF: 101.0})).run().corrected == 0
    late = NOW + timedelta(days=scoring.CORRECTED_DAYS + 2)
    assert scorer(replace(STORED, closes={AS_OF: 101.0, TARGET: 90.0}), late).run().corrected == 0


def test_a_stock_that_cannot_be_read_stops_no_other(scorer, record, outcomes):
    record([*finished(1), *finished(1, ticker="MSFT"), *finished(1, ticker="GONE")])

    def read(ticker):
        if ticker == "AAPL":
            raise Busy
        if ticker == "GONE":
            raise NotFound
        return STORED

    report = scorer(read).run()
    assert (report.outcomes, report.waiting, report.failed) == ({"scored": 1}, 1, 1)
    assert len(outcomes("MSFT")) == 1


def test_a_damaged_entry_stops_no_other(scorer, record, outcomes, sql_store, monkeypatch):
    monkeypatch.setattr(scoring, "MOST_AT_ONCE", 2)
    record(twins(6))
    damaged = schema.ledger_forecasts.c.number.in_([1, 2, 4])
    sql_store.transaction(lambda c: c.execute(sa.update(schema.ledger_forecasts).where(damaged).values(content="{}")))
    assert scorer().run().outcomes == {"scored": 3}
    first = sa.update(schema.ledger_outcomes).where(schema.ledger_outcomes.c.number == 1).values(content="{}")
    sql_store.transaction(lambda c: c.execute(first))
    assert scorer(replace(STORED, closes={AS_OF: 101.0, TARGET: 90.0})).run().corrected == 2
    assert len(outcomes()) == 2


@pytest.mark.parametrize("step", ["before the commit", "between"])
def test_a_kill_while_scoring_loses_no_outcome_and_doubles_none(step, scorer, record, sql_address, sql_store):
    record(twins(5))
    url = sql_address.postgresql or f"sqlite:///{sql_address.path}"
    died = subprocess.run(
        [sys.executable, "-c", DYING_SCORER, str(url), step], cwd=ROOT, capture_output=True, timeout=250, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert scorer().run().outcomes == {"scored": 3 if step == "between" else 5}
    report = sql_store.read(lambda c: verify_chain(c, "outcomes"))
    assert (report.head.number, report.problems) == (5, ())


LATE = TARGET + timedelta(days=11)
MUCH_LATER = TARGET + timedelta(days=91)
WITHOUT = {AS_OF: 101.0}


@pytest.mark.parametrize(
    ("stored", "today", "status"),
    [
        (STORED, TARGET, "scored"),
        (replace(STORED, closes=WITHOUT), LATE - timedelta(days=1), None),
        (replace(STORED, closes={**WITHOUT, TARGET + timedelta(days=1): 1.0}), TARGET + timedelta(days=1), None),
        (replace(STORED, closes={**WITHOUT, TARGET + timedelta(days=1): 1.0}), LATE, "no_close"),
        (replace(STORED, closes=WITHOUT, fetched_on=LATE), LATE, "ended"),
        (replace(STORED, closes=WITHOUT), LATE, None),
        (replace(STORED, closes=WITHOUT), MUCH_LATER, "not_refreshed"),
        (replace(STORED, source="tiingo"), LATE, None),
        (replace(STORED, source="tiingo"), MUCH_LATER, "other_source"),
        (None, LATE, None),
        (None, MUCH_LATER, "no_prices"),
        (replace(STORED, closes={AS_OF: 93.0, TARGET: 103.0}), TARGET, None),
        (replace(STORED, closes={AS_OF: 93.0, TARGET: 103.0}), LATE, "revised"),
    ],
)
def test_a_forecast_without_a_score_has_a_reason(stored, today, status):
    outcome = outcome_of(ENTRY, stored, today)
    assert (outcome.status if outcome else None) == status


@pytest.fixture
def run_command(sql_address, redis_url, s3_bucket, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", str(sql_address.postgresql or f"sqlite:///{sql_address.path}"))
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("S3_BUCKET", s3_bucket)
    monkeypatch.setattr(command, "log_to_stdout", lambda *_: None)
    return lambda name: command.main([name])


def test_the_commands_score_and_check(run_command, record, capsys, sql_store):
    record(finished(1))
    assert run_command("score") == 0
    assert capsys.readouterr().out.startswith("0 forecasts scored, 0 corrected, ")
    assert run_command("verify") == 0
    shown = capsys.readouterr().out
    assert "forecasts: 1 entries, the last one is " in shown
    assert shown.endswith("\nsums: they are those of the entries\n")
    sql_store.transaction(lambda c: c.exec_driver_sql("DELETE FROM ledger_forecasts"))
    assert run_command("verify") == 1
    assert capsys.readouterr().err == "error: forecasts: entry 1 is missing\n"


def test_the_scoring_leaves_the_record_of_each_stock_for_the_nightly_run_and_reports(
    run_command, sql_store, redis_client
):
    stock = {"kind": "live", "ticker": "AAPL", "model": "blend", "days": 30, "scored": 15, "inside_80": 12}
    counts = (
        stock,
        stock | {"model": "prophet", "days": 21, "scored": 10, "inside_80": 9},
        stock | {"days": 91, "scored": 500, "inside_80": 1},
        stock | {"kind": "sample", "scored": 500, "inside_80": 1},
        stock | {"ticker": "CVX", "scored": 0, "inside_80": 0},
    )
    sql_store.transaction(lambda c: c.execute(sa.insert(schema.ledger_stocks), list(counts)))
    assert run_command("score") == 0
    snapshot, quarter = StockRecordSnapshot(redis_client), ("AAPL", horizon_group(91))
    assert snapshot.read() == {"AAPL": StockRecord(forecasts=25, inside_80=21)}
    assert snapshot.read_some([quarter]) == {quarter: StockRecord(forecasts=500, inside_80=1)}


def test_a_damaged_sum_is_named_and_made_anew(run_command, record, capsys, sql_store):
    record(finished(1, 2))
    assert run_command("recount") == 0
    assert capsys.readouterr().out == "All sums are those of the entries.\n"
    sql_store.transaction(lambda c: c.exec_driver_sql("UPDATE ledger_sums SET entries = 5"))
    assert run_command("verify") == 1
    shown = capsys.readouterr().err
    sum_ = (
        "entries of kind live, model blend, days 30, target_date 2026-06-03, status waiting is 5, but 2 by the entries"
    )
    assert shown == f"error: sums: {sum_}\ntrack-record recount makes the sums anew from the entries.\n"
    assert run_command("recount") == 0
    assert capsys.readouterr().out == f"{sum_}\n1 sums were wrong and are made anew.\n"
    assert run_command("verify") == 0


def test_without_a_store_the_commands_fail(run_command, monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL")
    assert run_command("verify") == 2
    assert "error: " in capsys.readouterr().err
