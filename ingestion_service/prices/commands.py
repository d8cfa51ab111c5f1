"""What commands do to the stored prices of a ticker: track it, refresh it, remove it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import assert_never, get_args

from common.domain.errors import NotFound, ProviderUnavailable
from common.domain.questions import Interval
from common.redis.stores import RedisStores
from common.rpc.messages import Outcome, PricesCommand
from common.s3.price_store import PriceStore, StoredFacts
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.prices.renewal import LOOK_AGAIN_AFTER, Refreshed, lock_of


class Tracking:
    """Carries commands out; its methods block for at most the time that they are given.

    Args:
        stores: the pointers to prices, and the locks.
        store: where the prices are.
        prices: looks for newer prices where they are no longer fresh.
        newest_prices: looks for newer prices whenever it is asked.
    """

    def __init__(self, stores: RedisStores, store: PriceStore, prices: PriceKeeper, newest_prices: PriceKeeper) -> None:
        self._stores = stores
        self._store = store
        self._prices = prices
        self._newest_prices = newest_prices

    def carry_out(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> Outcome:
        """Do what a command says, without waiting for the ticker's lock.

        Raises:
            Locked: another caller holds it; the command may be tried again, then with ``is_first_try`` False.
            Failure: what came of the command.
        """
        match command.action:
            case "track":
                return self.track(command.ticker, budget_s, lock_wait_s=0)
            case "refresh":
                return self.refresh(command.ticker, budget_s, lock_wait_s=0, is_first_try=is_first_try).outcome
            case "untrack":
                return self.untrack(command.ticker, 0)
            case _:
                assert_never(command.action)

    def track(self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None) -> Outcome:
        """See to it that fresh prices are stored."""
        before = self._store.facts(ticker)
        if before is None:
            # A pointer outlives an object that somebody removed by other means than ours.
            self._stores.price_notes.forget_prices_pointer(ticker)
        self._prices.version(ticker, budget_s, lock_wait_s=lock_wait_s)
        return _outcome(before)

    def refresh(
        self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None, is_first_try: bool = True
    ) -> Refreshed:
        """Look for newer prices now, unless that was done a moment ago; the arguments are those of ``looked_up``.

        Raises:
            Failure: none came; what was stored before is still there.
        """
        looked = self._newest_prices.looked_up(ticker, budget_s, lock_wait_s=lock_wait_s, is_first_try=is_first_try)
        fetched_at = looked.after.fetched_at
        if self._stores.clock.now() - fetched_at >= LOOK_AGAIN_AFTER:
            reason = looked.failure.detail if looked.failure else "Another refresh found none a moment ago."
            raise ProviderUnavailable(
                f"No source gave newer prices of {ticker}; those fetched on {fetched_at:%Y-%m-%d} are kept. {reason}",
                retry_after_s=looked.failure.retry_after_s if looked.failure else None,
            )
        changed = looked.before is None or looked.before.version != looked.after.version
        return Refreshed(_outcome(looked.before), looked.after, asked=looked.asked, changed=changed)

    def untrack(self, ticker: str, lock_wait_s: float) -> Outcome:
        """Remove the prices of every interval, and the pointer to them.

        Raises:
            NotFound: none are stored, of any interval.
        """
        give_up = time.monotonic() + lock_wait_s
        with ExitStack() as locks:
            for interval in get_args(Interval):
                left_s = give_up - time.monotonic()
                locks.enter_context(self._stores.price_notes.refreshing(lock_of(ticker, interval), wait_s=left_s))
            if not any(self._store.objects.facts(ticker, interval) for interval in get_args(Interval)):
                raise NotFound(f"No prices of {ticker} are stored.")
            self._store.objects.remove(ticker)
            self._stores.price_notes.forget_prices_pointer(ticker)
        return "removed"


def _outcome(before: StoredFacts | None) -> Outcome:
    return "created" if before is None else "kept"
