"""Keeps a ticker's stored prices fresh, and says which version of them to use."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from common.domain.dates import exchange_day, is_stale
from common.domain.errors import (
    BadData,
    Busy,
    Failure,
    ProviderUnavailable,
    Unavailable,
)
from common.domain.prices import CorruptPrices, PriceSeries
from common.redis.client.failures import RedisAway
from common.redis.price_notes import PricesPointer
from common.redis.stores import RedisStores
from common.s3.price_store import PriceStore, StoredFacts, WrittenMeanwhile
from ingestion_service.prices.history import PriceHistory, refusal, without_refusal
from ingestion_service.prices.renewal import LOOK_AGAIN_AFTER
from ingestion_service.providers.access.source_failures import one_failure
from ingestion_service.providers.base import Provider
from ingestion_service.providers.sample import SAMPLE

NO_PRICES_MS = 10_000
"""How long a ticker without prices is not asked for again: those who asked at once need one answer."""
PROVIDER_TIMEOUT_S = 8.0
"""How long one call of a source may take; a request has time for some more."""
MOST_LOOKS = 3
"""The most times that the sources are asked where the stored prices change meanwhile each time."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LookedUp:
    """The version that was stored at the first look (None: nothing), and the one after it.

    ``asked`` is whether a source was asked; ``failure`` is the failure of the sources where older prices are used.
    """

    before: StoredFacts | None
    after: StoredFacts
    asked: bool = field(default=False, compare=False)
    failure: Failure | None = field(default=None, compare=False)


