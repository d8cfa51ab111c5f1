"""Waits for the ends of requests: one look at Redis for all in a process who wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from common.errors import Busy
from common.records import Record

QUICK_FOR_S = 0.5
"""So long after somebody began to wait his answer may come at any moment."""
QUICK_S, SLOW_S = 0.003, 0.025
"""How long nobody looks: while one who has just come waits, and at the most."""
EACH_AFTER_S = 0.25
"""How often every request is looked at though none has ended: some end because somebody looks, past their deadline."""

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Waiter:
    request_id: str
    came: threading.Event = field(default_factory=threading.Event)
    ended: Record | None = None


class Watch:
    """Lets many wait for the ends of their requests.

    A hundred that each looked would take a core from those who work on the answers; so would a look at a hundred
    requests, which is why it is the number of ends that is looked at mostly.

    Args:
        ends: says how many requests have ended.
        ended: gives the records of those, of several requests, that have ended; None for one that is no longer kept.
    """

    def __init__(self, ends: Callable[[], int], ended: Callable[[Sequence[str]], Mapping[str, Record | None]]) -> None:
        self._ends = ends
        self._ended = ended
        self._lock = threading.Lock()
        self._waiters: set[_Waiter] = set()
        self._quick_until = 0.0
        self._looking = False

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
            if not self._looking:
                threading.Thread(target=self._look, name="watch", daemon=True).start()
                self._looking = True

    def _look(self) -> None:
        """Look for as long as anybody waits."""
        looks = _Looks(self._ends, self._ended)
        while waiters := self._still_waiting():
            time.sleep(self._pause_s(len(waiters)))
            ended = looks.ended({waiter.request_id for waiter in waiters})
            for waiter in waiters:
                if waiter.request_id in ended:
                    waiter.ended = ended[waiter.request_id]
                    waiter.came.set()

    def _pause_s(self, waiting: int) -> float:
        """How long nobody looks: the more wait, the longer their answers take, and the more a look costs."""
        return min(QUICK_S * waiting, SLOW_S) if time.monotonic() < self._quick_until else SLOW_S

    def _still_waiting(self) -> list[_Waiter]:
        with self._lock:
            waiters = [waiter for waiter in self._waiters if not waiter.came.is_set()]
            self._looking = bool(waiters)
            return waiters


class _Looks:
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
        except Exception:  # noqa: BLE001 - the last resort: without this thread nobody would be told anything any more
            _log.exception("a look at those who wait failed unexpectedly")
            time.sleep(EACH_AFTER_S)
            return {}
        self._number, self._known = number, request_ids
        return ended
