"""Notes in Redis on a ticker's prices: the revision to use, an invalid revision, or the lack of prices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from redis import Redis

from common.domain.errors import Failure
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none, expect_list
from common.redis.locks import Locked, hold_lock
from common.redis.schema.keys import KeyPrefix
from common.redis.schema.stored_failures import decode_failure, encode_failure

INVALID_MS = 600_000
"""Milliseconds for which a revision counts as invalid."""


@dataclass(frozen=True)
class PricesPointer:
    """The revision of a ticker's prices to use until the next refresh is due, and their last day."""

    version: str
    last: date


class PriceNotes:
    """The notes on prices. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read_prices_pointer(self, ticker: str) -> PricesPointer | None:
        """Return the pointer to prices that may be used without reading the store; None if there is none."""
        with check_replies(self._redis):
            reply: Any = self._redis.hmget(KeyPrefix.PRICES_POINTER.key(ticker), ["version", "last"])
            version, last = map(expect_bytes_or_none, expect_list(reply, 2))
        return _parse_pointer(version, last)

    def set_prices_pointer(self, ticker: str, pointer: PricesPointer, for_ms: int) -> None:
        """Set the pointer to stored prices that need no refresh for ``for_ms`` milliseconds."""
        key = KeyPrefix.PRICES_POINTER.key(ticker)
        with redis_call(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, mapping={"version": pointer.version, "last": pointer.last.isoformat()})
            pipe.pexpire(key, max(for_ms, 1))
            pipe.delete(KeyPrefix.INVALID_PRICES.key(ticker))
            pipe.execute()

    def forget_prices_pointer(self, ticker: str) -> None:
        """Remove the pointer, so that the next request reads the store."""
        with redis_call():
            self._redis.delete(KeyPrefix.PRICES_POINTER.key(ticker))

    def invalidate_prices(self, ticker: str, version: str) -> None:
        """Mark the stored prices of a revision as missing or damaged, so that they are fetched again."""
        with redis_call(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(KeyPrefix.PRICES_POINTER.key(ticker))
            pipe.set(KeyPrefix.INVALID_PRICES.key(ticker), version, px=INVALID_MS)
            pipe.execute()

    def is_invalidated(self, ticker: str, version: str) -> bool:
        """Return whether the stored prices of a revision are marked as missing or damaged."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.INVALID_PRICES.key(ticker))
            return expect_bytes_or_none(reply) == version.encode()

    def note_no_prices(self, ticker: str, failure: Failure, for_ms: int) -> None:
        """Store why a ticker has no prices; for ``for_ms`` milliseconds no provider needs to be called for it."""
        with redis_call():
            self._redis.set(KeyPrefix.NO_PRICES.key(ticker), encode_failure(failure), px=for_ms)

    def read_no_prices_failure(self, ticker: str) -> Failure | None:
        """Return the failure that :meth:`note_no_prices` stored; None if there is none."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.NO_PRICES.key(ticker))
            stored = expect_bytes_or_none(reply)
        return decode_failure(stored)

    @contextmanager
    def lock_refresh(self, ticker: str, wait_s: float) -> Iterator[None]:
        """Hold the lock for refreshing a ticker's prices during the block; all replicas share it.

        Raises:
            Locked: another caller still held the lock after ``wait_s`` seconds.
        """
        with hold_lock(self._redis, KeyPrefix.REFRESH_LOCK.key(ticker), wait_s) as held:
            if not held:
                raise Locked(f"The prices of {ticker} are being fetched. Try again in a moment.")
            yield


def _parse_pointer(version: bytes | None, last: bytes | None) -> PricesPointer | None:
    """Return the pointer in these fields; None if it is damaged, so that a new one is written."""
    if version is None or last is None:
        return None
    try:
        return PricesPointer(version.decode(), date.fromisoformat(last.decode()))
    except ValueError:
        return None
