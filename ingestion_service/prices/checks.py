"""What every series must pass before it is stored: one list of small steps, each pure.

A row that cannot be right is dropped, and counted in ``dropped``; what may be right is kept, and named in ``flags``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd

from common.domain.errors import ProviderUnavailable
from common.domain.plausibility import plausible_series
from common.domain.price_jumps import jump_days
from common.domain.prices import PriceSeries, flag_of_days, flags_of_days, merged_flags, trades_at_weekends
from ingestion_service.prices.auxiliary_columns import (
    with_absent_cells_flagged,
    with_ranges_around_prices,
    with_usable_cells_only,
)
from ingestion_service.prices.sessions import last_settled_day

PRICES = ["open", "high", "low", "close", "adj_close"]
SAME_CLOSE = 1e-5
"""Relative; two rows of one day with closes this near differ by a float's rounding only."""
EARLIEST = pd.Timestamp("1900-01-01")
"""No source has daily prices from before: such a date is a mistake, and far back calendars end."""

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


def without_bad_closes(series: PriceSeries) -> PriceSeries:
    """Drop each row whose close is missing, infinite, zero or negative. Faults in other columns cost those alone."""
    closes = series.frame["close"].to_numpy()
    return _kept(series, np.isfinite(closes) & (closes > 0))


def with_known_volumes(series: PriceSeries) -> PriceSeries:
    """Write 0 where a volume is missing, as indices and currencies have none, or impossible, which is flagged."""
    volume = series.frame["volume"]
    impossible = (volume < 0) | np.isinf(volume)
    known = volume.mask(impossible | volume.isna(), 0.0)
    flags = flag_of_days("impossible volume on", pd.DatetimeIndex(series.frame.index[impossible]))
    frame = series.frame.assign(volume=known + 0.0)  # -0.0 is written with its sign
    return replace(series, frame=frame, flags=merged_flags(series.flags, flags))


def without_duplicates(series: PriceSeries) -> PriceSeries:
    """Keep one row a day: of rows with one close, the fullest, which is that with the largest volume, or the last.

    Raises:
        ProviderUnavailable: two rows of one day have different closes.
    """
    if series.frame.index.is_unique:
        return series
    closes = series.frame["close"].groupby(level=0)
    if (closes.max() > closes.min() * (1 + SAME_CLOSE)).any():
        raise ProviderUnavailable(f"The price source returned two different prices of {series.ticker} for one day.")
    order = series.frame[PRICES].notna().sum(axis=1).to_numpy(), series.frame["volume"].to_numpy()
    best = series.frame.iloc[np.lexsort((order[1], order[0]))].groupby(level=0, sort=True).tail(1).sort_index()
    exact = series.frame.reset_index().duplicated().to_numpy()
    differing = series.frame.index[~exact]
    days = pd.DatetimeIndex(differing[differing.duplicated()]).unique()
    flags = merged_flags(series.flags, flag_of_days("two rows with one close on", days))
    return replace(series, frame=best, dropped=series.dropped + len(series) - len(best), flags=flags)


def without_partial_end(series: PriceSeries) -> PriceSeries:
    """Drop a last row that stands still without a trade, where the one before it has some: it is not finished."""
    last = series.frame.iloc[-2:]
    if len(last) < 2 or last["volume"].iloc[0] == 0 or last["volume"].iloc[1] > 0:
        return series
    stands_still = last.iloc[1][["open", "high", "low", "close"]].nunique(dropna=False) == 1
    return _kept(series, np.arange(len(series)) < len(series) - 1) if stands_still else series


def with_jumps_flagged(series: PriceSeries) -> PriceSeries:
    """Name the days on which prices jump. A crash can look like a split: nothing is changed."""
    others = [flag for flag in series.flags if not flag.startswith("looks like a split")]
    return replace(series, flags=(*others, *jump_flags(jump_days(series.frame))))


def jump_flags(days: Sequence[date] | pd.DatetimeIndex) -> tuple[str, ...]:
    """Say of each of the first days that it looks like a split, and how many more there are."""
    return flags_of_days("looks like a split on", days)


def with_recent_years_only(series: PriceSeries) -> PriceSeries:
    """Drop what is older than the history that is kept."""
    return series.last_years() if len(series) else series


def with_enough_rows(series: PriceSeries) -> PriceSeries:
    """Refuse a series that is too short for a forecast."""
    series.require_rows()
    return series


ROW_STEPS: tuple[Step, ...] = (
    without_impossible_days,
    without_bad_closes,  # before the duplicates: a broken row contradicts nothing
    with_usable_cells_only,
    with_known_volumes,
    without_duplicates,
    without_partial_end,
    with_ranges_around_prices,
)
SERIES_STEPS: tuple[Step, ...] = (
    with_recent_years_only,
    plausible_series,
    with_enough_rows,
    with_absent_cells_flagged,
    with_jumps_flagged,
)


def _passed(series: PriceSeries, steps: tuple[Step, ...]) -> PriceSeries:
    for step in steps:
        series = step(series)
    return series


def _kept(series: PriceSeries, good: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> PriceSeries:
    dropped = len(series) - int(good.sum())
    return replace(series, frame=series.frame.loc[good], dropped=series.dropped + dropped)
