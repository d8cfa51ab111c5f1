"""Candles in a row, by the grammar of :mod:`common.domain.patterns.grammar`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from common.domain.patterns.grammar import Candle
from forecast_service.patterns.finders.bars import Bars
from forecast_service.patterns.occurrences import Occurrences, Places

DOJI_BODY = 0.1
"""The largest body of a doji, as a fraction of the distance from low to high."""
_ROUNDING = 9
"""Decimal places of sizes in percent. Without rounding, a move from 100 to 102 would be more than 2 %."""
_MARGIN = 1 + 1e-9
"""A body of exactly a tenth may be computed as slightly more."""


def find_candles(bars: Bars, candles: Sequence[Candle]) -> Occurrences:
    """Return each place where the candles follow one another. A candle with an unknown price fits only ``*``."""
    length, count = len(candles), len(bars) - len(candles) + 1
    if count <= 0:
        return places_of(bars, np.empty(0, np.intp), length)
    fits = bars.run[: len(bars) - length + 1] == bars.run[length - 1 :]
    for place, candle in enumerate(candles):
        fits &= _fits(bars, candle)[place : place + count]
    return places_of(bars, np.flatnonzero(fits) + length - 1, length)


def places_of(bars: Bars, last: Places, length: int) -> Occurrences:
    """Return the places of patterns of ``length`` candles that end with the candles ``last``."""
    begin, end = bars.first[np.maximum(last - length + 1, 0)], bars.last[last]
    return Occurrences.of(begin, end, end)


def _fits(bars: Bars, candle: Candle) -> NDArray[np.bool_]:
    """Return for each candle of the bars whether it fits."""
    if candle.colour == "*":
        return np.ones(len(bars), bool)
    if candle.colour == "D":
        return np.abs(bars.close - bars.open) <= DOJI_BODY * _MARGIN * (bars.high - bars.low)
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = np.round(100 * (bars.close / bars.open - 1), _ROUNDING)
    size = rise if candle.colour == "G" else -rise
    fits: NDArray[np.bool_] = size > (candle.above or 0.0)
    return fits if candle.below is None else fits & (size < candle.below)
