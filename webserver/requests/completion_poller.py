"""The completion poller: polls Redis once for all waiting requests of a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from common.domain.errors import Busy
from common.redis.requests.records import Record
from common.runtime.supervision import LoopName, ThreadLoop

QUICK_FOR_S = 0.5
"""Seconds after the start of a wait for which the poller polls quickly."""
QUICK_S, SLOW_S = 0.003, 0.025
"""The shortest and the longest pause between two polls, in seconds."""
EACH_AFTER_S = 0.25
"""Seconds between two reads of every waiting request: reading is what ends a request past its deadline."""
IDLE_S = 1.0
"""Seconds between two heartbeats of the poller while no request waits."""


@dataclass(eq=False)
class _Waiter:
    request_id: str
    notified: threading.Event = field(default_factory=threading.Event)
    ended: Record | None = None


class CompletionPoller:
    """Notifies waiting requests of their end.

    Most polls read only the number of ended requests. A hundred waiting requests that each read their own record would
    take a core from the workers.

    Args:
        ends: returns the number of requests that have ended.
        ended: returns the records of the given requests that have ended; None for one that has expired.
    """

    def __init__(self, ends: Callable[[], int], ended: Callable[[Sequence[str]], Mapping[str, Record | None]]) -> None:
        self._lock = threading.Lock()
        self._waiters: set[_Waiter] = set()
        self._quick_until = 0.0
        self._has_waiters = threading.Event()
        self._polls = _Polls(ends, ended)
        self.loop = ThreadLoop(LoopName.COMPLETION_POLLER, self._turn, every_s=SLOW_S)
        """The thread starts with the first wait, because this object is created before the process is forked."""

    def wait(self, request_id: str, seconds: float) -> Record | None:
        """Return the record of a request once it has ended; None if it has not ended in time or has expired.

        A short outage of Redis does not end the wait.
        """
        waiter = _Waiter(request_id)
        try:
            self._add(waiter)
            waiter.notified.wait(seconds)
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        return waiter.ended

    def _add(self, waiter: _Waiter) -> None:
        with self._lock:
            self._quick_until = time.monotonic() + QUICK_FOR_S
            self._waiters.add(waiter)
            self._has_waiters.set()
        self.loop.start()

    def _turn(self) -> float:
        """Poll once for all waiting requests, or sleep if there is none; return the pause until the next turn."""
        waiters = self._still_waiting()
        if not waiters:
            return QUICK_S if self._has_waiters.wait(IDLE_S) else 0.0
        ended = self._polls.read_ended({waiter.request_id for waiter in waiters})
        for waiter in waiters:
            if waiter.request_id in ended:
                waiter.ended = ended[waiter.request_id]
                waiter.notified.set()
        return self._pause_s(len(waiters))

    def _pause_s(self, waiting: int) -> float:
        """Return the pause until the next poll; it grows with the number of waiting requests."""
        return min(QUICK_S * waiting, SLOW_S) if time.monotonic() < self._quick_until else SLOW_S

    def _still_waiting(self) -> list[_Waiter]:
        with self._lock:
            waiters = [waiter for waiter in self._waiters if not waiter.notified.is_set()]
            if not waiters:
                self._has_waiters.clear()
            return waiters


class _Polls:
    """Polls the number of ends, and reads the requests if it has changed or :data:`EACH_AFTER_S` has passed."""

    def __init__(self, ends: Callable[[], int], ended: Callable[[Sequence[str]], Mapping[str, Record | None]]) -> None:
        self._ends = ends
        self._ended = ended
        self._number = -1
        self._unfinished: set[str] = set()
        """The requests that had not ended at this number of ends."""
        self._each_at = 0.0

    def read_ended(self, request_ids: set[str]) -> Mapping[str, Record | None]:
        """Return the records of the given requests that have ended since the last poll."""
        now = time.monotonic()
        try:
            number = self._ends()
            if number != self._number or now >= self._each_at:
                self._unfinished, self._each_at = set(), now + EACH_AFTER_S
            new = list(request_ids - self._unfinished)
            ended = self._ended(new) if new else {}
        except Busy:
            return {}
        self._number, self._unfinished = number, request_ids
        return ended
