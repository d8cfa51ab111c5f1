"""Checks of the format of Redis's replies. A garbled reply counts as an outage, and its connection is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import InvalidResponse

from common.redis.client.failures import redis_call


class GarbledReplyError(NoConnection):
    """A reply has a format that its command never returns: it may be the reply to another command."""


UNREADABLE = (InvalidResponse, GarbledReplyError, ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""The exceptions of parsing a garbled reply, here and in Redis's client."""


@contextmanager
def check_replies(redis: Redis) -> Iterator[None]:
    """Translate exceptions like :func:`redis_call`, and an unreadable reply to :class:`RedisAway`.

    The block calls Redis and parses the reply. Nothing else in it may raise a ``ValueError`` or ``TypeError``.
    """
    with redis_call():
        try:
            yield
        except UNREADABLE as exc:
            drop_connections(redis)
            raise GarbledReplyError(f"a reply of Redis is garbled ({type(exc).__name__}: {exc})") from exc


def drop_connections(redis: Redis) -> None:
    """Close the idle connections, because any of them may have a reply to an earlier command."""
    redis.connection_pool.disconnect(inuse_connections=False)


def expect_integer(reply: Any) -> int:
    """Return a reply that is an integer; raise :class:`GarbledReplyError` if it is not."""
    if type(reply) is not int:
        raise GarbledReplyError("an integer was expected")
    return reply


def expect_bytes(reply: Any) -> bytes:
    """Return a reply that is a string; raise :class:`GarbledReplyError` if it is not."""
    if not isinstance(reply, bytes):
        raise GarbledReplyError("a string was expected")
    return reply


def expect_bytes_or_none(reply: Any) -> bytes | None:
    """Return a reply that is a string or nil; raise :class:`GarbledReplyError` if it is not."""
    return None if reply is None else expect_bytes(reply)


def expect_list(reply: Any, length: int | None = None) -> list[Any]:
    """Return a reply that is a list.

    Args:
        reply: the reply.
        length: the expected length; None for any.

    Raises:
        GarbledReplyError: the reply is not such a list.
    """
    if not isinstance(reply, list) or (length is not None and len(reply) != length):
        raise GarbledReplyError("a list was expected")
    return reply
