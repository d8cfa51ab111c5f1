"""One deadline for everything that is done inside a block, however many calls that is."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give everything inside at most ``seconds``; a deadline that is set already and is earlier stays.

    The deadline holds in this thread or greenlet. Another thread has it where its work is run in a copy of the context.
    """
    token = _deadline.set(min(time.monotonic() + seconds, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


def left_s() -> float:
    """Return the seconds until the deadline: infinite where none is set, 0 where it has passed."""
    return max(_deadline.get() - time.monotonic(), 0.0)
