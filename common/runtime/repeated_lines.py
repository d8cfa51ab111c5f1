"""A limit on repeated log lines, so that a lasting failure does not fill the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable
from dataclasses import dataclass

ALLOWED = 5
"""The most times that the same line is written within a window."""
WINDOW_S = 10.0
MOST_LINES = 1000
"""The most lines that are counted at once; the oldest window ends first."""


@dataclass
class _Window:
    """The counts of one line since ``began`` (monotonic seconds)."""

    began: float
    seen: int = 0
    last: logging.LogRecord | None = None


class RepetitionLimit:
    """Admits the same line :data:`ALLOWED` times within :data:`WINDOW_S`, and counts the others."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, _Window] = {}

    def admit(self, key: Hashable, record: logging.LogRecord) -> bool:
        """Count a line; return whether to write it."""
        window = self._windows.setdefault(key, _Window(time.monotonic()))
        window.seen += 1
        if window.seen <= ALLOWED:
            return True
        window.last = record
        return False

    def end_windows(self, *, of_all: bool = False) -> list[logging.LogRecord]:
        """End the windows that are over (or all); return a summary record for each line that was suppressed."""
        now, ended = time.monotonic(), []
        while self._windows:
            key, oldest = next(iter(self._windows.items()))
            if not of_all and len(self._windows) <= MOST_LINES and now - oldest.began < WINDOW_S:
                break
            ended.append(self._windows.pop(key))
        return [_summary(window.last, window.seen - ALLOWED) for window in ended if window.last]


def _summary(last: logging.LogRecord, times: int) -> logging.LogRecord:
    message = f"{last.getMessage()} (repeated {times} times)"
    return logging.makeLogRecord(vars(last) | {"msg": message, "args": (), "exc_info": None, "exc_text": None})
