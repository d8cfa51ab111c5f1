"""The checks of a series before it is stored: a list of pure steps.

Implausible rows are dropped and counted in ``dropped``. Doubtful ones are kept and named in ``flags``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd

from common.domain.errors import ProviderUnavailable
from common.domain.plausibility import drop_implausible_rows
from common.domain.price_jumps import find_jump_days
from common.domain.prices import PriceSeries, flag_days_together, flag_each_day, merge_flags
from ingestion_service.prices.auxiliary_columns import (
    clear_unusable_cells,
    flag_absent_cells,
    repair_daily_ranges,
)
from ingestion_service.prices.sessions import last_settled_day

PRICES = ["open", "high", "low", "close", "adj_close"]
SAME_CLOSE = 1e-5
"""The largest relative difference between two closes that differ only by rounding."""
EARLIEST = pd.Timestamp("1900-01-01")
"""No source has older daily prices: an earlier date is an error, and calendars do not reach it."""

Step = Callable[[PriceSeries], PriceSeries]


def check_series(series: PriceSeries, now: datetime) -> PriceSeries:
    """Apply all checks to a fetched series; return what may be stored.

    Args:
        series: the whole history.
        now: the current time (aware), which determines the newest final close.

    Raises:
        ProviderUnavailable: the rows contradict each other, so another provider should be called.
        TooLittleData: fewer rows are left than a forecast needs.
        ImplausiblePrices: the closes change their unit, or are outside the plausible range.
    """
    return _apply_steps(check_rows(series, now), SERIES_STEPS)


def check_rows(series: PriceSeries, now: datetime) -> PriceSeries:
    """Apply the checks of single rows to a part of a history.

    Raises:
        ProviderUnavailable: the rows contradict each other.
    """
    return _apply_steps(drop_unsettled_days(sort_by_date(series), now), ROW_STEPS)


def sort_by_date(series: PriceSeries) -> PriceSeries:
    """Index the rows by day, without a time, oldest first."""
    days = pd.DatetimeIndex(pd.DatetimeIndex(series.frame.index).normalize().to_numpy(), name="date")
    return replace(series, frame=series.frame.set_axis(days).sort_index(kind="stable"))


def drop_unsettled_days(series: PriceSeries, now: datetime) -> PriceSeries:
    """Drop rows of future days and of sessions that have not ended. They do not count as dropped."""
    index = pd.DatetimeIndex(series.frame.index)
    newest = last_settled_day(now, series.ticker, index)
    return replace(series, frame=series.frame[index <= pd.Timestamp(newest)])


def drop_impossible_days(series: PriceSeries) -> PriceSeries:
    """Drop each row before :data:`EARLIEST`."""
    return _keep_rows(series, np.asarray(series.frame.index >= EARLIEST))


def drop_bad_closes(series: PriceSeries) -> PriceSeries:
    """Drop each row whose close is missing, infinite, zero or negative."""
    closes = series.frame["close"].to_numpy()
    return _keep_rows(series, np.isfinite(closes) & (closes > 0))


def fill_unknown_volumes(series: PriceSeries) -> PriceSeries:
    """Replace missing volumes by 0, as indices and currencies have none, and impossible ones, which are flagged."""
    volume = series.frame["volume"]
    impossible = (volume < 0) | np.isinf(volume)
    known = volume.mask(impossible | volume.isna(), 0.0)
    flags = flag_days_together("impossible volume on", pd.DatetimeIndex(series.frame.index[impossible]))
    frame = series.frame.assign(volume=known + 0.0)  # -0.0 is written with its sign
    return replace(series, frame=frame, flags=merge_flags(series.flags, flags))


def drop_duplicate_days(series: PriceSeries) -> PriceSeries:
    """Keep one row for each day: of several rows with the same close, the most complete one.

    Among equally complete rows, the largest volume decides, then the last position.

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
    flags = merge_flags(series.flags, flag_days_together("two rows with one close on", days))
    return replace(series, frame=best, dropped=series.dropped + len(series) - len(best), flags=flags)


def drop_unfinished_last_day(series: PriceSeries) -> PriceSeries:
    """Drop the last row if it has no volume and no range, and the row before has volume: its day is not finished."""
    last = series.frame.iloc[-2:]
    if len(last) < 2 or last["volume"].iloc[0] == 0 or last["volume"].iloc[1] > 0:
        return series
    stands_still = last.iloc[1][["open", "high", "low", "close"]].nunique(dropna=False) == 1
    return _keep_rows(series, np.arange(len(series)) < len(series) - 1) if stands_still else series


def flag_jumps(series: PriceSeries) -> PriceSeries:
    """Flag the days on which prices jump. A crash can look like a split, so the prices stay unchanged."""
    others = [flag for flag in series.flags if not flag.startswith("looks like a split")]
    return replace(series, flags=(*others, *describe_jumps(find_jump_days(series.frame))))


def describe_jumps(days: Sequence[date] | pd.DatetimeIndex) -> tuple[str, ...]:
    """Return a flag for each of the first days with a jump, and one with the number of the others."""
    return flag_each_day("looks like a split on", days)


def drop_old_years(series: PriceSeries) -> PriceSeries:
    """Drop the rows that are older than the history that is kept."""
    return series.take_last_years() if len(series) else series


def require_enough_rows(series: PriceSeries) -> PriceSeries:
    """Raise :class:`TooLittleData` if the series is too short for a forecast."""
    series.require_rows()
    return series


ROW_STEPS: tuple[Step, ...] = (
    drop_impossible_days,
    drop_bad_closes,  # before the duplicates: a broken row contradicts nothing
    clear_unusable_cells,
    fill_unknown_volumes,
    drop_duplicate_days,
    drop_unfinished_last_day,
    repair_daily_ranges,
)
SERIES_STEPS: tuple[Step, ...] = (
    drop_old_years,
    drop_implausible_rows,
    require_enough_rows,
    flag_absent_cells,
    flag_jumps,
)


def _apply_steps(series: PriceSeries, steps: tuple[Step, ...]) -> PriceSeries:
    for step in steps:
        series = step(series)
    return series


def _keep_rows(series: PriceSeries, good: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> PriceSeries:
    dropped = len(series) - int(good.sum())
    return replace(series, frame=series.frame.loc[good], dropped=series.dropped + dropped)
