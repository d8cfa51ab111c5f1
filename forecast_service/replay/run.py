"""The run of a replay: the missing evenings, their forecasts in several processes, and their entries in SQL.

Each transaction has the forecasts of some evenings with their outcomes. So a replay may be killed at any point, and the
next one goes on with what is missing.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from multiprocessing.connection import wait

import pandas as pd

from common.s3.price_store import StoredSeries
from common.sql.repositories.ledger.replay import Evening, ReplayedForecast, append_replayed, list_replayed
from common.sql.store import SqlStore
from forecast_service.replay.past_forecasts import ReplayTask, replay_kind, replay_task

HORIZONS = (7, 30, 91)
"""Calendar days, as those of the standing set."""
EVENINGS_A_TASK = 20
"""The evenings of one task and transaction; they take some seconds."""
NICENESS = 10


@dataclass(frozen=True)
class Period:
    """The evenings of a replay: from a day to a day, both included, and of how many trading days one is taken."""

    start: date
    end: date
    every: int = 1


@dataclass(frozen=True)
class Progress:
    """The evenings of a stock that are done, of all that were missing, and the new entries."""

    ticker: str
    done: int
    missing: int
    new: int


class Replay:
    """Fills the replay.

    Args:
        store: the SQL store.
        processes: how many processes compute.
        now: the clock.
        report: called with the progress after each transaction.
    """

    def __init__(
        self, store: SqlStore, processes: int, now: Callable[[], datetime], report: Callable[[Progress], None]
    ) -> None:
        self._store = store
        self._processes = processes
        self._now = now
        self._report = report

    def run(self, stocks: Iterator[StoredSeries], period: Period) -> int:
        """Forecast the evenings that the replay lacks; return the number of new entries. One stock is in memory.

        Raises:
            StoreUnavailable: the SQL store cannot be used now.
        """
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_prepare)
        try:
            return sum(self._replay_stock(pool, stored, period) for stored in stocks)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _replay_stock(self, pool: ProcessPoolExecutor, stored: StoredSeries, period: Period) -> int:
        ticker = stored.series.ticker
        known = self._store.read(partial(list_replayed, ticker=ticker))
        missing = [evening for evening in evenings_of(stored, period) if evening not in known]
        done = new = 0
        for count, replayed in self._computed(pool, stored, missing):
            now = self._now()
            new += self._store.transaction(partial(append_replayed, replayed=replayed, now=now)) if replayed else 0
            done += count
            self._report(Progress(ticker, done, len(missing), new))
        return new

    def _computed(
        self, pool: ProcessPoolExecutor, stored: StoredSeries, missing: Sequence[Evening]
    ) -> Iterator[tuple[int, list[ReplayedForecast]]]:
        """Yield the results of tasks in order. Few tasks wait, so that memory is bounded."""
        kind = replay_kind(stored.facts.source)
        size = EVENINGS_A_TASK * len(HORIZONS)
        pages = [missing[first : first + size] for first in range(0, len(missing), size)]
        waiting: deque[tuple[int, Future[list[ReplayedForecast]]]] = deque()
        for page in pages:
            task = ReplayTask(stored.series, stored.facts.version, kind, page)
            waiting.append((len(page), pool.submit(replay_task, task)))
            if len(waiting) > 2 * self._processes:
                count, future = waiting.popleft()
                yield count, future.result()
        while waiting:
            count, future = waiting.popleft()
            yield count, future.result()


def evenings_of(stored: StoredSeries, period: Period) -> list[Evening]:
    """Return the evenings of a period with a close, by horizon, without those whose target day has not come."""
    days = pd.DatetimeIndex(stored.series.frame.index).date
    chosen = [day for day in days if period.start <= day <= period.end][:: period.every]
    last = stored.series.last
    return [(day, horizon) for day in chosen for horizon in HORIZONS if (last - day).days >= horizon]


def _prepare() -> None:
    """Give the services priority, and end this process with the one that started it, whatever ends that."""
    os.nice(NICENESS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
