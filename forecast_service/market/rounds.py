"""The rounds of a run: each gives the missing ranges to a cluster, until none is missing or no round makes progress."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, suppress
from typing import Any

from distributed import Client, KilledWorker, wait

from common.s3.market_objects import MarketDay
from forecast_service.market.dataset.plan import LONE_STOCK_S, RangeTask
from forecast_service.market.dataset.range_done import RangeDone, stored_range
from forecast_service.market.outages import patiently

LEAST_AT_ONCE = 32
FRUITLESS_ROUNDS = 3
PAUSE_S = 5.0
RESTART_S = 30.0
_LOST = (OSError, TimeoutError, RuntimeError, CancelledError)
"""The exceptions of a client whose scheduler has gone."""
_log = logging.getLogger(__name__)


class RoundStalled(Exception):
    """No range of a round ended for too long. The message has the reason."""


Connect = Callable[[], AbstractContextManager[Client]]


class Rounds:
    """Runs the ranges of a date on a cluster.

    Args:
        market: the objects of the date.
        tasks: all ranges of the date.
        connect: makes a client of the cluster for one round.
        report: called with each range that is done.
        stall_s: a round in which no range ends for so long is given up. The ranges that workers have then are
            forecast stock by stock.
    """

    def __init__(
        self,
        market: MarketDay,
        tasks: Sequence[RangeTask],
        connect: Connect,
        report: Callable[[RangeDone], None],
        stall_s: float,
    ) -> None:
        self._market = market
        self._missing = {task.number: task for task in tasks}
        self._connect = connect
        self._report = report
        self._stall_s = stall_s
        self._stock_by_stock: set[int] = set()
        """The ranges whose workers hung or ended several times. Their stocks are forecast in processes of their own."""

    def run(self) -> list[RangeTask]:
        """Run until all ranges are done; return those that are missing after rounds without progress.

        Raises:
            Busy: S3 cannot be reached for minutes, or refuses.
        """
        fruitless = 0
        while True:
            self._note_stored()
            if not self._missing or fruitless >= FRUITLESS_ROUNDS:
                return list(self._missing.values())
            before = len(self._missing)
            if fruitless:
                time.sleep(PAUSE_S)
            try:
                with self._connect() as client:
                    self._round(client)
            except RoundStalled as exc:
                _log.warning("%s", exc)
            except _LOST as exc:
                _log.warning("the cluster was lost: %s", str(exc) or type(exc).__name__)
            fruitless = fruitless + 1 if len(self._missing) == before else 0

    def _note_stored(self) -> None:
        """Take the ranges whose parts are stored from those that are missing."""
        stored = set(patiently(lambda: self._market.list_names("parts/")))
        for task in list(self._missing.values()):
            if task.file in stored and (done := stored_range(self._market, task)):
                self._note(task, done)

    def _round(self, client: Client) -> None:
        """Give every missing range to the cluster once. Few wait there, so that a lost scheduler loses little."""
        waiting = deque(self._missing.values())
        running: dict[Any, RangeTask] = {}
        while waiting or running:
            threads = sum(client.nthreads().values())
            while waiting and len(running) < max(LEAST_AT_ONCE, 2 * threads):
                task = waiting.popleft()
                running[self._submit(client, task)] = task
            longest_s = self._longest_wait(running.values())
            try:
                ended = wait(list(running), timeout=longest_s, return_when="FIRST_COMPLETED")
            except TimeoutError:
                reason = self._give_up(client, running)
                raise RoundStalled(f"nothing was finished for {longest_s:g} s: {reason}") from None
            for future in ended.done:
                self._end(running.pop(future), future)

    def _longest_wait(self, running: Collection[RangeTask]) -> float:
        """Return after how long without an end the round counts as stalled: a lone stock that hangs ends before."""
        lone = [len(task.tickers) for task in running if task.number in self._stock_by_stock]
        return max(self._stall_s, LONE_STOCK_S * (1 + max(lone))) if lone else self._stall_s

    def _give_up(self, client: Client, running: dict[Any, RangeTask]) -> str:
        """Have the ranges that workers have forecast stock by stock, and restart these workers, which may hang.

        Return the reason of the stall, as far as the scheduler has it.
        """
        tasks = {future.key: task for future, task in running.items()}
        busy = {worker: tasks.keys() & set(keys) for worker, keys in client.processing().items()}
        for key in set().union(*busy.values()):
            self._stock_by_stock.add(tasks[key].number)
        client.cancel(list(running))  # a restarted worker would get its ranges again
        hung = [worker for worker, keys in busy.items() if keys]
        if hung:
            _restart(client, hung)
            return f"{len(hung)} of {len(busy)} workers were busy and may hang"
        return "no worker has a task" if busy else "no worker is connected to the scheduler"

    def _submit(self, client: Client, task: RangeTask) -> Any:
        key = f"market-{task.day}-{task.number}-{uuid.uuid4()}"
        alone = task.number in self._stock_by_stock
        return client.submit(forecast_range_in_worker, task, alone=alone, key=key, pure=False)

    def _end(self, task: RangeTask, future: Any) -> None:
        """Note a range that is done. One that failed or was lost stays missing."""
        if future.status == "finished":
            self._note(task, future.result())
        else:
            reason = future.exception() if future.status == "error" else future.status
            if isinstance(reason, KilledWorker):
                self._stock_by_stock.add(task.number)
            _log.warning("the range %d was not done: %s", task.number, reason)
        future.release()

    def _note(self, task: RangeTask, done: RangeDone) -> None:
        if self._missing.pop(task.number, None) is not None:
            self._report(done)


def _restart(client: Client, workers: list[str]) -> None:
    """Restart workers, and log those that were not: the scheduler may not reach a worker's nanny."""
    with suppress(KeyError, ValueError):  # a worker that has just ended, or one without a nanny
        outcomes = client.restart_workers(workers, timeout=RESTART_S, raise_for_error=False)
        for worker, outcome in outcomes.items():
            if outcome != "OK":
                _log.warning("the worker %s was not restarted: %s", worker, outcome)


def forecast_range_in_worker(task: RangeTask, *, alone: bool) -> RangeDone:
    """Forecast a range: see :func:`range_work.forecast_range`. Only the workers load the engine."""
    from forecast_service.market.work.range_work import forecast_range  # noqa: PLC0415 - see above

    return forecast_range(task, alone=alone)
