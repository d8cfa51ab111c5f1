"""The progress and the last lines of a nightly run."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from common.domain.errors import Busy
from common.s3.failures import StoreRefusal
from forecast_service.market import outages
from forecast_service.market.dataset.plan import RangeTask, evening_of
from forecast_service.market.dataset.range_done import RangeDone
from forecast_service.market.dataset.schema import board_schema, board_table
from forecast_service.market.outages import patiently
from forecast_service.market.progress import RunProgress
from forecast_service.market.summary import describe_complete, describe_missing, describe_run
from test_support.paths import ROOT

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Runs:
    """The runs that are recorded; Redis is away from the second one on if ``fails``."""

    def __init__(self, *, fails=False):
        self.noted, self._fails = [], fails

    def note(self, run):
        if self._fails and self.noted:
            raise Busy
        self.noted.append(run)


def task(number, *tickers):
    return RangeTask(DAY, number, tickers, (5,))


def test_progress_counts_stocks_of_this_run_and_of_earlier_ones_and_estimates_the_rest():
    progress = RunProgress(DAY, 100, Runs(), lambda: NOW)
    progress.note(RangeDone(0, {"done": 39, "damaged_prices": 1}, earlier=True))
    progress.note(RangeDone(1, {"done": 18, "too_little_data": 2}))
    assert progress.line(10.0) == "60 of 100 stocks, 3 of them without a forecast, 2.0 a second, about 0 min left"
    assert progress.line(600.0).endswith(", 0.0 a second, about 20 min left")


def test_a_run_that_ends_incomplete_is_recorded_without_an_end():
    runs = Runs()
    progress = RunProgress(DAY, 2, runs, lambda: NOW)
    progress.note(RangeDone(0, {"done": 1}))
    progress.finish(complete=False)
    assert [(run.done, run.finished) for run in runs.noted] == [(0, None), (1, None)]


def test_a_run_goes_on_without_redis():
    runs = Runs(fails=True)
    progress = RunProgress(DAY, 1, runs, lambda: NOW)
    progress.note(RangeDone(0, {"done": 1}))
    progress.finish(complete=True)
    assert len(runs.noted) == 1


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2026-11-20T23:00:00+00:00", date(2026, 11, 20)),  # 18:00 in New York
        ("2026-11-20T22:59:00+00:00", date(2026, 11, 19)),
        ("2026-11-21T08:00:00+00:00", date(2026, 11, 20)),
    ],
)
def test_a_run_after_midnight_belongs_to_the_evening_before(now, evening):
    assert evening_of(datetime.fromisoformat(now)) == evening


def test_the_summary_names_the_stocks_without_a_forecast():
    rows = [{"ticker": "A"}, {"ticker": "B", "code": "too_little_data"}, {"ticker": "C"}]
    board = board_table(rows, board_schema((5,), DAY))
    assert describe_run(DAY, board, 2.34).splitlines() == [
        "B               too_little_data",
        "2026-11-20: 3 stocks in 2.3 s: 2 done, 1 too_little_data",
    ]


def test_missing_stocks_are_named_up_to_fifty():
    few = describe_missing([task(0, "A", "B"), task(1, "C")])
    assert few == "error: 3 stocks are missing, and the same command does them: A, B, C"
    many = describe_missing([task(0, *(f"T{number}" for number in range(60)))])
    assert many.endswith(", T49 and 10 more")


def test_a_complete_date_names_up_to_fifty_stocks_that_it_lacks():
    complete = "The dataset of 2026-11-20 is complete already"
    assert describe_complete(DAY, [], is_outdated=False) == f"{complete}."
    few = describe_complete(DAY, ["A", "B"], is_outdated=True)
    assert few == f"{complete}, without 2 stored stocks: A, B. --anew makes it again."
    many = describe_complete(DAY, [f"T{number}" for number in range(60)], is_outdated=True)
    assert many.startswith(f"{complete}, without 60 stored stocks: T0, T1, ")
    assert many.endswith(", T49 and 10 more. --anew makes it again.")


def test_a_row_with_a_name_that_is_no_column_is_an_error():
    with pytest.raises(ValueError, match="wrong"):
        board_table([{"ticker": "A", "wrong": 1}], board_schema((5,), DAY))


def test_a_store_that_is_away_is_asked_again_and_one_that_refuses_is_not(monkeypatch):
    pauses, answers = [], [Busy(), Busy(), "body"]
    monkeypatch.setattr(outages, "time", SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic))

    def read():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patiently(read) == "body"
    assert pauses == [0.5, 1.0]
    answers[:] = [StoreRefusal(), "body"]
    with pytest.raises(StoreRefusal):
        patiently(read)


def test_patience_with_a_store_has_an_end():
    def away():
        raise Busy

    with pytest.raises(Busy):
        patiently(away, patience_s=0.1)


def test_the_command_leaves_the_engine_to_its_workers_and_the_service_loads_no_dask_pyarrow_or_plots():
    names = ("distributed", "matplotlib.pyplot", "plotly", "prophet", "pyarrow", "scipy")
    show = f"import sys; print(*(name for name in {names} if sys.modules.get(name)))"
    for module, loaded in (
        ("forecast_service.market.__main__", ""),
        ("forecast_service.market.run", "pyarrow"),
        ("forecast_service.composition", ""),
        ("forecast_service.workers.preload", "prophet scipy"),
    ):
        command = [sys.executable, "-c", f"import {module}; {show}"]
        assert subprocess.check_output(command, cwd=ROOT, text=True).strip() == loaded, module
