"""A deadline for all calls inside a block."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def call_deadline(seconds: float) -> Iterator[None]:
    """Set a deadline for the calls in the block, ``seconds`` from now; an earlier deadline stays.

    The deadline applies to this thread or greenlet, and to other threads that run in a copy of its context.
    """
    token = _deadline.set(min(time.monotonic() + seconds, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining_s() -> float:
    """Return the seconds until the deadline: infinite if none is set, 0 after it."""
    return max(_deadline.get() - time.monotonic(), 0.0)
