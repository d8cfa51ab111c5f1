"""Notes in Redis about a ticker's prices: the version to use, versions that are invalid, and that there are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from redis import Redis

from common.domain.errors import Failure
from common.redis.client.failures import translated
from common.redis.client.replies import bytes_or_none, checked_replies, listed
from common.redis.locks import Locked, holding
from common.redis.record_values import PricesPointer, failure_in, stored_failure

DISTRUST_MS = 600_000


class PriceNotes:
    """Notes about prices. Methods raise :class:`Busy` where Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def prices_pointer(self, ticker: str) -> PricesPointer | None:
        """The version of a ticker's prices that may be used without looking further, if there is one."""
        with checked_replies(self._redis):
            reply: Any = self._redis.hmget(f"prices:{ticker}", ["version", "last"])
            version, last = map(bytes_or_none, listed(reply, 2))
        return _pointer(version, last)

    def set_prices_pointer(self, ticker: str, pointer: PricesPointer, for_ms: int) -> None:
        """Note that the stored prices need no refresh for ``for_ms`` milliseconds."""
        with translated(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"prices:{ticker}")
            pipe.hset(f"prices:{ticker}", mapping={"version": pointer.version, "last": pointer.last.isoformat()})
            pipe.pexpire(f"prices:{ticker}", max(for_ms, 1))
            pipe.delete(f"distrusted:{ticker}")
            pipe.execute()

    def forget_prices_pointer(self, ticker: str) -> None:
        """Remove the pointer, so that the next request reads the store."""
        with translated():
            self._redis.delete(f"prices:{ticker}")

    def invalidate_prices(self, ticker: str, version: str) -> None:
        """Note that the stored prices of this version are gone or damaged, so that they are fetched anew."""
        with translated(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"prices:{ticker}")
            pipe.set(f"distrusted:{ticker}", version, px=DISTRUST_MS)
            pipe.execute()

    def is_invalidated(self, ticker: str, version: str) -> bool:
        """Whether the stored prices of this version were found gone or damaged."""
        with checked_replies(self._redis):
            reply: Any = self._redis.get(f"distrusted:{ticker}")
            return bytes_or_none(reply) == version.encode()

    def note_no_prices(self, ticker: str, failure: Failure, for_ms: int) -> None:
        """Note, with the reason, that this ticker's sources need no call for ``for_ms`` milliseconds."""
        with translated():
            self._redis.set(f"nothing:{ticker}", stored_failure(failure), px=for_ms)

    def why_no_prices(self, ticker: str) -> Failure | None:
        """Return the cached failure of the last search for a ticker's prices, if there is one."""
        with checked_replies(self._redis):
            reply: Any = self._redis.get(f"nothing:{ticker}")
            error = bytes_or_none(reply)
        return failure_in(error)

    @contextmanager
    def refreshing(self, ticker: str, wait_s: float) -> Iterator[None]:
        """Hold the lock, across all replicas, on refreshing a ticker's prices.

        Raises:
            Locked: another caller still held the lock after ``wait_s`` seconds.
        """
        with holding(self._redis, f"refreshing:{ticker}", wait_s) as held:
            if not held:
                raise Locked(f"The prices of {ticker} are being fetched; please try again in a moment.")
            yield


def _pointer(version: bytes | None, last: bytes | None) -> PricesPointer | None:
    """The pointer in these fields; None where it is damaged, so that a new one is written."""
    if version is None or last is None:
        return None
    try:
        return PricesPointer(version.decode(), date.fromisoformat(last.decode()))
    except ValueError:
        return None
