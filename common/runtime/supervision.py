"""Loops that run for as long as their process. Each is supervised here, so that none ends or stalls unnoticed.

A loop repeats a *turn*. An unexpected failure of a turn is logged and counted, and the loop goes on after a
pause. A turn that completes is a heartbeat, also where it handled a store that is away. Readiness fails where a loop
has no heartbeat for :data:`STALLED_AFTER_S`; liveness fails where a loop has ended, or hangs in one turn for
:data:`DEAD_AFTER_S`, so that the process is restarted.

Nothing else in the services may start a thread or a task that is meant to run for ever
(``tests/unit/common/test_supervision.py`` looks for it).
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
"""Longer than a turn that waits for every time-out of a store that is away."""
DEAD_AFTER_S = 60.0
FAILURE_PAUSE_S = 0.25
_SHOW_EVERY_S = 1.0
"""A heartbeat is written to the metric at most this often: some loops turn every few milliseconds."""
T = TypeVar("T")
_log = logging.getLogger(__name__)
_UNFORESEEN = (Exception, SystemExit)
"""Exceptions that a turn may raise without ending its loop. SystemExit is one: some libraries exit as programs do."""


class LoopName(StrEnum):
    """Every loop of the services by the name in logs, health checks and metrics."""

    EVENT_LOOP = "event_loop"
    LEASE_RENEWAL = "lease_renewal"
    LOCK_RENEWAL = "lock_renewal"
    LOST_REQUESTS = "lost_requests"
    CAPACITY = "capacity"
    WORKER_CHECK = "worker_check"
    STORE_PROBE = "store_probe"
    COMPLETION_POLLER = "completion_poller"


class Turns:
    """Count and log the turns that failed, of one loop.

    Args:
        name: the loop.
        every_s: seconds between two turns, where a turn does not return another pause.
    """

    def __init__(self, name: LoopName, every_s: float) -> None:
        self.name = name
        self._every_s = every_s
        self._log_limit = LogLimit(_log)

    def pause_after(self, asked_s: float | None) -> float:
        """Return the pause after a turn that completed and asked for ``asked_s``."""
        return self._every_s if asked_s is None else asked_s

    def failed(self, exc: BaseException) -> float:
        """Log and count a failure; return the pause before the next turn."""
        # Counting may fail in turn, as where no file can be opened for the metric; the loop goes on all the same.
        with suppress(*_UNFORESEEN):
            LOOP_FAILURES.labels(self.name).inc()
        with suppress(*_UNFORESEEN):
            message = "the loop %s failed unexpectedly and goes on"
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
        self._turned = self._completed = clock()
        self._shown = -_SHOW_EVERY_S

    def begin(self) -> None:
        """Note that the loop runs from now on."""
        self._is_running, self._has_ended = True, False
        self._turned = self._completed = self._clock()

    def beat(self) -> None:
        """Note a completed turn. A turn over many items may call this after each of them."""
        self._turned = self._completed = now = self._clock()
        if now - self._shown >= _SHOW_EVERY_S:
            self._shown = now
            with suppress(*_UNFORESEEN):  # see Turns.failed
                LOOP_HEARTBEAT.labels(self.name).set_to_current_time()

    def turned(self) -> None:
        """Note a turn that failed: the loop goes on, without a heartbeat."""
        self._turned = self._clock()

    def end(self, *, was_asked: bool) -> None:
        """Note the end of the loop."""
        self._is_running, self._has_ended = False, not was_asked

    def check_progress(self) -> None:
        """Raise :class:`Busy` where the loop has ended, or has completed no turn for too long."""
        if self._has_ended or (self._is_running and self._clock() - self._completed > self._stalled_after_s):
            raise Busy("A background task of the service makes no progress.")

    def check_alive(self) -> None:
        """Raise :class:`Busy` where the loop has ended, or hangs."""
        if self._has_ended or (self._is_running and self._clock() - self._turned > self._dead_after_s):
            raise Busy("A background task of the service has ended.")


class Loop(Generic[T]):
    """One loop; it runs in a thread (:class:`ThreadLoop`) or in a task (:class:`TaskLoop`).

    Args:
        name: the loop.
        turn: one turn; it may return the seconds until the next one.
        every_s: seconds between two turns otherwise.
        stalled_after_s: see :class:`Heartbeat`.
    """

    def __init__(
        self,
        name: LoopName,
        turn: T,
        *,
        every_s: float,
        stalled_after_s: float = STALLED_AFTER_S,
    ) -> None:
        self.name = name
        self.turn = turn
        self.heartbeat = Heartbeat(name, stalled_after_s=stalled_after_s)
        self._turns = Turns(name, every_s)

    def _completed(self, asked_s: float | None) -> float:
        self.heartbeat.beat()
        return self._turns.pause_after(asked_s)

    def _failed(self, exc: BaseException) -> float:
        self.heartbeat.turned()
        return self._turns.failed(exc)


class ThreadLoop(Loop[Callable[[], float | None]]):
    """A loop in a thread of its own."""

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
        """Start the thread, unless it runs."""
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
        """End the loop and wait for the end of its turn. May be called again, and before :meth:`start`."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, stopped: threading.Event) -> None:
        try:
            while not stopped.is_set():
                stopped.wait(self._turn_once())
        finally:
            self.heartbeat.end(was_asked=stopped.is_set())

    def _turn_once(self) -> float:
        try:
            asked_s = self.turn()
        except _UNFORESEEN as exc:
            return self._failed(exc)
        return self._completed(asked_s)


class TaskLoop(Loop[Callable[[], Awaitable[float | None]]]):
    """A loop in a task of the running event loop."""

    _is_stopping = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task, unless it runs."""
        if self._task is not None and not self._task.done():
            return
        self._is_stopping = False
        self.heartbeat.begin()
        # A context of its own: its log lines belong to no request.
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
                pause_s = await self._turn_once()
                await asyncio.sleep(pause_s)
        finally:
            self.heartbeat.end(was_asked=self._is_stopping)

    async def _turn_once(self) -> float:
        try:
            asked_s = await self.turn()
        except asyncio.CancelledError as exc:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return self._failed(exc)  # a task inside the turn was cancelled, not the loop
        except _UNFORESEEN as exc:
            return self._failed(exc)
        return self._completed(asked_s)


AnyLoop = ThreadLoop | TaskLoop


def repeat_until(stopped: threading.Event, name: LoopName, turn: Callable[[], None], *, every_s: float) -> None:
    """Repeat a turn in the calling thread until ``stopped`` is set; an unforeseen failure costs one turn.

    For work that lasts as long as something else does, such as the renewal of a lock; it has no heartbeat.
    """
    turns = Turns(name, every_s)
    pause_s = every_s
    while not stopped.wait(pause_s):
        pause_s = every_s
        try:
            turn()
        except _UNFORESEEN as exc:
            pause_s = turns.failed(exc)


def progress_checks(loops: Iterable[AnyLoop]) -> dict[str, Callable[[], None]]:
    """Return a check for readiness for each loop, by its name."""
    return {loop.name: loop.heartbeat.check_progress for loop in loops}


def life_checks(loops: Iterable[AnyLoop]) -> dict[str, Callable[[], None]]:
    """Return a check for liveness for each loop, by its name."""
    return {loop.name: loop.heartbeat.check_alive for loop in loops}
