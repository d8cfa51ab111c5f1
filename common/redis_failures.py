"""Redis's failures as ours, for the modules that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from common.errors import Busy


@contextmanager
def translated() -> Iterator[None]:
    """Raise :class:`Busy` where Redis cannot be reached, refuses, or is full."""
    try:
        yield
    except (RedisError, OSError) as exc:
        raise Busy("The service's memory cannot be reached at the moment; please try again.") from exc
