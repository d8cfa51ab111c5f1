"""One deadline for all calls inside a block."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set a deadline in ``seconds`` for the block; an earlier deadline that is set already stays.

    The deadline holds in this thread or greenlet, and in another thread that runs in a copy of the context.
    """
    token = _deadline.set(min(time.monotonic() + seconds, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


def left_s() -> float:
    """Return the seconds until the deadline: infinite where none is set, 0 where it has passed."""
    return max(_deadline.get() - time.monotonic(), 0.0)
