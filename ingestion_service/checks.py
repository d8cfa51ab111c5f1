"""What every series must pass before it is stored: one list of small steps, each pure.

A row that cannot be right is dropped, and counted in ``dropped``; what may be right is kept, and named in ``flags``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd

from common.errors import ProviderUnavailable
from common.plausibility import plausible_series
from common.price_jumps import jump_days
from common.prices import PriceSeries, trades_at_weekends
from ingestion_service.sessions import last_settled_day

PRICES = ["open", "high", "low", "close", "adj_close"]
SLIGHT = 0.02
"""By so much an open or a close may lie outside of low and high and still be a rounding or a late print."""
EARLIEST = pd.Timestamp("1900-01-01")
"""No source has daily prices from before: such a date is a mistake, and far back calendars end."""
MOST_FLAGS = 5

Step = Callable[[PriceSeries], PriceSeries]


def checked_series(series: PriceSeries, now: datetime) -> PriceSeries:
    """Return ``series`` as it may be stored at the moment ``now``.

    Raises:
        ProviderUnavailable: the source contradicts itself, so that another one should be asked.
        TooLittleData: fewer rows are left than a forecast needs.
        ImplausiblePrices: the closes seem to change their unit, or lie beyond every sensible range.
    """
    return _passed(checked_rows(series, now), SERIES_STEPS)


def checked_rows(series: PriceSeries, now: datetime) -> PriceSeries:
    """Return the rows of ``series``, a part of a history, as far as they may be used; raises as above."""
    return _passed(without_unsettled_days(sorted_by_date(series), now), ROW_STEPS)


def sorted_by_date(series: PriceSeries) -> PriceSeries:
    """Name each row by its day, without a time, and put the oldest first."""
    days = pd.DatetimeIndex(pd.DatetimeIndex(series.frame.index).normalize().to_numpy(), name="date")
    return replace(series, frame=series.frame.set_axis(days).sort_index(kind="stable"))


def without_unsettled_days(series: PriceSeries, now: datetime) -> PriceSeries:
    """Drop what is of a session that is still open, or of a day to come; not counted, as nothing is wrong with it."""
    index = pd.DatetimeIndex(series.frame.index)
    newest = last_settled_day(now, every_day=trades_at_weekends(index))
    return replace(series, frame=series.frame[index <= pd.Timestamp(newest)])


def without_impossible_days(series: PriceSeries) -> PriceSeries:
    """Drop each row that is dated before there were daily prices."""
    return _kept(series, np.asarray(series.frame.index >= EARLIEST))


def without_bad_prices(series: PriceSeries) -> PriceSeries:
    """Drop each row in which a price is missing, infinite, zero or negative."""
    prices = series.frame[PRICES].to_numpy()
    return _kept(series, (np.isfinite(prices) & (prices > 0)).all(axis=1))


def with_known_volumes(series: PriceSeries) -> PriceSeries:
    """Write 0 where a volume is missing or impossible: indices and currencies have none, and nothing depends on it."""
    volume = series.frame["volume"]
    known = volume.where(np.isfinite(volume) & (volume >= 0), 0.0)
    return replace(series, frame=series.frame.assign(volume=known + 0.0))  # -0.0 is written with its sign


def without_duplicates(series: PriceSeries) -> PriceSeries:
    """Drop each row that repeats another exactly; refuse two rows of one day that differ."""
    repeated = series.frame.reset_index().duplicated().to_numpy()
    kept = _kept(series, ~repeated)
    if kept.frame.index.has_duplicates:
        raise ProviderUnavailable(f"The price source gave two different prices of {series.ticker} for one day.")
    return kept


def without_partial_end(series: PriceSeries) -> PriceSeries:
    """Drop a last row that stands still without a trade, where the one before it has some: it is not finished."""
    last = series.frame.iloc[-2:]
    if len(last) < 2 or last["volume"].iloc[0] == 0 or last["volume"].iloc[1] > 0:
        return series
    stands_still = last.iloc[1][["open", "high", "low", "close"]].nunique() == 1
    return _kept(series, np.arange(len(series)) < len(series) - 1) if stands_still else series


def with_ranges_around_prices(series: PriceSeries) -> PriceSeries:
    """Let low and high enclose open and close.

    Where they fail to by little, they are widened: the close, which is what is forecast, is as good as before. Where
    they fail to by more, nobody can tell which of the four is wrong, and the row is dropped.
    """
    frame = series.frame
    lowest, highest = frame[["open", "close"]].min(axis=1), frame[["open", "close"]].max(axis=1)
    slight = (lowest >= frame["low"] * (1 - SLIGHT)) & (highest <= frame["high"] * (1 + SLIGHT))
    widened = frame.assign(low=np.minimum(frame["low"], lowest), high=np.maximum(frame["high"], highest))
    return _kept(replace(series, frame=widened), slight.to_numpy())


def with_jumps_flagged(series: PriceSeries) -> PriceSeries:
    """Name the days on which prices jump. A crash can look like a split: nothing is changed."""
    others = [flag for flag in series.flags if not flag.startswith("looks like a split")]
    return replace(series, flags=(*others, *jump_flags(jump_days(series.frame))))


def jump_flags(days: Sequence[date] | pd.DatetimeIndex) -> tuple[str, ...]:
    """Say of each of the first days that it looks like a split, and how many more there are."""
    flags = [f"looks like a split on {day:%Y-%m-%d}" for day in days[:MOST_FLAGS]]
    more = [f"looks like a split on {len(days) - MOST_FLAGS} other days"] if len(days) > MOST_FLAGS else []
    return (*flags, *more)


def with_recent_years_only(series: PriceSeries) -> PriceSeries:
    """Drop what is older than the history that is kept."""
    return series.last_years() if len(series) else series


def with_enough_rows(series: PriceSeries) -> PriceSeries:
    """Refuse a series that is too short for a forecast."""
    series.require_rows()
    return series


ROW_STEPS: tuple[Step, ...] = (
    without_impossible_days,
    without_bad_prices,  # before the duplicates: a broken row contradicts nothing
    with_known_volumes,
    without_duplicates,
    without_partial_end,
    with_ranges_around_prices,
)
SERIES_STEPS: tuple[Step, ...] = (with_recent_years_only, plausible_series, with_enough_rows, with_jumps_flagged)


def _passed(series: PriceSeries, steps: tuple[Step, ...]) -> PriceSeries:
    for step in steps:
        series = step(series)
    return series


def _kept(series: PriceSeries, good: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> PriceSeries:
    dropped = len(series) - int(good.sum())
    return replace(series, frame=series.frame.loc[good], dropped=series.dropped + dropped)
