"""Waits for the ends of requests: one look at Redis for all in a process who wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from common.domain.errors import Busy
from common.redis.requests.records import Record
from common.runtime.supervision import LoopName, ThreadLoop

QUICK_FOR_S = 0.5
"""So long after somebody began to wait his answer may come at any moment."""
QUICK_S, SLOW_S = 0.003, 0.025
"""How long nobody looks: while one who has just come waits, and at the most."""
EACH_AFTER_S = 0.25
"""How often every request is looked at though none has ended: some end because somebody looks, past their deadline."""
IDLE_S = 1.0
"""Seconds between two heartbeats of the poller while no request waits."""


@dataclass(eq=False)
class _Waiter:
    request_id: str
    came: threading.Event = field(default_factory=threading.Event)
    ended: Record | None = None


class CompletionPoller:
    """Lets many wait for the ends of their requests.

    A hundred that each looked would take a core from those who work on the answers; so would a look at a hundred
    requests, which is why it is the number of ends that is looked at mostly.

    Args:
        ends: says how many requests have ended.
        ended: gives the records of those, of several requests, that have ended; None for one that is no longer kept.
    """

    def __init__(self, ends: Callable[[], int], ended: Callable[[Sequence[str]], Mapping[str, Record | None]]) -> None:
        self._lock = threading.Lock()
        self._waiters: set[_Waiter] = set()
        self._quick_until = 0.0
        self._anybody = threading.Event()
        self._looks = _Polls(ends, ended)
        self.loop = ThreadLoop(LoopName.COMPLETION_POLLER, self._turn, every_s=SLOW_S)
        """Begins with the first wait: this object is made before the process is forked."""

    def wait(self, request_id: str, seconds: float) -> Record | None:
        """The record of a request once it has ended; None where it has not in time, or is no longer kept.

        A Redis that is away for a while ends no wait.
        """
        waiter = _Waiter(request_id)
        try:
            self._enter(waiter)
            waiter.came.wait(seconds)
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        return waiter.ended

    def _enter(self, waiter: _Waiter) -> None:
        with self._lock:
            self._quick_until = time.monotonic() + QUICK_FOR_S
            self._waiters.add(waiter)
            self._anybody.set()
        self.loop.start()

    def _turn(self) -> float:
        """Poll once for all waiting requests, or sleep where there is none; return the pause until the next turn."""
        waiters = self._still_waiting()
        if not waiters:
            return QUICK_S if self._anybody.wait(IDLE_S) else 0.0
        ended = self._looks.ended({waiter.request_id for waiter in waiters})
        for waiter in waiters:
            if waiter.request_id in ended:
                waiter.ended = ended[waiter.request_id]
                waiter.came.set()
        return self._pause_s(len(waiters))

    def _pause_s(self, waiting: int) -> float:
        """How long nobody looks: the more wait, the longer their answers take, and the more a look costs."""
        return min(QUICK_S * waiting, SLOW_S) if time.monotonic() < self._quick_until else SLOW_S

    def _still_waiting(self) -> list[_Waiter]:
        with self._lock:
            waiters = [waiter for waiter in self._waiters if not waiter.came.is_set()]
            if not waiters:
                self._anybody.clear()
            return waiters


class _Polls:
    """One look after the other: at the number of ends, and at the requests where it is another, or now and then."""

    def __init__(self, ends: Callable[[], int], ended: Callable[[Sequence[str]], Mapping[str, Record | None]]) -> None:
        self._ends = ends
        self._ended = ended
        self._number = -1
        self._known: set[str] = set()
        """Those that had not ended when there were so many ends."""
        self._each_at = 0.0

    def ended(self, request_ids: set[str]) -> Mapping[str, Record | None]:
        """Those of several requests that have ended, as far as this look can tell."""
        now = time.monotonic()
        try:
            number = self._ends()
            if number != self._number or now >= self._each_at:
                self._known, self._each_at = set(), now + EACH_AFTER_S
            new = list(request_ids - self._known)
            ended = self._ended(new) if new else {}
        except Busy:
            return {}
        self._number, self._known = number, request_ids
        return ended
