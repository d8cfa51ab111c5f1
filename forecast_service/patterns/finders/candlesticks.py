"""The candlestick patterns of TA-Lib."""

from __future__ import annotations

import numpy as np

from common.domain.patterns.candlesticks import Sign
from forecast_service.patterns.finders.bars import Bars
from forecast_service.patterns.finders.candles import places_of
from forecast_service.patterns.occurrences import Occurrences

LENGTH = 3
"""The candles that a chart marks as the pattern: TA-Lib returns its last one only."""


def find_candlesticks(bars: Bars, name: str, sign: Sign) -> Occurrences:
    """Return the places of a candlestick pattern in one direction.

    TA-Lib's averages never recover from an unknown price, so each run of candles with all four prices is searched
    alone.

    Args:
        bars: the candles.
        name: TA-Lib's name without ``CDL``, in lower case.
        sign: the direction.
    """
    import talib  # noqa: PLC0415 - only here is it used

    search = getattr(talib, f"CDL{name.upper()}")
    found = [begin + _search(search, bars, slice(begin, end), sign) for begin, end in _complete_runs(bars)]
    return places_of(bars, np.concatenate([np.empty(0, np.intp), *found]), LENGTH)


def _search(search: object, bars: Bars, part: slice, sign: Sign) -> np.ndarray:
    prices = (np.ascontiguousarray(values[part]) for values in (bars.open, bars.high, bars.low, bars.close))
    marks = search(*prices)  # type: ignore[operator]
    return np.flatnonzero(marks > 0 if sign == "bullish" else marks < 0)


def _complete_runs(bars: Bars) -> list[tuple[int, int]]:
    """Return the beginnings and ends of the runs of candles with all four prices and without a gap."""
    complete = ~np.isnan(bars.open + bars.high + bars.low + bars.close)
    number = np.where(complete, bars.run, -1)
    changes = np.flatnonzero(np.diff(number) != 0) + 1
    starts = [0, *changes.tolist()]
    ends = [*changes.tolist(), len(bars)]
    return [(begin, end) for begin, end in zip(starts, ends, strict=True) if begin < end and complete[begin]]
