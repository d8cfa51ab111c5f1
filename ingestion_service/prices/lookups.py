"""Price look-ups for concurrent requests: one look-up for each ticker, and no thread while waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from common.domain.errors import Busy, DeadlineExceeded, Failure
from common.redis.client.failures import RedisAway
from common.redis.locks import Locked
from common.runtime.call_time_limits import call_deadline
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.worker_threads import WorkerThreads

STORE_THREADS = 16
PROVIDER_THREADS = 32
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.25
"""Seconds before a look-up retries a lock that another replica or a command holds."""


@dataclass(eq=False)
class _Lookup:
    """A running look-up, its deadline (monotonic seconds), and the number of requests that wait for it."""

    task: asyncio.Task[str]
    give_up: float
    waiting: int = 0


class PriceLookups:
    """Shares look-ups between requests. Look-ups that call no provider have their own threads.

    Args:
        prices: looks the prices up.
        bookkeeping: threads for calls of Redis.
    """

    def __init__(self, prices: PriceKeeper, bookkeeping: WorkerThreads) -> None:
        self._prices = prices
        self._bookkeeping = bookkeeping
        self._store_threads = WorkerThreads(STORE_THREADS, "store")
        self._provider_threads = WorkerThreads(PROVIDER_THREADS, "source")
        self._under_way: dict[str, _Lookup] = {}

    async def ensure_fresh(self, ticker: str, give_up: float) -> str:
        """Return the revision of the ticker's prices; fetch newer ones first if they are not fresh.

        Requests for the same ticker share a look-up. If it fails at its deadline, which is that of its first request,
        requests with a later deadline begin another one.

        Args:
            ticker: the ticker.
            give_up: the deadline in monotonic seconds.

        Raises:
            Failure: nothing is stored, and nothing could be fetched in time.
        """
        pointed = await self._bookkeeping.run(self._prices.read_pointed_version, ticker)
        if pointed is not None:
            return pointed
        while True:
            lookup = self._under_way.get(ticker) or self._begin(ticker, give_up)
            try:
                return await self._wait_for(ticker, lookup, give_up)
            except RedisAway:
                raise
            except Failure:
                now = time.monotonic()
                if now < lookup.give_up or now >= give_up:
                    raise

    def shutdown(self) -> None:
        """Accept no more work."""
        self._store_threads.shutdown()
        self._provider_threads.shutdown()

    def _begin(self, ticker: str, give_up: float) -> _Lookup:
        lookup = _Lookup(asyncio.create_task(self._look_up(ticker, give_up)), give_up)
        self._under_way[ticker] = lookup
        lookup.task.add_done_callback(lambda _: self._forget(ticker, lookup))
        return lookup

    def _forget(self, ticker: str, lookup: _Lookup) -> None:
        if self._under_way.get(ticker) is lookup:
            del self._under_way[ticker]
        if lookup.task.done() and not lookup.task.cancelled():
            lookup.task.exception()  # asyncio logs an exception that was not read

    async def _wait_for(self, ticker: str, lookup: _Lookup, give_up: float) -> str:
        """Wait for a look-up; the last request that leaves it cancels it."""
        lookup.waiting += 1
        try:
            done, _ = await asyncio.wait({lookup.task}, timeout=max(give_up - time.monotonic(), 0))
            if not done:
                raise DeadlineExceeded
            return lookup.task.result()
        finally:
            lookup.waiting -= 1
            if not lookup.waiting:
                lookup.task.cancel()
                self._forget(ticker, lookup)

    async def _look_up(self, ticker: str, give_up: float) -> str:
        async for _ in lock_attempts(give_up):
            try:
                stored = await self._store_threads.run(self._find_fresh, ticker, give_up)
                if stored is not None:
                    return stored
                return await self._provider_threads.run(self._fetch, ticker, give_up)
            except Locked:
                continue
        raise lock_timeout_failure(ticker)

    def _find_fresh(self, ticker: str, give_up: float) -> str | None:
        with call_deadline(give_up - time.monotonic()):
            return self._prices.find_fresh_version(ticker)

    def _fetch(self, ticker: str, give_up: float) -> str:
        left_s = give_up - time.monotonic()
        if left_s <= 0:
            raise DeadlineExceeded
        with call_deadline(left_s):
            return self._prices.ensure_fresh(ticker, left_s, lock_wait_s=0)


def lock_timeout_failure(ticker: str) -> Busy:
    """Return the failure after waiting for a ticker's lock until the deadline."""
    return Busy(f"The prices of {ticker} are being fetched. Try again in a moment.")


async def lock_attempts(give_up: float) -> AsyncIterator[None]:
    """Yield once for each try, with pauses between them, until ``give_up`` (monotonic seconds); at least once."""
    pause_s = FIRST_PAUSE_S
    while True:
        yield
        left_s = give_up - time.monotonic()
        await asyncio.sleep(max(min(pause_s, left_s), 0))
        if pause_s >= left_s:
            return
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
