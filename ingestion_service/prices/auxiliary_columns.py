"""The columns beside the close: a cell that cannot be right is emptied, and its row stays for its close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.plausibility import HIGHEST_CLOSE
from common.domain.prices import PriceSeries, flag_of_days, merged_flags

AUXILIARY = ("open", "high", "low", "adj_close")
SLIGHT = 0.02
"""By so much an open or a close may lie outside of low and high and still be a rounding or a late print."""
_NEAR = float(np.log(1.25))
"""A close that moved by less, in logarithms, from a neighbour's is not the one of four prices that is wrong."""
_ABSENT = "no usable "

Mask = npt.NDArray[np.bool_]


def with_usable_cells_only(series: PriceSeries) -> PriceSeries:
    """Empty each open, high, low and adjusted close that is infinite, zero, negative or huge: it is no price."""
    cells = series.frame[list(AUXILIARY)]
    usable = np.isfinite(cells) & (cells > 0) & (cells <= HIGHEST_CLOSE)
    return replace(series, frame=series.frame.assign(**cells.where(usable)))


def with_ranges_around_prices(series: PriceSeries) -> PriceSeries:
    """Let low and high enclose open and close.

    Where they fail to by little, they are widened. Where they fail to by more, and the close goes on from its
    neighbours, the cells that contradict it are emptied. Where the close itself jumps there, the wrong
    one of the four cannot be determined, and the row is dropped.
    """
    contradicted = _contradicts_close(series.frame).to_numpy()
    good = ~contradicted.any(axis=1) | _goes_on(series.frame["close"])
    frame = _without_contradictions(series.frame)
    open_and_close = frame[["open", "close"]]
    frame = frame.assign(
        low=np.minimum(frame["low"], open_and_close.min(axis=1)),
        high=np.maximum(frame["high"], open_and_close.max(axis=1)),
    )
    days = pd.DatetimeIndex(frame.index[~good])
    flags = merged_flags(series.flags, flag_of_days("a close outside of its day's range left out on", days))
    return replace(series, frame=frame.loc[good], dropped=series.dropped + len(days), flags=flags)


def with_absent_cells_flagged(series: PriceSeries) -> PriceSeries:
    """Name the columns that lack cells, and on how many days; counted anew each time, as the empty cells are stored."""
    flags = [flag for flag in series.flags if not flag.startswith(_ABSENT)]
    counts = series.frame[list(AUXILIARY)].isna().sum()
    for count in dict.fromkeys(counts[counts > 0].tolist()):
        names = " and ".join(", ".join(counts.index[counts == count]).rsplit(", ", 1))
        when = "any day" if count == len(series) else f"{count} day{'s' if count > 1 else ''}"
        flags.append(f"{_ABSENT}{names} on {when}")
    return replace(series, flags=tuple(flags))


def _contradicts_close(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark each low and high that does not enclose the close, and then each open that is outside of the others."""
    low_off = frame["low"] * (1 - SLIGHT) > frame["close"]
    high_off = frame["high"] * (1 + SLIGHT) < frame["close"]
    low, high = frame["low"].mask(low_off), frame["high"].mask(high_off)
    open_off = (low * (1 - SLIGHT) > frame["open"]) | (high * (1 + SLIGHT) < frame["open"])
    return pd.DataFrame({"open": open_off, "high": high_off, "low": low_off})


def _without_contradictions(frame: pd.DataFrame) -> pd.DataFrame:
    off = _contradicts_close(frame)
    return frame.assign(**{name: frame[name].mask(off[name]) for name in off.columns})


def _goes_on(closes: pd.Series[float]) -> Mask:
    """Whether each close is near the one before or the one after it."""
    moves = pd.Series(np.log(closes), dtype=np.float64).diff().abs()
    return np.asarray(np.fmin(moves, moves.shift(-1)) <= _NEAR)
