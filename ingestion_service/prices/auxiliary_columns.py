"""Checks of the columns beside the close. An implausible cell is cleared; its row stays for its close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.plausibility import HIGHEST_CLOSE
from common.domain.prices import PriceSeries, flag_days_together, merge_flags

AUXILIARY = ("open", "high", "low", "adj_close")
SLIGHT = 0.02
"""The share by which an open or a close may be outside low and high because of rounding or a late trade."""
_NEAR = float(np.log(1.25))
"""A close within this distance (in logarithms) of a neighbour is right; another price of its day is wrong."""
_ABSENT = "no usable "

Mask = npt.NDArray[np.bool_]


def clear_unusable_cells(series: PriceSeries) -> PriceSeries:
    """Clear each open, high, low and adjusted close that is infinite, zero, negative or huge."""
    cells = series.frame[list(AUXILIARY)]
    usable = np.isfinite(cells) & (cells > 0) & (cells <= HIGHEST_CLOSE)
    return replace(series, frame=series.frame.assign(**cells.where(usable)))


def repair_daily_ranges(series: PriceSeries) -> PriceSeries:
    """Make low and high enclose open and close.

    A small violation widens the range. At a larger one, the cells that contradict the close are cleared if the close is
    near a neighbouring day's. Otherwise the wrong cell cannot be determined, and the row is dropped.
    """
    contradicted = _mark_contradictions(series.frame).to_numpy()
    good = ~contradicted.any(axis=1) | _is_near_a_neighbour(series.frame["close"])
    frame = _clear_contradictions(series.frame)
    open_and_close = frame[["open", "close"]]
    frame = frame.assign(
        low=np.minimum(frame["low"], open_and_close.min(axis=1)),
        high=np.maximum(frame["high"], open_and_close.max(axis=1)),
    )
    days = pd.DatetimeIndex(frame.index[~good])
    flags = merge_flags(series.flags, flag_days_together("a close outside of its day's range left out on", days))
    return replace(series, frame=frame.loc[good], dropped=series.dropped + len(days), flags=flags)


def flag_absent_cells(series: PriceSeries) -> PriceSeries:
    """Flag the columns that lack cells, with the number of days.

    The count replaces that of an earlier check, because the cleared cells are stored.
    """
    flags = [flag for flag in series.flags if not flag.startswith(_ABSENT)]
    counts = series.frame[list(AUXILIARY)].isna().sum()
    for count in dict.fromkeys(counts[counts > 0].tolist()):
        names = " and ".join(", ".join(counts.index[counts == count]).rsplit(", ", 1))
        when = "any day" if count == len(series) else f"{count} day{'s' if count > 1 else ''}"
        flags.append(f"{_ABSENT}{names} on {when}")
    return replace(series, flags=tuple(flags))


def _mark_contradictions(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark each low and high that does not enclose the close, and each open outside the remaining range."""
    low_off = frame["low"] * (1 - SLIGHT) > frame["close"]
    high_off = frame["high"] * (1 + SLIGHT) < frame["close"]
    low, high = frame["low"].mask(low_off), frame["high"].mask(high_off)
    open_off = (low * (1 - SLIGHT) > frame["open"]) | (high * (1 + SLIGHT) < frame["open"])
    return pd.DataFrame({"open": open_off, "high": high_off, "low": low_off})


def _clear_contradictions(frame: pd.DataFrame) -> pd.DataFrame:
    off = _mark_contradictions(frame)
    return frame.assign(**{name: frame[name].mask(off[name]) for name in off.columns})


def _is_near_a_neighbour(closes: pd.Series[float]) -> Mask:
    """Mark each close that is near the one before or the one after it."""
    moves = pd.Series(np.log(closes), dtype=np.float64).diff().abs()
    return np.asarray(np.fmin(moves, moves.shift(-1)) <= _NEAR)
