"""Candles of days, weeks or months from daily prices; only complete ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from common.domain.markets.trading_calendars import trades_at_weekends
from forecast_service.patterns.occurrences import LONGEST_GAP_DAYS, Floats, Places, days_of, number_runs

Every = Literal["day", "week", "month"]
_LONGEST_GAP_PERIODS = 2
_WEEKDAYS, _SEVEN_DAYS = 5, 7


@dataclass(frozen=True)
class Bars:
    """Candles, oldest first. Prices are NaN where the source has none.

    Args:
        open, high, low, close: the prices.
        first, last: the rows of the daily series with which each candle begins and ends.
        run: the number of the run of candles without a gap.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    first: Places
    last: Places
    run: Places

    def __len__(self) -> int:
        return len(self.close)

    def part(self, rows: slice) -> Bars:
        """Return some of the candles."""
        return Bars(*(values[rows] for values in vars(self).values()))


def make_bars(frame: pd.DataFrame, every: Every) -> Bars:
    """Return the candles of daily prices.

    A week or a month counts once it is over: a later price exists, or its last trading day has one. The first counts if
    the prices begin on its first trading day. Weeks begin on Monday, and end on Friday; those of a stock that trades at
    weekends end on Sunday.
    """
    opens, highs, lows, closes = (frame[name].to_numpy("float64") for name in ("open", "high", "low", "close"))
    days = days_of(frame.index.to_numpy())
    if every == "day":
        rows = np.arange(len(frame))
        return Bars(opens, highs, lows, closes, rows, rows, number_runs(days, LONGEST_GAP_DAYS))
    periods = _number_periods(days, every)
    first = np.flatnonzero(np.concatenate(([True], np.diff(periods) != 0)))
    last = np.concatenate((first[1:] - 1, [len(frame) - 1]))
    bars = Bars(
        opens[first],
        np.maximum.reduceat(highs, first),
        np.minimum.reduceat(lows, first),
        closes[last],
        first,
        last,
        number_runs(periods[first], _LONGEST_GAP_PERIODS),
    )
    week = _SEVEN_DAYS if trades_at_weekends(pd.DatetimeIndex(frame.index)) else _WEEKDAYS
    begins_late = _is_of_one_period(days[0], _next_trading_day(days[0], -1, week), every)
    ends_early = _is_of_one_period(days[-1], _next_trading_day(days[-1], 1, week), every)
    return bars.part(slice(int(begins_late), len(bars) - int(ends_early)))


def _number_periods(days: Places, every: Every) -> Places:
    if every == "week":
        return (days + 3) // 7  # 1970-01-01 was a Thursday
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _next_trading_day(day: np.int64, step: int, days_a_week: int) -> np.int64:
    """Return the next trading day after a day, or with a step of -1 the one before it."""
    day = day + step
    while _weekday(day) >= days_a_week:
        day = day + step
    return day


def _weekday(day: np.int64) -> int:
    """Return the day of the week from 0, Monday."""
    return int(day + 3) % 7


def _is_of_one_period(day: np.int64, other: np.int64, every: Every) -> bool:
    first, second = _number_periods(np.array([day, other]), every)
    return bool(first == second)
