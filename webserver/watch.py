"""Waits for the ends of requests: one look at Redis for all threads of a process that wait."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from common.errors import Busy

QUICK_FOR_S = 0.5
"""So long after somebody began to wait his answer may come at any moment."""
QUICK_S, SLOW_S = 0.005, 0.025


class Watch:
    """Lets threads wait until ``ended`` names the request that they wait for.

    A hundred threads that each polled would take a core from those who work on the answers.
    """

    def __init__(self, ended: Callable[[Sequence[str]], Iterable[str]]) -> None:
        self._ended = ended
        self._lock = threading.Lock()
        self._waiting: defaultdict[str, set[threading.Event]] = defaultdict(set)
        self._quick_until = 0.0
        self._looking = False

    def wait(self, request_id: str, seconds: float) -> None:
        """Return once a request has ended, or the time is over; a Redis that is away for a while ends no wait."""
        came = threading.Event()
        with self._lock:
            self._waiting[request_id].add(came)
            self._quick_until = time.monotonic() + QUICK_FOR_S
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="watch", daemon=True).start()
        came.wait(seconds)
        with self._lock:
            self._waiting[request_id].discard(came)
            if not self._waiting[request_id]:
                del self._waiting[request_id]

    def _look(self) -> None:
        """Look for as long as anybody waits."""
        while waited_for := self._waited_for():
            time.sleep(QUICK_S if time.monotonic() < self._quick_until else SLOW_S)
            try:
                ended = self._ended(waited_for)
            except Busy:
                continue
            with self._lock:
                for request_id in ended:
                    for came in self._waiting.get(request_id, ()):
                        came.set()

    def _waited_for(self) -> list[str]:
        with self._lock:
            self._looking = bool(self._waiting)
            return list(self._waiting)
