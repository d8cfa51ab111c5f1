"""Keeps a ticker's intraday prices in the store, from the one provider of each interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from common.domain.errors import Busy, ProviderUnavailable, SourceConflict, TooLittleData
from common.domain.price_jumps import LEAST_SPLIT, looks_like_split
from common.domain.prices import flag_each_day
from common.domain.questions import Interval
from common.domain.source_names import UPLOAD
from common.redis.stores import RedisStores
from common.rpc.messages import Outcome
from common.s3.objects import DamagedObject, ObjectChanged, PriceObjects, SeriesDescription, StoredFacts
from ingestion_service.intraday.bars import LONGEST_HISTORY, Bar, check_bars, from_csv, to_csv
from ingestion_service.intraday.providers import MONTHS, FetchedBars, IntradayProvider
from ingestion_service.intraday.sessions import MISSING_HOURS, sessions_of
from ingestion_service.prices.checks import describe_jumps
from ingestion_service.prices.missing_days import KEPT, estimate_factors
from ingestion_service.prices.reconciliation import FEW, closes_contradict
from ingestion_service.prices.renewal import REFRESH_AGAIN_AFTER, RefreshResult, lock_name
from ingestion_service.splits import PRICES

LENGTHS: dict[Interval, timedelta] = {"5min": timedelta(minutes=5), "1h": timedelta(hours=1)}

REQUESTED_HISTORY = timedelta(days=333)
"""The shortest history that is requested: eleven months and the first days of the current one."""
_LEAST_MOVE = math.exp(LEAST_SPLIT)

KEY_SETTINGS: dict[Interval, str] = {"5min": "ALPHA_VANTAGE_API_KEY", "1h": "TWELVE_DATA_API_KEY"}


class IntradayKeeper:
    """Refreshes intraday prices, under one lock for each ticker and interval."""

    def __init__(
        self, stores: RedisStores, objects: PriceObjects, providers: Mapping[Interval, IntradayProvider]
    ) -> None:
        self._stores = stores
        self._objects = objects
        self._providers = providers

    def refresh(self, ticker: str, interval: Interval, wait_s: float) -> RefreshResult:
        """Fetch newer prices, unless that was done minutes ago; wait up to ``wait_s`` seconds for a running refresh.

        Raises:
            Failure: nothing was fetched; the stored prices are unchanged.
        """
        if interval not in self._providers:
            raise ProviderUnavailable(f"{interval} prices need a key: {KEY_SETTINGS[interval]}.")
        with self._stores.price_notes.lock_refresh(lock_name(ticker, interval), wait_s=wait_s):
            self._refuse_upload(ticker)
            facts = self._objects.read_facts(ticker, interval)
            now = self._stores.clock.now()
            if facts is None or now - facts.fetched_at >= REFRESH_AGAIN_AFTER:
                return self._fetch(ticker, interval, facts, now)
        return RefreshResult("kept", facts, asked=False, changed=False)

    def _refuse_upload(self, ticker: str) -> None:
        daily = self._objects.read_facts(ticker)
        if daily is not None and daily.source == UPLOAD:
            raise SourceConflict(f"The prices of {ticker} are uploaded. No source is asked for them.")

    def _fetch(self, ticker: str, interval: Interval, facts: StoredFacts | None, now: datetime) -> RefreshResult:
        provider = self._providers[interval]
        stored = self._read_stored(ticker, interval, provider)
        fetched = provider.fetch(ticker, stored, now)
        sessions = sessions_of(ticker, LENGTHS[interval], now) if interval == "1h" else None
        bars, dropped = check_bars(fetched.bars, now, LENGTHS[interval], sessions)
        if not bars:
            raise TooLittleData(f"{provider.name} has no {interval} prices of {ticker}.")
        if stored and loses_bars(stored, bars, now):
            raise ProviderUnavailable(f"{provider.name} returned fewer {interval} prices of {ticker} than are stored.")
        if stored and closes_contradict(_make_close_series(stored), _make_close_series(bars)):
            raise ProviderUnavailable(f"{provider.name} contradicts the stored {interval} prices of {ticker}.")
        missing = find_missing_bars(stored, bars, now)
        if missing is None:
            raise ProviderUnavailable(f"{provider.name} contradicts the stored {interval} prices of {ticker}.")
        merged = sorted([*bars, *missing])
        days = sorted({bar.time.date() for bar in missing})
        description = _describe_bars(merged, provider.name, fetched.currency, now, dropped)
        gaps = sessions.find_gaps(merged) if sessions else []
        flags = (*flag_each_day(KEPT, days), *flag_each_day(MISSING_HOURS, gaps), *description.flags)
        description = replace(description, flags=flags)
        try:
            written = self._objects.write(ticker, to_csv(merged), description, replacing=facts, interval=interval)
        except ObjectChanged as exc:
            raise Busy(
                f"The {interval} prices of {ticker} were written by another process meanwhile. Try again."
            ) from exc
        changed = facts is None or facts.version != written.version
        outcome: Outcome = "created" if facts is None else "kept"
        return RefreshResult(outcome, written, changed=changed, missing=_describe_missing_months(fetched))

    def _read_stored(self, ticker: str, interval: Interval, provider: IntradayProvider) -> list[Bar]:
        """Return the stored bars; none if they are damaged or of another source."""
        try:
            stored = self._objects.read(ticker, interval)
            return from_csv(stored.body) if stored and stored.facts.source == provider.name else []
        except (DamagedObject, ValueError, TypeError):
            return []


def loses_bars(stored: Sequence[Bar], bars: Sequence[Bar], now: datetime) -> bool:
    """Return whether ``bars`` begin later, end earlier or are fewer than the stored ones of the requested period."""
    before, after = ([bar for bar in some if bar.time >= now - REQUESTED_HISTORY] for some in (stored, bars))
    if bars[-1].time < stored[-1].time or len(after) < (1 - FEW) * len(before):
        return True
    return bool(before) and after[0].time.date() > before[0].time.date()


def find_missing_bars(stored: Sequence[Bar], bars: Sequence[Bar], now: datetime) -> list[Bar] | None:
    """Return the stored bars that ``bars`` lack, rescaled to their adjustment; None without a constant factor."""
    times = {bar.time for bar in bars}
    missing = [bar for bar in stored if bar.time not in times and now - LONGEST_HISTORY < bar.time < bars[-1].time]
    if not missing:
        return []
    factors = estimate_factors(_make_close_series(missing).index, _make_close_series(stored), _make_close_series(bars))
    if not np.isfinite(factors).all():
        return None
    return [
        bar._replace(**{name: getattr(bar, name) * factor for name in PRICES}, volume=bar.volume / factor)
        for bar, factor in zip(missing, factors.tolist(), strict=True)
    ]


def find_jumps(bars: Sequence[Bar]) -> list[date]:
    """Return the days on which the close jumps by the size of a split or of a new unit."""
    moves = ((bar.time.date(), max(bar.close / last.close, last.close / bar.close)) for last, bar in pairwise(bars))
    large = ((day, move) for day, move in moves if move > _LEAST_MOVE)
    return list(dict.fromkeys(day for day, move in large if looks_like_split(move)))


def _make_close_series(bars: Sequence[Bar]) -> pd.Series[float]:
    return pd.Series({bar.time.timestamp(): bar.close for bar in bars})


def _describe_missing_months(fetched: FetchedBars) -> str:
    if not fetched.missing:
        return ""
    return f"{fetched.missing} of {MONTHS} months are missing: {fetched.reason} The next refresh fetches them."


def _describe_bars(bars: Sequence[Bar], provider: str, currency: str, now: datetime, dropped: int) -> SeriesDescription:
    return SeriesDescription(
        source=provider,
        currency=currency,
        fetched_at=now,
        rows=len(bars),
        first=bars[0].time.date(),
        last=bars[-1].time.date(),
        last_close=bars[-1].close,
        previous_close=bars[-2].close if len(bars) > 1 else None,
        dropped=dropped,
        flags=describe_jumps(find_jumps(bars)),
    )
