"""The replay of the past: each forecast from what was known, once, in a ledger of its own, with the right numbers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from benchmarks.accuracy import trials
from benchmarks.price_files import read_sample_closes
from common.domain.prices import COLUMNS, PriceSeries
from common.sql import schema
from common.sql.repositories.ledger import entries
from common.sql.repositories.ledger.chain import CHAINS, REPLAY_CHAINS, REPLAY_START, read_head
from common.sql.repositories.ledger.queries import Selection, read_forecasts, sum_up
from common.sql.repositories.ledger.replay import list_replayed, remove_replay
from common.sql.repositories.ledger.stocks import list_tickers_with_outcomes
from common.sql.repositories.ledger.verification import verify_chain
from forecast_service.replay import __main__ as command
from forecast_service.replay.past_forecasts import ReplayTask, past_entry, replay_evening
from test_support.paths import ROOT
from test_support.waiting import until
from tests.integration.common.sql.test_ledger import finished

NOW = datetime(2026, 5, 4, tzinfo=UTC)
EVENINGS = ["--from=2012-11-26", "--to=2012-12-14", "--ticker", "AAPL"]
EXPECTED = 15 + 15 + 5
"""The sample ends on 2013-03-01, so 91 days after the last ten of the fifteen evenings have not passed."""


@pytest.fixture(scope="module")
def closes():
    return read_sample_closes()["AAPL"]


def series_of(closes, source="sample"):
    return PriceSeries("AAPL", source, "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes)).rename_axis("date"))


@pytest.fixture
def environment(sql_address, s3_bucket, store, closes, monkeypatch):
    """The command's environment, with the sample stored."""
    store.write(series_of(closes), fetched_at=NOW, replacing=None)
    url = str(sql_address.postgresql or f"sqlite:///{sql_address.path}")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("S3_BUCKET", s3_bucket)
    return dict(os.environ)


@pytest.mark.parametrize("days", [7, 30, 91])
def test_later_prices_have_no_influence_on_a_forecast(closes, days):
    series, as_of = series_of(closes), date(2011, 6, 1)
    later = series.frame.index > pd.Timestamp(as_of)
    changed = replace(series, frame=series.frame.mul(np.where(later, 3.0, 1.0), axis=0))
    shortened = replace(series, frame=series.frame[~later])
    entries = {past_entry(one, as_of, days, "replay").encode() for one in (series, changed, shortened)}
    assert len(entries) == 1


def test_the_replay_gives_the_numbers_of_the_accuracy_benchmark_at_the_same_origins(closes):
    series = series_of(closes)
    scores = []
    for row in trials.origin_rows(len(closes), 4, 0.5):
        as_of = closes.index[row].date()
        for trial in trials.trials_at("AAPL", closes, row, with_prophet=False)[:3]:
            target = closes.index[row + trial.horizon].date()
            task = ReplayTask(series, "v", "replay_sample", [])
            replayed = replay_evening(task, (as_of, (target - as_of).days))
            assert replayed.forecast.entry.target_date == target
            assert replayed.forecast.entry.trading_days == trial.horizon
            scores.append((trial.scores, replayed.outcome))
    assert len(scores) == 12
    for ours, outcome in scores:
        assert abs(outcome.error_pct) == pytest.approx(100 * ours["mae"][0], abs=1e-4)
        assert abs(outcome.last_price_error_pct) == pytest.approx(100 * ours["last_price_mae"][0], abs=1e-4)
        for percent in (50, 80, 95):
            assert getattr(outcome, f"inside_{percent}") == bool(ours[f"coverage_{percent}"][0])
        # The ledger keeps 101 quantiles, the benchmark integrates the whole grid.
        assert outcome.crps_pct == pytest.approx(100 * ours["crps"][0], rel=0.01)
        assert outcome.brier_up == pytest.approx(ours["brier_up"][0], abs=0.01)
        assert outcome.pit == pytest.approx(ours["pit_mean"][0], abs=0.011)


