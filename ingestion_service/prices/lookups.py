"""Looks prices up for many requests at once: one look-up a ticker, and no thread held by one that waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from common.domain.errors import Busy, DeadlineExceeded, Failure
from common.redis.client.failures import RedisAway
from common.redis.locks import Locked
from common.runtime.call_time_limits import within
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.worker_threads import WorkerThreads

STORE_THREADS = 16
SOURCE_THREADS = 32
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.25
"""Seconds before a look-up retries a lock that another replica or a command holds."""


@dataclass(eq=False)
class _Lookup:
    """A look-up under way, its deadline (monotonic seconds), and how many requests wait for it."""

    task: asyncio.Task[str]
    give_up: float
    waiting: int = 0


class PriceLookups:
    """Finds the version of the prices to use. Look-ups that need no source have threads of their own.

    Args:
        prices: does the work.
        bookkeeping: threads for calls that ask Redis only.
    """

    def __init__(self, prices: PriceKeeper, bookkeeping: WorkerThreads) -> None:
        self._prices = prices
        self._bookkeeping = bookkeeping
        self._store_threads = WorkerThreads(STORE_THREADS, "store")
        self._source_threads = WorkerThreads(SOURCE_THREADS, "source")
        self._under_way: dict[str, _Lookup] = {}

    async def version(self, ticker: str, give_up: float) -> str:
        """Return the version of the ticker's prices to use; fetch them where they are not fresh.

        Requests for a ticker that is being looked up wait for that look-up. Where it fails at a deadline earlier than
        ``give_up`` (monotonic seconds), another one begins.

        Raises:
            Failure: nothing is stored, and nothing could be fetched in time.
        """
        pointed = await self._bookkeeping.run(self._prices.pointed_version, ticker)
        if pointed is not None:
            return pointed
        while True:
            lookup = self._under_way.get(ticker) or self._begun(ticker, give_up)
            try:
                return await self._result(ticker, lookup, give_up)
            except RedisAway:
                raise
            except Failure:
                now = time.monotonic()
                if now < lookup.give_up or now >= give_up:
                    raise

    def shutdown(self) -> None:
        """Take no more work."""
        self._store_threads.shutdown()
        self._source_threads.shutdown()

    def _begun(self, ticker: str, give_up: float) -> _Lookup:
        lookup = _Lookup(asyncio.create_task(self._looked_up(ticker, give_up)), give_up)
        self._under_way[ticker] = lookup
        lookup.task.add_done_callback(lambda _: self._forget(ticker, lookup))
        return lookup

    def _forget(self, ticker: str, lookup: _Lookup) -> None:
        if self._under_way.get(ticker) is lookup:
            del self._under_way[ticker]
        if lookup.task.done() and not lookup.task.cancelled():
            lookup.task.exception()  # asyncio logs an exception that was not read

    async def _result(self, ticker: str, lookup: _Lookup, give_up: float) -> str:
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

    async def _looked_up(self, ticker: str, give_up: float) -> str:
        async for _ in tries_at_a_lock(give_up):
            try:
                stored = await self._store_threads.run(self._stored, ticker, give_up)
                if stored is not None:
                    return stored
                return await self._source_threads.run(self._fetched, ticker, give_up)
            except Locked:
                continue
        raise being_fetched(ticker)

    def _stored(self, ticker: str, give_up: float) -> str | None:
        with within(give_up - time.monotonic()):
            return self._prices.stored_version(ticker)

    def _fetched(self, ticker: str, give_up: float) -> str:
        left_s = give_up - time.monotonic()
        if left_s <= 0:
            raise DeadlineExceeded
        with within(left_s):
            return self._prices.version(ticker, left_s, lock_wait_s=0)


def being_fetched(ticker: str) -> Busy:
    """Return the failure of what waited for a ticker's lock until its deadline."""
    return Busy(f"The prices of {ticker} are being fetched. Try again in a moment.")


async def tries_at_a_lock(give_up: float) -> AsyncIterator[None]:
    """Yield once for each try, with pauses between them, until ``give_up`` (monotonic seconds); at least once."""
    pause_s = FIRST_PAUSE_S
    while True:
        yield
        left_s = give_up - time.monotonic()
        await asyncio.sleep(max(min(pause_s, left_s), 0))
        if pause_s >= left_s:
            return
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
