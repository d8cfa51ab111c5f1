"""Keeps the stored daily prices fresh, and determines the revision to use."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from common.domain.errors import (
    BadData,
    Busy,
    Failure,
    ImplausiblePrices,
    ProviderUnavailable,
    Unavailable,
)
from common.domain.markets.dates import exchange_day, is_stale
from common.domain.prices import CorruptPrices, PriceSeries
from common.domain.source_names import UPLOAD
from common.redis.client.failures import RedisAway
from common.redis.price_notes import PricesPointer
from common.redis.stores import RedisStores
from common.s3.price_store import ObjectChanged, PriceStore, StoredFacts
from ingestion_service.prices.history import PriceHistory, drop_refusal_flag, make_refusal_flag
from ingestion_service.prices.renewal import REFRESH_AGAIN_AFTER
from ingestion_service.providers.access.combined_failures import combine_failures
from ingestion_service.providers.base import Provider
from ingestion_service.providers.sample import SAMPLE

NO_PRICES_MS = 10_000
"""Milliseconds for which a lack of prices is cached, so that concurrent requests cause one look-up."""
PROVIDER_TIMEOUT_S = 8.0
"""The most seconds of one provider's call; a request has time for several."""
MOST_REFRESH_TRIES = 3
"""The most tries of a refresh while the stored prices change during each of them."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LookupResult:
    """The result of a look-up.

    Args:
        before: the metadata of the prices that were stored before; None if there were none.
        after: the metadata of the prices that are stored now.
        asked: whether a provider was called.
        failure: the failure of the providers if the stored prices are used in spite of it.
    """

    before: StoredFacts | None
    after: StoredFacts
    asked: bool = field(default=False, compare=False)
    failure: Failure | None = field(default=None, compare=False)


class PriceKeeper:
    """Looks prices up: by the pointer in Redis first, then in the store, last at the providers in their order.

    Args:
        stores: the stores in Redis.
        store: the stored prices.
        providers: the providers in the order of calls.
        fresh_for: how long fetched prices count as fresh.
        provider_s: the most seconds for one provider, including the wait for a free call.
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

    def read_pointed_version(self, ticker: str) -> str | None:
        """Return the revision in the pointer in Redis; None if there is no pointer."""
        pointer = self._stores.price_notes.read_prices_pointer(ticker)
        return None if pointer is None else pointer.version

    def find_fresh_version(self, ticker: str) -> str | None:
        """Return the revision of the stored prices if they are fresh; None if a provider has to be called.

        Raises:
            Locked: the ticker's prices are being fetched or removed.
            Failure: the providers returned no prices a moment ago, or S3 or Redis cannot be reached.
        """
        pointed = self.read_pointed_version(ticker)
        if pointed is not None:
            return pointed
        with self._stores.price_notes.lock_refresh(ticker, wait_s=0):
            fresh = self._point_to_fresh_prices(ticker, self._store.read_facts(ticker), self._stores.clock.now())
            return None if fresh is None else fresh.revision

    def ensure_fresh(self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None) -> str:
        """Return the revision of the ticker's stored prices; fetch newer ones first if they are not fresh.

        Args:
            ticker: the ticker.
            budget_s: the time limit in seconds.
            lock_wait_s: the most seconds to wait for the ticker's lock; None is ``budget_s``.

        Raises:
            Locked: another caller held the lock for all this time.
            Failure: nothing is stored, and nothing could be fetched within ``budget_s`` seconds.
        """
        give_up = time.monotonic() + budget_s
        pointed = self.read_pointed_version(ticker)
        if pointed is not None:
            return pointed
        with self._stores.price_notes.lock_refresh(ticker, wait_s=budget_s if lock_wait_s is None else lock_wait_s):
            return self.read_pointed_version(ticker) or self._look_up(ticker, give_up).after.revision

    def look_for_newer(
        self, ticker: str, budget_s: float, *, lock_wait_s: float | None = None, is_first_try: bool = True
    ) -> LookupResult:
        """Fetch newer prices if the stored ones are not fresh, even while a pointer to them is valid.

        Of several concurrent callers one fetches, and the others return its result. For this, a caller that tries again
        after :class:`Locked` must pass ``is_first_try=False``.

        Args:
            ticker: the ticker.
            budget_s: the time limit in seconds.
            lock_wait_s: the most seconds to wait for the ticker's lock; None is ``budget_s``.
            is_first_try: whether to ignore a valid pointer.

        Raises:
            Locked: another caller held the lock for all this time.
            Failure: nothing is stored, and nothing could be fetched within ``budget_s`` seconds.
        """
        give_up = time.monotonic() + budget_s
        if is_first_try:
            self._stores.price_notes.forget_prices_pointer(ticker)
        with self._stores.price_notes.lock_refresh(ticker, wait_s=budget_s if lock_wait_s is None else lock_wait_s):
            if self._stores.price_notes.read_prices_pointer(ticker) and (facts := self._store.read_facts(ticker)):
                return LookupResult(facts, facts)
            return self._look_up(ticker, give_up)

    def _look_up(self, ticker: str, give_up: float) -> LookupResult:
        """Read the store, and call the providers if its prices are not fresh; repeat if the store changes meanwhile."""
        for _ in range(MOST_REFRESH_TRIES):
            facts = self._store.read_facts(ticker)
            now = self._stores.clock.now()
            fresh = self._point_to_fresh_prices(ticker, facts, now)
            if fresh is not None:
                return LookupResult(facts, fresh)
            try:
                return self._refresh_or_keep(ticker, facts, now, give_up)
            except ObjectChanged:
                if time.monotonic() >= give_up:
                    break
        raise Busy(f"The prices of {ticker} are being refreshed by another request. Try again in a moment.")

    def _point_to_fresh_prices(self, ticker: str, facts: StoredFacts | None, now: datetime) -> StoredFacts | None:
        """Set the pointer if the stored prices are fresh, and return their metadata; else return None.

        An uploaded series is always fresh, because no provider continues it.

        Raises:
            Failure: nothing is stored, and the providers returned no prices a moment ago; or an uploaded series is
                damaged.
        """
        if facts is None:
            if known := self._stores.price_notes.read_no_prices_failure(ticker):
                raise known
            return None
        if facts.source == UPLOAD:
            self._require_usable_upload(ticker, facts)
            self._set_pointer(ticker, facts, self._fresh_for)
            return facts
        if not self._is_fresh(ticker, facts, now):
            return None
        self._set_pointer(ticker, facts, facts.fetched_at + self._find_freshness_period(ticker, facts, now) - now)
        return facts

    def _require_usable_upload(self, ticker: str, facts: StoredFacts) -> None:
        """Raise :class:`ImplausiblePrices` if an uploaded series is damaged: no provider's prices replace it."""
        if not self._is_usable(ticker, facts):
            raise ImplausiblePrices(f"The uploaded prices of {ticker} are damaged. Upload them again.")

    def _refresh_or_keep(self, ticker: str, facts: StoredFacts | None, now: datetime, give_up: float) -> LookupResult:
        """Fetch newer prices; without success, keep the stored ones if they can be used."""
        try:
            return LookupResult(facts, self._refresh(ticker, facts, now, give_up), asked=True)
        except Failure as failure:
            if facts is None and isinstance(failure, BadData):
                self._stores.price_notes.note_no_prices(ticker, failure, NO_PRICES_MS)
            if facts is None or not self._is_usable(ticker, facts):
                raise
            kept = self._add_flag(ticker, facts, make_refusal_flag(failure, exchange_day(now, ticker)))
            self._set_pointer(ticker, kept, REFRESH_AGAIN_AFTER)
            return LookupResult(facts, kept, asked=True, failure=failure)

    def _refresh(self, ticker: str, facts: StoredFacts | None, now: datetime, give_up: float) -> StoredFacts:
        history = PriceHistory(self._store, ticker, self._read_binding_prices(ticker, facts), now)
        series, is_newest = self._fetch_best(history, now, give_up)
        written = self._store.write(series, fetched_at=now, replacing=facts)
        self._set_pointer(ticker, written, self._fresh_for if is_newest else REFRESH_AGAIN_AFTER)
        return written

    def _add_flag(self, ticker: str, facts: StoredFacts, flag: str | None) -> StoredFacts:
        """Add ``flag`` to the stored prices without changing their age; ignore a failure to do so."""
        if flag is None or flag in facts.flags:
            return facts
        try:
            stored = self._store.read(ticker)
            if stored is None:
                return facts
            series = replace(stored.series, flags=(*drop_refusal_flag(facts.flags), flag))
            return self._store.write(series, fetched_at=facts.fetched_at, replacing=facts)
        except (Busy, CorruptPrices, ObjectChanged):
            return facts

    def _read_binding_prices(self, ticker: str, facts: StoredFacts | None) -> PriceSeries | None:
        """Return the stored prices that new ones must agree with; None for sample or damaged prices."""
        if facts is None or facts.source == SAMPLE or not self._is_usable(ticker, facts):
            return None
        try:
            stored = self._store.read(ticker)
        except CorruptPrices:
            return None
        return stored.series if stored else None

    def _set_pointer(self, ticker: str, facts: StoredFacts, for_time: timedelta) -> None:
        pointer = PricesPointer(facts.revision, facts.last)
        self._stores.price_notes.set_prices_pointer(ticker, pointer, int(for_time.total_seconds() * 1000))

    def _is_usable(self, ticker: str, facts: StoredFacts) -> bool:
        return bool(facts.version) and not self._stores.price_notes.is_invalidated(ticker, facts.revision)

    def _is_fresh(self, ticker: str, facts: StoredFacts, now: datetime) -> bool:
        """Return whether no newer prices are needed. The sample is never fresh, so that a real source replaces it."""
        is_young = now - facts.fetched_at < self._find_freshness_period(ticker, facts, now)
        return is_young and facts.source != SAMPLE and self._is_usable(ticker, facts)

    def _find_freshness_period(self, ticker: str, facts: StoredFacts, now: datetime) -> timedelta:
        """Return for how long prices count as fresh after their fetch: stale ones only for a short time."""
        is_old = is_stale(facts.last, exchange_day(now, ticker))
        return min(REFRESH_AGAIN_AFTER, self._fresh_for) if is_old else self._fresh_for

    def _fetch_best(self, history: PriceHistory, now: datetime, give_up: float) -> tuple[PriceSeries, bool]:
        """Call the providers in turn until one returns prices that are not stale.

        Returns:
            The series, the latest one if all are stale; and whether no provider has newer prices, which is False for
            the sample and if a provider could not be called.
        """
        found: list[PriceSeries] = []
        failures: list[Failure] = []
        for provider in self._providers:
            if history.has_real_prices and provider.name == SAMPLE:
                continue
            left_s = give_up - time.monotonic()
            if left_s <= 0:
                failures.append(ProviderUnavailable(f"There was no time left to ask {provider.name}."))
                continue
            try:
                found.append(history.fetch_from(provider, min(self._provider_s, left_s)))
            except RedisAway:
                raise  # this is not the provider's failure, and the next call would fail as well
            except Failure as failure:
                _log_failure(history.ticker, provider, failure)
                failures.append(failure)
            else:
                if not is_stale(found[-1].last, exchange_day(now, history.ticker)):
                    return found[-1], True
        if not found:
            raise combine_failures(failures, [provider.name for provider in self._providers])
        best = max(found, key=lambda series: (series.source != SAMPLE, series.last))
        return best, best.source != SAMPLE and not any(isinstance(failure, Unavailable) for failure in failures)


def _log_failure(ticker: str, provider: Provider, failure: Failure) -> None:
    extra = {"ticker": ticker, "source": provider.name, "code": failure.code}
    _log.warning("a provider returned no prices: %s", failure, extra=extra)
