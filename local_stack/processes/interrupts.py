"""Signals that ask to end: recorded here, acted on where the work is done."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Self


class Interrupted(Exception):
    """A signal asked to end what is going on."""


class Interrupts:
    """Counts SIGINT, SIGTERM and SIGHUP while it is entered."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._record)
        return self

    def __exit__(self, *_: object) -> None:
        # No handler is put back: until the process ends, a late signal has nothing left to ask for.
        return

    def _record(self, number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self.last = number

    def raise_if_any(self) -> None:
        """Raise :class:`Interrupted` once a signal came."""
        if self.count:
            raise Interrupted