class PriceKeeper:
    """Looks at the pointer first, at the store next, and asks the providers in their order last.

    Each provider gets ``provider_s`` seconds, its waiting for others included.
    """

    def __init__(
        self,
        stores: RedisStores,
        store: PriceStore,
        providers: Sequence[Provider],
        fresh_for: timedelta,
        provider_s: float = PROVIDER_TIMEOUT_S,
    ) -> None:
        self._stores = stores
        self._store = store
        self._providers = providers
        self._fresh_for = fresh_for
        self._provider_s = provider_s

    def pointed_version(self, ticker: str) -> str | None:
        """Return the revision that a pointer in Redis names, or None where there is no pointer."""
        pointer = self._stores.price_notes.prices_pointer(ticker)
        return None if pointer is None else pointer.version

    def stored_version(self, ticker: str) -> str | None:
        """Return the revision of the stored prices where they are fresh, or None where a source has to be asked.

        Raises:
            Locked: the ticker's prices are being fetched or removed.
            Failure: the sources just returned no prices, or S3 or Redis cannot be reached.
        """
        pointed = self.pointed_version(ticker)
        if pointed is not None:
            return pointed
        with self._stores.price_notes.refreshing(ticker, wait_s=0):
            fresh = self._fresh_facts(ticker, self._store.facts(ticker), self._stores.clock.now())
            return None if fresh is None else fresh.revision

    def version(self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None) -> str:
        """Return the revision of the ticker's stored prices to use; fetch them where they are not fresh.

        Args:
            ticker: whose prices.
            budget_s: seconds for the whole.
            lock_wait_s: seconds to wait for the ticker's lock; None is as long as ``budget_s``.

        Raises:
            Locked: another caller held the lock all the time.
            Failure: nothing is stored, and nothing could be fetched within ``budget_s`` seconds.
        """
        give_up = time.monotonic() + budget_s
        pointed = self.pointed_version(ticker)
        if pointed is not None:
            return pointed
        with self._stores.price_notes.refreshing(ticker, wait_s=budget_s if lock_wait_s is None else lock_wait_s):
            return self.pointed_version(ticker) or self._looked_up(ticker, give_up).after.revision

    def looked_up(
        self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None, is_first_try: bool = True
    ) -> LookedUp:
        """Look for newer prices where the stored ones are not fresh, even while a pointer to them is valid.

        Of several that do so at once one looks, and the others return what that one found. A caller that tries again
        after :class:`Locked` says that it is not its first try, so that it is one of the others.

        Raises:
            Locked: another caller held the lock all the time; see :meth:`version`.
            Failure: nothing is stored, and nothing could be fetched within ``budget_s`` seconds.
        """
        give_up = time.monotonic() + budget_s
        if is_first_try:
            self._stores.price_notes.forget_prices_pointer(ticker)
        with self._stores.price_notes.refreshing(ticker, wait_s=budget_s if lock_wait_s is None else lock_wait_s):
            if self._stores.price_notes.prices_pointer(ticker) and (facts := self._store.facts(ticker)):
                return LookedUp(facts, facts)
            return self._looked_up(ticker, give_up)

    def _looked_up(self, ticker: str, give_up: float) -> LookedUp:
        """Look at the store, and ask the sources where its prices are not fresh; again where the store has changed."""
        for _ in range(MOST_LOOKS):
            facts = self._store.facts(ticker)
            now = self._stores.clock.now()
            fresh = self._fresh_facts(ticker, facts, now)
            if fresh is not None:
                return LookedUp(facts, fresh)
            try:
                return self._renewed(ticker, facts, now, give_up)
            except WrittenMeanwhile:
                if time.monotonic() >= give_up:
                    break
        raise Busy(f"The prices of {ticker} are being refreshed by another request. Try again in a moment.")

    def _fresh_facts(self, ticker: str, facts: StoredFacts | None, now: datetime) -> StoredFacts | None:
        """Return the facts, and point to them, where they are fresh; None where a source has to be asked.

        Raises:
            Failure: nothing is stored, and the sources just returned no prices.
        """
        if facts is None:
            if known := self._stores.price_notes.why_no_prices(ticker):
                raise known
            return None
        if not self._is_fresh(ticker, facts, now):
            return None
        self._point(ticker, facts, facts.fetched_at + self._fresh_for_at(facts, now) - now)
        return facts

    def _renewed(self, ticker: str, facts: StoredFacts | None, now: datetime, give_up: float) -> LookedUp:
        """Return the facts of newer prices, or of the stored ones where none came and those can be used."""
        try:
            return LookedUp(facts, self._refreshed(ticker, facts, now, give_up), asked=True)
        except Failure as failure:
            if facts is None and isinstance(failure, BadData):
                self._stores.price_notes.note_no_prices(ticker, failure, NO_PRICES_MS)
            if facts is None or not self._is_usable(ticker, facts):
                raise
            kept = self._flagged(ticker, facts, refusal(failure, now))
            self._point(ticker, kept, LOOK_AGAIN_AFTER)
            return LookedUp(facts, kept, asked=True, failure=failure)

    def _refreshed(self, ticker: str, facts: StoredFacts | None, now: datetime, give_up: float) -> StoredFacts:
        history = PriceHistory(self._store, ticker, self._stored(ticker, facts), now)
        series, is_newest = self._fetched(history, now, give_up)
        written = self._store.write(series, fetched_at=now, replacing=facts)
        self._point(ticker, written, self._fresh_for if is_newest else LOOK_AGAIN_AFTER)
        return written

    def _flagged(self, ticker: str, facts: StoredFacts, flag: str | None) -> StoredFacts:
        """Add ``flag`` to the stored prices, which stay as old as they are; without success, they stay without it."""
        if flag is None or flag in facts.flags:
            return facts
        try:
            stored = self._store.read(ticker)
            if stored is None:
                return facts
            series = replace(stored.series, flags=(*without_refusal(facts.flags), flag))
            return self._store.write(series, fetched_at=facts.fetched_at, replacing=facts)
        except (Busy, CorruptPrices, WrittenMeanwhile):
            return facts

    def _stored(self, ticker: str, facts: StoredFacts | None) -> PriceSeries | None:
        """The stored prices that new ones must go on from; the sample and what is damaged bind nobody."""
        if facts is None or facts.source == SAMPLE or not self._is_usable(ticker, facts):
            return None
        try:
            stored = self._store.read(ticker)
        except CorruptPrices:
            return None
        return stored.series if stored else None

    def _point(self, ticker: str, facts: StoredFacts, for_time: timedelta) -> None:
        pointer = PricesPointer(facts.revision, facts.last)
        self._stores.price_notes.set_prices_pointer(ticker, pointer, int(for_time.total_seconds() * 1000))

    def _is_usable(self, ticker: str, facts: StoredFacts) -> bool:
        return bool(facts.version) and not self._stores.price_notes.is_invalidated(ticker, facts.revision)

    def _is_fresh(self, ticker: str, facts: StoredFacts, now: datetime) -> bool:
        """The sample is never fresh: a real source replaces it as soon as one is there."""
        young = now - facts.fetched_at < self._fresh_for_at(facts, now)
        return young and facts.source != SAMPLE and self._is_usable(ticker, facts)

    def _fresh_for_at(self, facts: StoredFacts, now: datetime) -> timedelta:
        """Old prices are fresh for a moment only, unless a pointer says that no source has newer ones."""
        is_old = is_stale(facts.last, exchange_day(now))
        return min(LOOK_AGAIN_AFTER, self._fresh_for) if is_old else self._fresh_for

    def _fetched(self, history: PriceHistory, now: datetime, give_up: float) -> tuple[PriceSeries, bool]:
        """Ask the providers in turn until one is up to date; else take what ends last.

        Whether there are no newer ones is said with it: not of the sample, and not where a source could not be asked.
        """
        found: list[PriceSeries] = []
        failures: list[Failure] = []
        for provider in self._providers:
            if history.binds and provider.name == SAMPLE:
                continue
            left_s = give_up - time.monotonic()
            if left_s <= 0:
                failures.append(ProviderUnavailable(f"There was no time left to ask {provider.name}."))
                continue
            try:
                found.append(history.fetched_from(provider, min(self._provider_s, left_s)))
            except RedisAway:
                raise  # it is not the source's failure, and the next one could not be asked either
            except Failure as failure:
                _log_failure(history.ticker, provider, failure)
                failures.append(failure)
            else:
                if not is_stale(found[-1].last, exchange_day(now)):
                    return found[-1], True
        if not found:
            raise one_failure(failures, [provider.name for provider in self._providers])
        best = max(found, key=lambda series: (series.source != SAMPLE, series.last))
        return best, best.source != SAMPLE and not any(isinstance(failure, Unavailable) for failure in failures)


def _log_failure(ticker: str, provider: Provider, failure: Failure) -> None:
    extra = {"ticker": ticker, "source": provider.name, "code": failure.code}
    _log.warning("a source returned no prices: %s", failure, extra=extra)
