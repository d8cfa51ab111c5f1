"""Supervised background loops, which run for as long as their process.

A loop repeats a *turn*. An unexpected failure of a turn is logged and counted, and the loop continues after a pause. A
completed turn is a heartbeat, even if the turn handled the outage of a store. Readiness fails if a loop has no
heartbeat for :data:`STALLED_AFTER_S`. Liveness fails if a loop has ended, or hangs in one turn for
:data:`DEAD_AFTER_S`; the process is then restarted.

No other code in the services may start a thread or a task that runs for ever;
``tests/unit/common/test_supervision.py`` checks this.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from contextvars import Context
from enum import StrEnum
from typing import Generic, TypeVar

from common.domain.errors import Busy
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import LOOP_FAILURES, LOOP_HEARTBEAT

STALLED_AFTER_S = 20.0
"""Seconds; longer than a turn in which every call of an unreachable store times out."""
DEAD_AFTER_S = 60.0
FAILURE_PAUSE_S = 0.25
_SHOW_EVERY_S = 1.0
"""Seconds between two updates of the metric: some loops have a turn every few milliseconds."""
T = TypeVar("T")
_log = logging.getLogger(__name__)
_UNEXPECTED = (Exception, SystemExit)
"""Exceptions of a turn that do not end its loop. Some libraries raise SystemExit."""


class LoopName(StrEnum):
    """The names of all loops, as in logs, health checks and metrics."""

    EVENT_LOOP = "event_loop"
    LEASE_RENEWAL = "lease_renewal"
    LOCK_RENEWAL = "lock_renewal"
    LOST_REQUESTS = "lost_requests"
    CAPACITY = "capacity"
    WORKER_CHECK = "worker_check"
    LONG_WORKER_CHECK = "long_worker_check"
    STORE_PROBE = "store_probe"
    LEFT_FILES = "left_files"
    COMPLETION_POLLER = "completion_poller"
    LEDGER_DRAIN = "ledger_drain"
    ALERT_MONITOR = "alert_monitor"
    TRACK_RECORD_MONITOR = "track_record_monitor"
    MARKET_MONITOR = "market_monitor"
    REFRESH_MONITOR = "refresh_monitor"
    BACKUP_MONITOR = "backup_monitor"
    MARKET_BOARD = "market_board"


class TurnFailures:
    """Counts and logs the failed turns of one loop, and determines the pause after each turn.

    Args:
        name: the loop.
        every_s: seconds between two turns, unless a turn returns another pause.
    """

    def __init__(self, name: LoopName, every_s: float) -> None:
        self.name = name
        self._every_s = every_s
        self._log_limit = LogLimit(_log)

    def pause_after(self, asked_s: float | None) -> float:
        """Return the pause after a completed turn that returned ``asked_s``."""
        return self._every_s if asked_s is None else asked_s

    def record_failure(self, exc: BaseException) -> float:
        """Log and count a failed turn; return the pause before the next one."""
        # Counting may fail as well, as when no file can be opened for the metric; the loop continues.
        with suppress(*_UNEXPECTED):
            LOOP_FAILURES.labels(self.name).inc()
        with suppress(*_UNEXPECTED):
            message = "the loop %s failed unexpectedly and continues"
            self._log_limit.log(logging.ERROR, type(exc).__name__, message, self.name, exc_info=exc)
        return max(self._every_s, FAILURE_PAUSE_S)


class Heartbeat:
    """The times of a loop's last turn and of its last completed turn.

    Args:
        name: the loop.
        stalled_after_s: seconds without a completed turn after which readiness fails.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        name: LoopName,
        *,
        stalled_after_s: float = STALLED_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._stalled_after_s = stalled_after_s
        self._dead_after_s = max(DEAD_AFTER_S, 3 * stalled_after_s)
        self._clock = clock
        self._is_running = self._has_ended = False
        self._turned_at = self._completed_at = clock()
        self._shown = -_SHOW_EVERY_S

    def begin(self) -> None:
        """Record the start of the loop."""
        self._is_running, self._has_ended = True, False
        self._turned_at = self._completed_at = self._clock()

    def beat(self) -> None:
        """Record a completed turn. A turn with many items may call this after each item."""
        self._turned_at = self._completed_at = now = self._clock()
        if now - self._shown >= _SHOW_EVERY_S:
            self._shown = now
            with suppress(*_UNEXPECTED):  # see TurnFailures.record_failure
                LOOP_HEARTBEAT.labels(self.name).set_to_current_time()

    def note_failed_turn(self) -> None:
        """Record a failed turn: the loop is alive, but without a heartbeat."""
        self._turned_at = self._clock()

    def end(self, *, was_asked: bool) -> None:
        """Record the end of the loop."""
        self._is_running, self._has_ended = False, not was_asked

    def check_progress(self) -> None:
        """Raise :class:`Busy` if the loop has ended, or has completed no turn for too long."""
        if self._has_ended or (self._is_running and self._clock() - self._completed_at > self._stalled_after_s):
            raise Busy("A background task of the service makes no progress.")

    def check_alive(self) -> None:
        """Raise :class:`Busy` if the loop has ended, or hangs."""
        if self._has_ended or (self._is_running and self._clock() - self._turned_at > self._dead_after_s):
            raise Busy("A background task of the service has ended.")


