"""The stored history of one ticker, and what may go on from it or take its place."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from common.domain.dates import exchange_day
from common.domain.errors import Busy, Failure, ImplausiblePrices, ProviderUnavailable, TooLittleData
from common.domain.prices import HISTORY_YEARS, PriceSeries
from common.s3.price_store import PriceStore
from ingestion_service.prices.checks import checked_rows, checked_series
from ingestion_service.prices.missing_days import continued, with_missing_days
from ingestion_service.prices.reconciliation import (
    OVERLAP,
    agrees_in_overlap,
    contradiction,
    foreign_contradiction,
    loses_history,
    only_after,
)
from ingestion_service.providers.base import Provider

_log = logging.getLogger(__name__)
REFUSED = "newer prices were refused on"


class Contradicted(ProviderUnavailable):
    """A source gave prices that contradict the stored ones."""


class PriceHistory:
    """Never lets a good series be replaced by a worse one; where none is stored, any that passes the checks will do.

    It is made for one refresh, under the ticker's lock.
    """

    def __init__(self, store: PriceStore, ticker: str, stored: PriceSeries | None, now: datetime) -> None:
        self.ticker = ticker
        self._store = store
        self._stored = replace(stored, flags=without_refusal(stored.flags)) if stored else None
        self._now = now
        self._since = (now - timedelta(days=round(HISTORY_YEARS * 365.25))).date()

    @property
    def binds(self) -> bool:
        """Whether there are real prices that new ones must be at least as good as."""
        return self._stored is not None

    def fetched_from(self, provider: Provider, timeout_s: float) -> PriceSeries:
        """Ask a provider for what may be stored now, in at most ``timeout_s``; raises as :class:`Provider` says."""
        give_up = time.monotonic() + timeout_s
        if self._stored is None:
            return self._whole(provider, give_up)
        if provider.name != self._stored.source:
            return self._replaced(provider, self._stored, give_up)
        return self._continued(provider, self._stored, give_up)

    def _whole(self, provider: Provider, give_up: float) -> PriceSeries:
        left_s = give_up - time.monotonic()
        return checked_series(provider.fetch(self.ticker, since=self._since, timeout_s=left_s), self._now)

    def _replaced(self, provider: Provider, stored: PriceSeries, give_up: float) -> PriceSeries:
        """Another source's series, where it is ahead of the stored one, goes back as far and has the same closes."""
        whole = self._whole(provider, give_up)
        if whole.last <= stored.last or loses_history(stored, whole, self._since):
            raise TooLittleData(f"The source {provider.name} has no newer or no longer history of {self.ticker}.")
        if foreign_contradiction(stored, whole, self._since):
            raise _contradicted(provider.name, self.ticker)
        return whole

    def _continued(self, provider: Provider, stored: PriceSeries, give_up: float) -> PriceSeries:
        """The stored series and what is new since; all of it anew where the two do not fit together."""
        left_s = give_up - time.monotonic()
        fetched = provider.fetch(self.ticker, since=stored.last - OVERLAP, timeout_s=left_s)
        recent = checked_rows(fetched, self._now)
        if agrees_in_overlap(stored, recent):
            dropped = stored.dropped + checked_rows(only_after(fetched, stored.last), self._now).dropped
            return checked_series(replace(continued(stored, recent), dropped=dropped), self._now)
        whole = self._whole(provider, give_up)
        reason = contradiction(stored, whole, self._since)
        merged = with_missing_days(whole, stored, self._since) if reason is None else None
        if merged:
            return checked_series(merged, self._now)
        self._quarantine(whole, reason or "it lacks days around which it has no constant factor to the stored prices")
        raise _contradicted(provider.name, self.ticker)

    def _quarantine(self, series: PriceSeries, reason: str) -> None:
        extra = {"ticker": self.ticker, "source": series.source}
        _log.warning("a series was quarantined: %s", reason, extra=extra)
        try:
            self._store.quarantine(series, self._now)
        except Busy:
            _log.warning("the quarantined series could not be stored", extra=extra)


def without_refusal(flags: Iterable[str]) -> tuple[str, ...]:
    """Return the flags of a series without the one that newer prices were refused."""
    return tuple(flag for flag in flags if not flag.startswith(REFUSED))


def refusal(failure: Failure, now: datetime) -> str | None:
    """Return the flag for stored prices that stay because newer ones failed the checks; None for other failures."""
    day = f"{REFUSED} {exchange_day(now):%Y-%m-%d}"
    if isinstance(failure, ImplausiblePrices):
        return f"{day}: their unit or size is implausible"
    return f"{day}: they contradict the stored ones" if isinstance(failure, Contradicted) else None


def _contradicted(source: str, ticker: str) -> Contradicted:
    return Contradicted(f"The source {source} contradicts the stored prices of {ticker}.")