def test_the_replay_is_a_ledger_of_its_own_and_has_nothing_twice(environment, sql_store, capsys):
    sql_store.transaction(lambda c: entries.append_forecasts(c, finished(1), NOW))
    assert command.main(EVENINGS) == 0
    assert capsys.readouterr().out.startswith(f"{EXPECTED} forecasts were added")
    assert command.main(EVENINGS) == 0
    assert capsys.readouterr().out == (
        "0 forecasts were added to the replay.\nThe page /track-record?kind=replay_sample shows it.\n"
    )
    heads = {name: sql_store.read(lambda c, n=name: read_head(c, n)).entries for name in (*CHAINS, *REPLAY_CHAINS)}
    assert heads == {"forecasts": 1, "outcomes": 0, "replayed_forecasts": EXPECTED, "replayed_outcomes": EXPECTED}
    assert all(sql_store.read(lambda c, n=name: verify_chain(c, n)).problems == () for name in heads)
    sums = {
        kind: sql_store.read(lambda c, k=kind: sum_up(c, Selection(k))) for kind in ("replay_sample", "replay", "live")
    }
    assert {kind: found.forecasts for kind, found in sums.items()} == {
        "replay_sample": EXPECTED,
        "replay": 0,
        "live": 1,
    }
    assert sums["replay_sample"].outcomes == {"scored": EXPECTED}
    assert [one.number for one in sql_store.read(lambda c: read_forecasts(c, Selection(None), 9, 0))] == [1]
    assert sql_store.read(lambda c: list_tickers_with_outcomes(c, date.min)) == []
    assert sql_store.read(lambda c: entries.list_recent_outcomes(c, "AAPL", date.min)) == []
    sql_store.transaction(remove_replay)
    assert sql_store.read(lambda c: read_head(c, "replayed_forecasts")).number == REPLAY_START
    assert sql_store.read(lambda c: sum_up(c, Selection("live"))).forecasts == 1


def test_an_entry_in_the_other_ledger_shows(environment, sql_store):
    assert command.main(["--from=2012-12-10", "--to=2012-12-10", "--ticker", "AAPL"]) == 0
    rows = schema.ledger_forecasts
    sql_store.transaction(lambda c: c.execute(sa.update(rows).values(kind="live")))
    assert "differ from its content" in sql_store.read(lambda c: verify_chain(c, "replayed_forecasts")).problems[0]
    sql_store.transaction(lambda c: c.execute(sa.delete(rows).where(rows.c.number == REPLAY_START + 1)))
    report = sql_store.read(lambda c: verify_chain(c, "replayed_forecasts"))
    assert report.problems[0] == f"entry {REPLAY_START + 1} is missing"


SLOW_TASKS = """
import sys
from forecast_service.replay import __main__ as command, run
run.EVENINGS_A_TASK = 1
if __name__ == "__main__":
    sys.exit(command.main(sys.argv[1:]))
"""


def test_a_killed_replay_is_continued_and_nothing_is_twice(environment, sql_store, tmp_path):
    script = tmp_path / "replay.py"
    script.write_text(SLOW_TASKS)
    paths = environment | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script), *EVENINGS], env=paths, stderr=subprocess.DEVNULL) as process:
        until(lambda: sql_store.read(lambda c: read_head(c, "replayed_forecasts")).entries >= 3)
        process.send_signal(signal.SIGKILL)
    done = sql_store.read(lambda c: read_head(c, "replayed_forecasts")).entries
    assert 3 <= done <= EXPECTED
    assert command.main(EVENINGS) == 0
    assert len(sql_store.read(lambda c: list_replayed(c, "AAPL"))) == EXPECTED
    for name in REPLAY_CHAINS:
        report = sql_store.read(lambda c, n=name: verify_chain(c, n))
        assert (report.head.entries, report.problems) == (EXPECTED, ())


def test_a_replay_of_another_engine_is_not_mixed(environment, sql_store, monkeypatch, capsys):
    one = ["--from=2012-12-10", "--to=2012-12-10", "--ticker", "AAPL"]
    assert command.main(one) == 0
    monkeypatch.setattr(command, "ENGINE", "stockcast-99")
    assert command.main(one) == 2
    assert "--anew removes it first" in capsys.readouterr().err
    assert command.main([*one, "--anew"]) == 0


def test_stocks_without_prices_are_named(environment, capsys):
    assert command.main(["--from=2012-12-10", "--ticker", "MSFT"]) == 0
    found = capsys.readouterr()
    assert found.out.startswith("0 forecasts were added")
    assert found.err == "MSFT: no prices are stored; ./run_app.sh refresh MSFT fetches them\n"
