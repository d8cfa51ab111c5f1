"""The commands on the stored prices of a ticker: track, refresh and untrack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import assert_never, get_args

from common.domain.errors import InvalidRequest, NotFound, ProviderUnavailable
from common.domain.questions import Interval
from common.domain.source_names import UPLOAD
from common.redis.stores import RedisStores
from common.rpc.messages import CommandResult, Outcome, PricesCommand
from common.s3.price_store import PriceStore, StoredFacts
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.prices.renewal import REFRESH_AGAIN_AFTER, RefreshResult, lock_name


class PriceCommands:
    """Executes the commands. Its methods block for at most their time budget.

    Args:
        stores: the pointers to prices, and the locks.
        store: the stored prices.
        prices: fetches newer prices when the stored ones are no longer fresh.
        newest_prices: fetches newer prices at every call, except within minutes of the last one.
    """

    def __init__(self, stores: RedisStores, store: PriceStore, prices: PriceKeeper, newest_prices: PriceKeeper) -> None:
        self._stores = stores
        self._store = store
        self._prices = prices
        self._newest_prices = newest_prices

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command without waiting for the ticker's lock; return its result.

        Args:
            command: the command.
            budget_s: the time limit in seconds.
            is_first_try: False if the command was tried before and raised :class:`Locked`.

        Raises:
            Locked: another caller holds the lock; the command may be tried again.
            Failure: the command failed.
        """
        match command.action:
            case "track":
                return CommandResult(self.track(command.ticker, budget_s, lock_wait_s=0))
            case "refresh":
                done = self.refresh(command.ticker, budget_s, lock_wait_s=0, is_first_try=is_first_try)
                return CommandResult(done.outcome)
            case "untrack":
                return CommandResult(self.untrack(command.ticker, 0))
            case "upload" | "amend":
                raise InvalidRequest("action: this command needs a file.")
            case "company" | "news":
                raise InvalidRequest("action: this command is not about prices.")
            case _:
                assert_never(command.action)

    def track(self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None) -> Outcome:
        """Store fresh prices, unless there are some."""
        before = self._store.read_facts(ticker)
        if before is None:
            # The object may have been removed without its pointer, as by an operator.
            self._stores.price_notes.forget_prices_pointer(ticker)
        self._prices.ensure_fresh(ticker, budget_s, lock_wait_s=lock_wait_s)
        return _outcome_since(before)

    def refresh(
        self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None, is_first_try: bool = True
    ) -> RefreshResult:
        """Fetch newer prices, unless that was done minutes ago. An uploaded series stays as it is.

        The arguments are those of :meth:`PriceKeeper.look_for_newer`.

        Raises:
            Failure: no newer prices were fetched; the stored ones are unchanged.
        """
        lookup = self._newest_prices.look_for_newer(
            ticker, budget_s, lock_wait_s=lock_wait_s, is_first_try=is_first_try
        )
        if lookup.after.source == UPLOAD:
            return RefreshResult("kept", lookup.after, asked=False, changed=False)
        fetched_at = lookup.after.fetched_at
        if self._stores.clock.now() - fetched_at >= REFRESH_AGAIN_AFTER:
            reason = lookup.failure.detail if lookup.failure else "A refresh a moment ago found none either."
            raise ProviderUnavailable(
                f"No source gave newer prices of {ticker}; those fetched on {fetched_at:%Y-%m-%d} are kept. {reason}",
                retry_after_s=lookup.failure.retry_after_s if lookup.failure else None,
            )
        changed = lookup.before is None or lookup.before.version != lookup.after.version
        return RefreshResult(_outcome_since(lookup.before), lookup.after, asked=lookup.asked, changed=changed)

    def untrack(self, ticker: str, lock_wait_s: float) -> Outcome:
        """Remove the prices of every interval and the pointer to them.

        Raises:
            NotFound: no prices of any interval are stored.
        """
        with lock_all_intervals(self._stores, ticker, lock_wait_s):
            if not any(self._store.objects.read_facts(ticker, interval) for interval in get_args(Interval)):
                raise NotFound(f"No prices of {ticker} are stored.")
            self._store.objects.remove(ticker)
            self._stores.price_notes.forget_prices_pointer(ticker)
        return "removed"


@contextmanager
def lock_all_intervals(stores: RedisStores, ticker: str, wait_s: float) -> Iterator[None]:
    """Hold the locks of a ticker's prices of every interval during the block.

    Raises:
        Locked: another caller still held one of them after ``wait_s`` seconds.
    """
    give_up = time.monotonic() + wait_s
    with ExitStack() as locks:
        for interval in get_args(Interval):
            left_s = give_up - time.monotonic()
            locks.enter_context(stores.price_notes.lock_refresh(lock_name(ticker, interval), wait_s=left_s))
        yield


def _outcome_since(before: StoredFacts | None) -> Outcome:
    return "created" if before is None else "kept"
