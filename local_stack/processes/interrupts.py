"""Signals that ask a command to end. Their handlers only count, and the command checks the count."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Self


class Interrupted(Exception):
    """A signal asked to end the command."""


class Interrupts:
    """A context that counts SIGINT, SIGTERM and SIGHUP."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._record)
        return self

    def __exit__(self, *_: object) -> None:
        # The handlers stay, so that a late signal does not interrupt the end of the process.
        return

    def _record(self, number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self.last = number

    def raise_if_any(self) -> None:
        """Raise :class:`Interrupted` if a signal has arrived."""
        if self.count:
            raise Interrupted
