"""Notes in Redis about a ticker's prices: the revision to use, invalid revisions, and the lack of any prices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from redis import Redis

from common.domain.errors import Failure
from common.redis.client.failures import redis_call
from common.redis.client.replies import checked_replies, expect_bytes_or_none, expect_list
from common.redis.locks import Locked, hold_lock
from common.redis.schema.keys import KeyPrefix
from common.redis.schema.stored_failures import decode_failure, encode_failure

INVALID_MS = 600_000


@dataclass(frozen=True)
class PricesPointer:
    """The revision of a ticker's prices to use until newer ones have to be looked for, and their last day."""

    version: str
    last: date


class PriceNotes:
    """Notes on prices. Methods raise :class:`Busy` where Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read_prices_pointer(self, ticker: str) -> PricesPointer | None:
        """Return the pointer to the prices that may be used without a look into the store; None where there is none."""
        with checked_replies(self._redis):
            reply: Any = self._redis.hmget(KeyPrefix.PRICES_POINTER.key(ticker), ["version", "last"])
            version, last = map(expect_bytes_or_none, expect_list(reply, 2))
        return _parse_pointer(version, last)

    def set_prices_pointer(self, ticker: str, pointer: PricesPointer, for_ms: int) -> None:
        """Point to stored prices that need no refresh for ``for_ms`` milliseconds."""
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
        """Note that the stored prices of this version are gone or damaged, so that they are fetched anew."""
        with redis_call(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(KeyPrefix.PRICES_POINTER.key(ticker))
            pipe.set(KeyPrefix.INVALID_PRICES.key(ticker), version, px=INVALID_MS)
            pipe.execute()

    def is_invalidated(self, ticker: str, version: str) -> bool:
        """Return whether the stored prices of this version are gone or damaged."""
        with checked_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.INVALID_PRICES.key(ticker))
            return expect_bytes_or_none(reply) == version.encode()

    def note_no_prices(self, ticker: str, failure: Failure, for_ms: int) -> None:
        """Note why there are no prices of a ticker: its sources need no call for ``for_ms`` milliseconds."""
        with redis_call():
            self._redis.set(KeyPrefix.NO_PRICES.key(ticker), encode_failure(failure), px=for_ms)

    def read_no_prices_failure(self, ticker: str) -> Failure | None:
        """Return the failure that :meth:`note_no_prices` noted; None where there is none."""
        with checked_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.NO_PRICES.key(ticker))
            stored = expect_bytes_or_none(reply)
        return decode_failure(stored)

    @contextmanager
    def lock_refresh(self, ticker: str, wait_s: float) -> Iterator[None]:
        """Hold the lock on refreshing a ticker's prices, which all replicas share.

        Raises:
            Locked: another caller still held the lock after ``wait_s`` seconds.
        """
        with hold_lock(self._redis, KeyPrefix.REFRESH_LOCK.key(ticker), wait_s) as held:
            if not held:
                raise Locked(f"The prices of {ticker} are being fetched. Try again in a moment.")
            yield


def _parse_pointer(version: bytes | None, last: bytes | None) -> PricesPointer | None:
    """Return the pointer in these fields; None where it is damaged, so that a new one is written."""
    if version is None or last is None:
        return None
    try:
        return PricesPointer(version.decode(), date.fromisoformat(last.decode()))
    except ValueError:
        return None