class Loop(Generic[T]):
    """A loop in a thread (:class:`ThreadLoop`) or in a task (:class:`TaskLoop`).

    Args:
        name: the loop.
        turn: runs one turn; it may return the seconds until the next one.
        every_s: seconds between two turns otherwise; at most half of ``stalled_after_s``.
        stalled_after_s: see :class:`Heartbeat`.

    Raises:
        ValueError: the loop would count as stalled while it waits for its next turn.
    """

    def __init__(
        self,
        name: LoopName,
        turn: T,
        *,
        every_s: float,
        stalled_after_s: float = STALLED_AFTER_S,
    ) -> None:
        if every_s > stalled_after_s / 2:
            raise ValueError(f"{name} waits {every_s} s between two turns, and is stalled after {stalled_after_s} s")
        self.name = name
        self.turn = turn
        self.heartbeat = Heartbeat(name, stalled_after_s=stalled_after_s)
        self._failures = TurnFailures(name, every_s)

    def _note_completed_turn(self, asked_s: float | None) -> float:
        self.heartbeat.beat()
        return self._failures.pause_after(asked_s)

    def _note_failed_turn(self, exc: BaseException) -> float:
        self.heartbeat.note_failed_turn()
        return self._failures.record_failure(exc)


class ThreadLoop(Loop[Callable[[], float | None]]):
    """A loop in its own thread."""

    def __init__(
        self,
        name: LoopName,
        turn: Callable[[], float | None],
        *,
        every_s: float,
        stalled_after_s: float = STALLED_AFTER_S,
    ) -> None:
        super().__init__(name, turn, every_s=every_s, stalled_after_s=stalled_after_s)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it is running."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            self._stopped = threading.Event()
            self.heartbeat.begin()
            self._thread = threading.Thread(target=self._run, args=(self._stopped,), name=self.name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the loop and wait for its current turn. May be called again, and before :meth:`start`."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, stopped: threading.Event) -> None:
        try:
            while not stopped.is_set():
                stopped.wait(self._run_turn())
        finally:
            self.heartbeat.end(was_asked=stopped.is_set())

    def _run_turn(self) -> float:
        try:
            asked_s = self.turn()
        except _UNEXPECTED as exc:
            return self._note_failed_turn(exc)
        return self._note_completed_turn(asked_s)


class TaskLoop(Loop[Callable[[], Awaitable[float | None]]]):
    """A loop in a task of the running event loop."""

    _is_stopping = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task, unless it is running."""
        if self._task is not None and not self._task.done():
            return
        self._is_stopping = False
        self.heartbeat.begin()
        # Its own context, because its log lines belong to no request.
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name, context=Context())

    async def stop(self) -> None:
        """Cancel the loop and wait for its end. May be called again, and before :meth:`start`."""
        self._is_stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while True:
                pause_s = await self._run_turn()
                await asyncio.sleep(pause_s)
        finally:
            self.heartbeat.end(was_asked=self._is_stopping)

    async def _run_turn(self) -> float:
        try:
            asked_s = await self.turn()
        except asyncio.CancelledError as exc:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return self._note_failed_turn(exc)  # a task inside the turn was cancelled, not the loop
        except _UNEXPECTED as exc:
            return self._note_failed_turn(exc)
        return self._note_completed_turn(asked_s)


AnyLoop = ThreadLoop | TaskLoop


def repeat_until(stopped: threading.Event, name: LoopName, turn: Callable[[], None], *, every_s: float) -> None:
    """Repeat a turn in the calling thread until ``stopped`` is set; an unexpected failure ends only its turn.

    This is for work that accompanies other work, such as the renewal of a lock. It has no heartbeat.
    """
    failures = TurnFailures(name, every_s)
    pause_s = every_s
    while not stopped.wait(pause_s):
        pause_s = every_s
        try:
            turn()
        except _UNEXPECTED as exc:
            pause_s = failures.record_failure(exc)


def make_progress_checks(loops: Iterable[AnyLoop]) -> dict[str, Callable[[], None]]:
    """Return the readiness check of each loop, by the loop's name."""
    return {loop.name: loop.heartbeat.check_progress for loop in loops}


def make_liveness_checks(loops: Iterable[AnyLoop]) -> dict[str, Callable[[], None]]:
    """Return the liveness check of each loop, by the loop's name."""
    return {loop.name: loop.heartbeat.check_alive for loop in loops}
