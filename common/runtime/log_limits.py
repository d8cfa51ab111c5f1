"""A limit on repeated log lines: a failure that lasts is logged once a period, with the number of repetitions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

PERIOD_S = 60.0
MOST_KEYS = 1000
"""The oldest keys are forgotten beyond this: their next line is logged."""


class LogLimit:
    """Allow one line per key and period, and count the lines in between.

    Example::

        if (repeated := limit.allows("redis OOM")) is not None:
            log.warning("Redis refuses a write (%d more since the last line)", repeated)

    Args:
        period_s: seconds in which one line per key is allowed.
        clock: monotonic seconds.
    """

    def __init__(self, period_s: float = PERIOD_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._period_s = period_s
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[Hashable, tuple[float, int]] = {}
        """By key: when the last line was allowed, and how many were refused since."""

    def allows(self, key: Hashable) -> int | None:
        """Return how many lines were refused since the last one, or None where this one is refused too."""
        now = self._clock()
        with self._lock:
            last, refused = self._seen.get(key, (-self._period_s, 0))
            if now - last < self._period_s:
                self._seen[key] = (last, refused + 1)
                return None
            self._seen.pop(key, None)
            self._seen[key] = (now, 0)
            if len(self._seen) > MOST_KEYS:
                del self._seen[next(iter(self._seen))]
            return refused
