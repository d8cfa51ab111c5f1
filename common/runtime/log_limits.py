"""A limit on repeated log lines: a failure that lasts is logged once a period, with the number of repetitions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable

PERIOD_S = 60.0
MOST_KEYS = 1000
"""The most keys that are counted at once. The next line of a removed key is logged."""


class LogLimit:
    """Log one line per key and period, and count the lines in between.

    Example::

        limit.log(logging.ERROR, "OOM", "Redis refuses a write: %s", exc)

    Args:
        logger: writes the lines.
        period_s: seconds in which one line per key is logged.
        clock: monotonic seconds.
    """

    def __init__(
        self, logger: logging.Logger, period_s: float = PERIOD_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger = logger
        self._period_s = period_s
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[Hashable, tuple[float, int]] = {}
        """By key: when its last line was logged, and how many were left out since."""

    def log(
        self, level: int, key: Hashable, message: str, *args: object, exc_info: BaseException | None = None
    ) -> None:
        """Log a line, unless a line of this key was logged within the period."""
        left_out = self._count_left_out(key)
        if left_out is None:
            return
        if left_out:
            message, args = f"{message} (%d more since the last such line)", (*args, left_out)
        self._logger.log(level, message, *args, exc_info=exc_info)

    def _count_left_out(self, key: Hashable) -> int | None:
        """Return the suppressed lines of a key since its last one; None if this one is suppressed as well."""
        now = self._clock()
        with self._lock:
            last, left_out = self._seen.get(key, (-self._period_s, 0))
            if now - last < self._period_s:
                self._seen[key] = (last, left_out + 1)
                return None
            self._seen.pop(key, None)
            self._seen[key] = (now, 0)
            if len(self._seen) > MOST_KEYS:
                del self._seen[next(iter(self._seen))]
            return left_out
