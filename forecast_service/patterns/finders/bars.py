"""Candles of days, weeks or months from daily prices; only complete ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from forecast_service.patterns.occurrences import LONGEST_GAP_DAYS, Floats, Places, days_of, number_runs

Every = Literal["day", "week", "month"]
_LONGEST_GAP_PERIODS = 2


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


def make_bars(frame: pd.DataFrame, every: Every) -> Bars:
    """Return the candles of daily prices.

    A week or a month counts once it is over: a later price exists, or its last trading day has one. Weeks begin on
    Monday, and end on Friday; those of a stock that trades at weekends end on Sunday.
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
    return bars if _is_over(days, every) else _without_last(bars)


def _number_periods(days: Places, every: Every) -> Places:
    if every == "week":
        return (days + 3) // 7  # 1970-01-01 was a Thursday
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _is_over(days: Places, every: Every) -> bool:
    """Return whether the period of the last day has no further trading day."""
    weekdays = (days[-260:] + 3) % 7
    trades_at_weekends = bool((weekdays >= 5).any())
    further = np.arange(days[-1] + 1, days[-1] + 32)
    if not trades_at_weekends:
        further = further[(further + 3) % 7 < 5]
    following = _number_periods(further[:1], every)[0]
    return bool(following != _number_periods(days[-1:], every)[0])


def _without_last(bars: Bars) -> Bars:
    return Bars(*(values[:-1] for values in vars(bars).values()))
