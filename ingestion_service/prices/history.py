"""The history of one ticker: which fetched prices may continue or replace the stored ones."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from common.domain.errors import Busy, Failure, ImplausiblePrices, ProviderUnavailable, TooLittleData
from common.domain.prices import HISTORY_YEARS, PriceSeries
from common.s3.price_store import PriceStore
from ingestion_service.prices.checks import check_rows, check_series
from ingestion_service.prices.missing_days import continue_series, retain_missing_days
from ingestion_service.prices.reconciliation import (
    OVERLAP,
    agrees_in_overlap,
    find_contradiction,
    find_contradiction_across_providers,
    loses_history,
    select_after,
)
from ingestion_service.providers.base import Provider

_log = logging.getLogger(__name__)
REFUSED = "newer prices were refused on"


class ContradictoryPrices(ProviderUnavailable):
    """The fetched prices contradict the stored ones."""


class PriceHistory:
    """The history of one ticker during one refresh, under the ticker's lock.

    A stored series is only replaced by one that is at least as good. If none is stored, any series that passes the
    checks is accepted.

    Args:
        store: the price store, for the quarantine.
        ticker: the ticker.
        stored: the stored series; None if there is none that counts.
        now: the current time (aware).
    """

    def __init__(self, store: PriceStore, ticker: str, stored: PriceSeries | None, now: datetime) -> None:
        self.ticker = ticker
        self._store = store
        self._stored = replace(stored, flags=drop_refusal_flag(stored.flags)) if stored else None
        self._now = now
        self._since = (now - timedelta(days=round(HISTORY_YEARS * 365.25))).date()

    @property
    def has_real_prices(self) -> bool:
        """Whether real prices are stored, which new ones must be at least as good as."""
        return self._stored is not None

    def fetch_from(self, provider: Provider, timeout_s: float) -> PriceSeries:
        """Fetch the series to store from a provider, in at most ``timeout_s`` seconds.

        Raises:
            ContradictoryPrices: the fetched prices contradict the stored ones.
            Failure: the provider has no usable prices; see :meth:`Provider.fetch` and :func:`check_series`.
        """
        give_up = time.monotonic() + timeout_s
        if self._stored is None:
            return self._fetch_whole(provider, give_up)
        if provider.name != self._stored.source:
            return self._fetch_replacement(provider, self._stored, give_up)
        return self._fetch_continuation(provider, self._stored, give_up)

    def _fetch_whole(self, provider: Provider, give_up: float) -> PriceSeries:
        left_s = give_up - time.monotonic()
        return check_series(provider.fetch(self.ticker, since=self._since, timeout_s=left_s), self._now)

    def _fetch_replacement(self, provider: Provider, stored: PriceSeries, give_up: float) -> PriceSeries:
        """Return another provider's series if it ends later, begins no later and has the same closes."""
        whole = self._fetch_whole(provider, give_up)
        if whole.last <= stored.last or loses_history(stored, whole, self._since):
            raise TooLittleData(f"The source {provider.name} has no newer or no longer history of {self.ticker}.")
        if find_contradiction_across_providers(stored, whole, self._since):
            raise _contradiction_by(provider.name, self.ticker)
        return whole

    def _fetch_continuation(self, provider: Provider, stored: PriceSeries, give_up: float) -> PriceSeries:
        """Return the stored series with the newer prices of the same provider; the whole history if the two differ."""
        left_s = give_up - time.monotonic()
        fetched = provider.fetch(self.ticker, since=stored.last - OVERLAP, timeout_s=left_s)
        recent = check_rows(fetched, self._now)
        if agrees_in_overlap(stored, recent):
            dropped = stored.dropped + check_rows(select_after(fetched, stored.last), self._now).dropped
            return check_series(replace(continue_series(stored, recent), dropped=dropped), self._now)
        whole = self._fetch_whole(provider, give_up)
        reason = find_contradiction(stored, whole, self._since)
        merged = retain_missing_days(whole, stored, self._since) if reason is None else None
        if merged:
            return check_series(merged, self._now)
        self._quarantine(whole, reason or "it lacks stored days, and differs around them by no constant factor")
        raise _contradiction_by(provider.name, self.ticker)

    def _quarantine(self, series: PriceSeries, reason: str) -> None:
        extra = {"ticker": self.ticker, "source": series.source}
        _log.warning("a fetched series was rejected and quarantined: %s", reason, extra=extra)
        try:
            self._store.quarantine(series, self._now)
        except Busy:
            _log.warning("the quarantined series could not be stored", extra=extra)


def drop_refusal_flag(flags: Iterable[str]) -> tuple[str, ...]:
    """Return the flags without the one about rejected newer prices."""
    return tuple(flag for flag in flags if not flag.startswith(REFUSED))


def make_refusal_flag(failure: Failure, today: date) -> str | None:
    """Return the flag for stored prices whose newer ones failed the checks; None if the failure has another cause."""
    day = f"{REFUSED} {today:%Y-%m-%d}"
    if isinstance(failure, ImplausiblePrices):
        return f"{day}: their unit or size is implausible"
    return f"{day}: they contradict the stored ones" if isinstance(failure, ContradictoryPrices) else None


def _contradiction_by(source: str, ticker: str) -> ContradictoryPrices:
    return ContradictoryPrices(f"The source {source} contradicts the stored prices of {ticker}.")
