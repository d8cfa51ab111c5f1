"""Runs over few stocks, without Dask, and runs that find a board."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import psutil
import pyarrow.parquet as pq

from common.s3.market_objects import BOARD, MarketDay
from forecast_service.market import changes
from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.work import lone_range
from forecast_service.market.work.lone_range import run_lone_range
from test_support.paths import ROOT
from test_support.waiting import until
from tests.integration.forecast_service.market.conftest import DAY, FETCHED_AT, series_of

FEW = ("--few", "100", "--range", "40")
"""Without Dask, and in one process: each range of stocks has a process of its own."""


def board_of(market):
    return pq.read_table(io.BytesIO(market.read(BOARD))).to_pydict()


def test_few_stocks_are_forecast_without_dask_with_the_same_result(run, stored, market):
    done = run("--few", "7", "--range", "4")
    assert done.returncode == 0, done.stderr
    alone = board_of(market)
    assert alone["ticker"] == stored
    assert dict(zip(stored, alone["code"], strict=True)) == dict.fromkeys(stored) | {"NEW": "too_little_data"}
    assert run("--anew").returncode == 0
    assert board_of(market) == alone


def test_a_run_of_few_stocks_loads_no_dask(environment, stored):
    program = (
        "import sys; from forecast_service.market.__main__ import main\n"
        f"assert main(['--date', '{DAY}', '--few', '100']) == 0\n"
        "sys.exit('distributed' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False).returncode == 0


def test_a_board_with_the_newest_prices_stays_and_another_one_is_replaced(run, stored, store, market):
    assert run(*FEW, "--if-changed").returncode == 0
    assert "has the newest prices" in run(*FEW, "--if-changed").stdout
    store.write(series_of("S9", seed=9), fetched_at=FETCHED_AT + timedelta(hours=1), replacing=None)
    assert "is left to the nightly run" in run("--few", "7", "--if-changed", "--unless-many").stdout
    assert run(*FEW, "--if-changed", "--unless-many").returncode == 0
    assert board_of(market)["ticker"] == sorted([*stored, "S9"])


def test_a_complete_board_names_the_stored_stocks_that_are_not_on_it(run, stored, store, market):
    complete = f"The dataset of {DAY} is complete already"
    assert run(*FEW).returncode == 0
    assert run(*FEW).stdout == f"{complete}.\n"
    store.write(series_of("OWN", seed=9), fetched_at=FETCHED_AT, replacing=None)
    done = run(*FEW)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{complete}, without 1 stored stock: OWN. --anew makes it again.\n"
    assert board_of(market)["ticker"] == stored
    assert run(*FEW, "--anew").returncode == 0
    assert board_of(market)["ticker"] == sorted([*stored, "OWN"])
    newer = series_of("OWN", seed=8)
    store.write(newer, fetched_at=FETCHED_AT + timedelta(hours=1), replacing=store.read("OWN").facts)
    done = run(*FEW)
    changed = f"{complete}. The stored prices have changed since it was begun. --anew makes it again.\n"
    assert (done.returncode, done.stdout) == (0, changed)


def test_a_complete_board_with_other_horizons_is_refused(run, store, market):
    store.write(series_of("S1"), fetched_at=FETCHED_AT, replacing=None)
    assert run(*FEW).returncode == 0
    done = run(*FEW, "--horizons", "5")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        f"error: The dataset of {DAY} has the horizons 5, 21, 63, not 5. --anew makes it again with others."
    )
    assert run(*FEW, "--horizons", "5", "--if-changed").returncode == 0, "its prices are the newest"
    assert run(*FEW, "--horizons", "5", "--anew").returncode == 0
    assert "price_21d" not in board_of(market)


def test_a_complete_board_that_cannot_be_read_is_refused(run, store, market):
    store.write(series_of("S1"), fetched_at=FETCHED_AT, replacing=None)
    market.put(BOARD, b"damaged")
    done = run(*FEW)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        f"error: The board of {DAY} is damaged, or of another release. --anew makes it again."
    )


def test_without_prices_there_is_no_run(run, s3_bucket, market):
    assert "No prices are stored" in run(*FEW, "--if-changed").stdout
    assert not market.exists(BOARD)


def test_the_newest_board_is_compared_whatever_its_date(s3, s3_bucket, store):
    store.write(series_of("S1"), fetched_at=FETCHED_AT, replacing=None)
    stored = list(store.objects.list_all())
    assert changes.is_board_current(s3, s3_bucket, stored) is None
    board = MarketDay(s3, s3_bucket, DAY)
    board.put(BOARD, b"board")
    MarketDay(s3, s3_bucket, DAY + timedelta(days=1)).put("parts/000000.parquet", b"part")
    assert changes.is_board_current(s3, s3_bucket, stored) is False, "a board of an earlier version has no listing"
    changes.note_listing(board, stored)
    assert changes.is_board_current(s3, s3_bucket, stored) is True
    later = replace(stored[0], stored_at=stored[0].stored_at + timedelta(seconds=1))
    for others in ([later], [], [*stored, replace(stored[0], ticker="S2")]):
        assert changes.is_board_current(s3, s3_bucket, others) is False


def test_prices_that_were_stored_during_a_run_are_newer_than_its_board(run, stored, store, market):
    changes.note_listing(market, list(store.objects.list_all()))
    store.write(series_of("S9", seed=9), fetched_at=FETCHED_AT, replacing=None)
    assert run(*FEW).returncode == 0
    assert "has the newest prices" not in run(*FEW, "--if-changed").stdout
    assert "has the newest prices" in run(*FEW, "--if-changed").stdout


def test_a_process_that_ends_costs_one_stock_and_not_the_run(stored, market, environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    first = "import pickle, sys, os; task, alone = pickle.loads(sys.stdin.buffer.read()); alone or os._exit(9)\n"
    rest = (
        "from forecast_service.market.work.range_work import forecast_range\n"
        "sys.stdout.buffer.write(pickle.dumps(forecast_range(task, alone=True)))"
    )
    monkeypatch.setattr(lone_range, "_COMMAND", (sys.executable, "-c", first + rest))
    task = RangeTask(DAY, 0, ("NEW", "S1"), (5,))
    assert run_lone_range(task).outcomes == {"too_little_data": 1, "done": 1}


def test_sigterm_ends_both_processes(environment, stored):
    command = [sys.executable, "-m", "forecast_service.market", "--date", str(DAY), *FEW]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        until(lambda: psutil.Process(process.pid).children())
        (child,) = psutil.Process(process.pid).children()
        process.terminate()
        assert process.wait(100) == 143
        until(lambda: not child.is_running())
