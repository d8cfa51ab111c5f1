"""Redis's failures as ours, for the modules that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoReply

from common.errors import Busy

_CANNOT_BE_REACHED = "The service's memory cannot be reached at the moment; please try again."


class RedisAway(Busy):
    """Redis cannot be reached: whoever is at work on a request leaves it to its lease, and does not end it for this."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise :class:`RedisAway` where Redis cannot be reached, and :class:`Busy` where it refuses, or is full."""
    try:
        yield
    except (NoConnection, NoReply, OSError) as exc:
        raise RedisAway(_CANNOT_BE_REACHED) from exc
    except RedisError as exc:
        raise Busy(_CANNOT_BE_REACHED) from exc
