"""Keeps a ticker's prices within the day in the store, from the one source of each interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from common.domain.errors import Busy, ProviderUnavailable, TooLittleData
from common.domain.price_jumps import LEAST_SPLIT, looks_like_split
from common.domain.prices import flags_of_days
from common.domain.questions import Interval
from common.redis.stores import RedisStores
from common.rpc.messages import Outcome
from common.s3.objects import DamagedObject, Description, PriceObjects, StoredFacts, WrittenMeanwhile
from ingestion_service.intraday.bars import LONGEST_HISTORY, Bar, checked_bars, from_csv, to_csv
from ingestion_service.intraday.sources import MONTHS, FetchedBars, IntradaySource
from ingestion_service.prices.checks import jump_flags
from ingestion_service.prices.missing_days import KEPT, factors_at
from ingestion_service.prices.reconciliation import FEW, closes_contradict
from ingestion_service.prices.renewal import LOOK_AGAIN_AFTER, Refreshed, lock_of
from ingestion_service.splits import PRICES

LENGTHS: dict[Interval, timedelta] = {"5min": timedelta(minutes=5), "1h": timedelta(hours=1)}

ASKED_FOR = timedelta(days=333)
"""The shortest history that is requested: eleven months, where the twelfth has just begun."""
_LEAST_MOVE = math.exp(LEAST_SPLIT)

KEYS: dict[Interval, str] = {"5min": "ALPHA_VANTAGE_API_KEY", "1h": "TWELVE_DATA_API_KEY"}


class IntradayKeeper:
    """Refreshes under a lock of its own; ``sources`` are by interval."""

    def __init__(self, stores: RedisStores, objects: PriceObjects, sources: Mapping[Interval, IntradaySource]) -> None:
        self._stores = stores
        self._objects = objects
        self._sources = sources

    def refresh(self, ticker: str, interval: Interval, wait_s: float) -> Refreshed:
        """Fetch newer prices, unless that was done a moment ago; wait up to ``wait_s`` for a refresh under way.

        Raises:
            Failure: nothing was fetched; the stored prices are unchanged.
        """
        if interval not in self._sources:
            raise ProviderUnavailable(f"{interval} prices need a key: {KEYS[interval]}.")
        with self._stores.price_notes.refreshing(lock_of(ticker, interval), wait_s=wait_s):
            facts = self._objects.facts(ticker, interval)
            now = self._stores.clock.now()
            if facts is None or now - facts.fetched_at >= LOOK_AGAIN_AFTER:
                return self._fetched(ticker, interval, facts, now)
        return Refreshed("kept", facts, asked=False, changed=False)

    def _fetched(self, ticker: str, interval: Interval, facts: StoredFacts | None, now: datetime) -> Refreshed:
        source = self._sources[interval]
        stored = self._stored(ticker, interval, source)
        fetched = source.fetch(ticker, stored, now)
        bars, dropped = checked_bars(fetched.bars, now, LENGTHS[interval])
        if not bars:
            raise TooLittleData(f"{source.name} has no {interval} prices of {ticker}.")
        if stored and loses_bars(stored, bars, now):
            raise ProviderUnavailable(f"{source.name} returned fewer {interval} prices of {ticker} than are stored.")
        if stored and closes_contradict(_closes(stored), _closes(bars)):
            raise ProviderUnavailable(f"{source.name} contradicts the stored {interval} prices of {ticker}.")
        missing = missing_bars(stored, bars, now)
        if missing is None:
            raise ProviderUnavailable(f"{source.name} contradicts the stored {interval} prices of {ticker}.")
        merged = sorted([*bars, *missing])
        days = sorted({bar.time.date() for bar in missing})
        description = _described(merged, source.name, fetched.currency, now, dropped)
        description = replace(description, flags=(*flags_of_days(KEPT, days), *description.flags))
        try:
            written = self._objects.write(ticker, to_csv(merged), description, replacing=facts, interval=interval)
        except WrittenMeanwhile as exc:
            raise Busy(
                f"The {interval} prices of {ticker} were written by another process meanwhile. Try again."
            ) from exc
        changed = facts is None or facts.version != written.version
        outcome: Outcome = "created" if facts is None else "kept"
        return Refreshed(outcome, written, changed=changed, missing=_missing_words(fetched))

    def _stored(self, ticker: str, interval: Interval, source: IntradaySource) -> list[Bar]:
        """Return the bars stored from the same source; none where they are damaged or of another source."""
        try:
            stored = self._objects.read(ticker, interval)
            return from_csv(stored.body) if stored and stored.facts.source == source.name else []
        except (DamagedObject, ValueError, TypeError):
            return []


def loses_bars(stored: Sequence[Bar], bars: Sequence[Bar], now: datetime) -> bool:
    """Whether ``bars`` begin later, end earlier or are fewer than the stored ones, as far as those were asked for."""
    before, after = ([bar for bar in some if bar.time >= now - ASKED_FOR] for some in (stored, bars))
    if bars[-1].time < stored[-1].time or len(after) < (1 - FEW) * len(before):
        return True
    return bool(before) and after[0].time.date() > before[0].time.date()


def missing_bars(stored: Sequence[Bar], bars: Sequence[Bar], now: datetime) -> list[Bar] | None:
    """Return the stored bars that ``bars`` lack, in the adjustment of these; None where the factor is not constant."""
    times = {bar.time for bar in bars}
    missing = [bar for bar in stored if bar.time not in times and now - LONGEST_HISTORY < bar.time < bars[-1].time]
    if not missing:
        return []
    factors = factors_at(_closes(missing).index, _closes(stored), _closes(bars))
    if not np.isfinite(factors).all():
        return None
    return [
        bar._replace(**{name: getattr(bar, name) * factor for name in PRICES}, volume=bar.volume / factor)
        for bar, factor in zip(missing, factors.tolist(), strict=True)
    ]


def jumps_within(bars: Sequence[Bar]) -> list[date]:
    """Return the days on which the close jumps as by a split, or by a factor of 100."""
    moves = ((bar.time.date(), max(bar.close / last.close, last.close / bar.close)) for last, bar in pairwise(bars))
    large = ((day, move) for day, move in moves if move > _LEAST_MOVE)
    return list(dict.fromkeys(day for day, move in large if looks_like_split(move)))


def _closes(bars: Sequence[Bar]) -> pd.Series[float]:
    return pd.Series({bar.time.timestamp(): bar.close for bar in bars})


def _missing_words(fetched: FetchedBars) -> str:
    if not fetched.missing:
        return ""
    return f"{fetched.missing} of {MONTHS} months are missing: {fetched.reason} The next refresh fetches them."


def _described(bars: Sequence[Bar], source: str, currency: str, now: datetime, dropped: int) -> Description:
    return Description(
        source=source,
        currency=currency,
        fetched_at=now,
        rows=len(bars),
        first=bars[0].time.date(),
        last=bars[-1].time.date(),
        last_close=bars[-1].close,
        previous_close=bars[-2].close if len(bars) > 1 else None,
        dropped=dropped,
        flags=jump_flags(jumps_within(bars)),
    )
