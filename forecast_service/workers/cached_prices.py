"""The prices that a worker process read last."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from common.domain.prices import CorruptPrices, PriceSeries
from common.s3.price_store import PriceStore, StoredFacts, StoredSeries
from forecast_service.calls.output import PricesGone

CACHED_SERIES = 32
"""Ten years of prices take 150 kB."""
UNCHECKED_S = 60.0
"""Seconds for which prices of the expected revision are used without a call of S3. Only what the revision does not
cover can be out of date: the time of their last fetch, and a provider's splits."""


@dataclass(frozen=True)
class _CachedSeries:
    """A series, and when (monotonic seconds) S3 last confirmed that it is the stored one."""

    stored: StoredSeries
    confirmed_at: float


class CachedPrices:
    """Reads prices from S3, and keeps the series that were used last."""

    def __init__(self, store: PriceStore) -> None:
        self._store = store
        self._cached: dict[str, _CachedSeries] = {}  # the least recently used first

    def read(self, ticker: str, expected: str | None = None) -> StoredSeries:
        """Return the stored prices of a ticker.

        Args:
            ticker: the ticker.
            expected: the revision of the prices, if the caller knows it.

        Raises:
            PricesGone: the stored prices are missing or damaged.
            Busy: S3 cannot be reached or refuses.
        """
        cached = self._cached.get(ticker)
        if not (cached and cached.stored.facts.revision == expected and _is_recent(cached)):
            cached = self._check_or_read(ticker, cached.stored if cached else None)
        self._cached.pop(ticker, None)
        self._cached[ticker] = cached
        if len(self._cached) > CACHED_SERIES:
            del self._cached[next(iter(self._cached))]
        return cached.stored

    def _check_or_read(self, ticker: str, known: StoredSeries | None) -> _CachedSeries:
        """Return what S3 has now. While S3 is away, the cached series stays: the next order may name its revision."""
        try:
            return _CachedSeries(self._read(ticker, known), time.monotonic())
        except PricesGone:
            self._cached.pop(ticker, None)
            raise

    def _read(self, ticker: str, known: StoredSeries | None) -> StoredSeries:
        facts = self._store.read_facts(ticker) if known else None
        if known and facts and facts.version == known.facts.version:
            # The prices are unchanged, but a later fetch or upload may have changed the facts about them.
            return StoredSeries(facts, _with_facts(known.series, facts))
        try:
            stored = self._store.read(ticker)
        except CorruptPrices as exc:
            raise PricesGone(str(exc)) from exc
        if stored is None:
            raise PricesGone(f"no prices of {ticker} are stored")
        return stored


def _is_recent(cached: _CachedSeries) -> bool:
    return time.monotonic() - cached.confirmed_at < UNCHECKED_S


def _with_facts(series: PriceSeries, facts: StoredFacts) -> PriceSeries:
    """Return ``series`` with the newest facts about its prices."""
    return replace(
        series,
        source=facts.source,
        currency=facts.currency,
        dropped=facts.dropped,
        flags=facts.flags,
        splits=facts.splits,
    )
