"""Detection of steps between closes that trading does not explain: unadjusted splits and changes of the unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.split_ratios import USUAL_RATIOS

Numbers = npt.NDArray[np.float64]

SPLIT_RATIOS = np.array(USUAL_RATIOS)
_LARGE = SPLIT_RATIOS[SPLIT_RATIOS >= 1.5]
"""Ratios by which ordinary trading does not move a price within a day."""
_DAILY_MOVE = 0.08
"""The largest move of the price itself on the day of a large split, in logarithms."""
_SMALL = np.array([5 / 4, 4 / 3])
_SMALL_MOVE = 0.01
"""The same for a small split. Crashes of this size are more common than such splits, so the tolerance is small."""
_HUGE = 6.0
"""A price that changes by this factor within a day is in another unit, even if the factor is not a power of ten."""
_LARGE_STEP, _SMALL_STEP = 0.03, 0.005
"""The largest difference between a step of the adjustment and a split ratio, in logarithms: closes are rounded."""
LEAST_SPLIT = float(np.log(_SMALL.min())) - _SMALL_MOVE
"""The smallest move that can look like a split, in logarithms."""
_LEAST_STEP = float(np.log(6 / 5)) - _SMALL_STEP

_SMALLEST_UNIT = 2
"""The smallest change of the unit, as a power of ten: 100 pence are a pound. A factor of 10 is a split."""
_UNIT_MOVE = 0.1
"""The largest move of the price itself on the day its unit changes, as a power of ten (about a quarter)."""
MOST_STRAY_ROWS = 5
"""The longest run of rows in another unit that is dropped; a longer run makes the history one in two units."""
MOST_STRAY_SHARE = 0.02
"""The largest share of all rows that is dropped for being in another unit."""


def looks_like_split(jump: float) -> bool:
    """Return whether a price change by the factor ``jump`` has the size of a split or of a new unit.

    Args:
        jump: the larger of the two prices divided by the smaller one.
    """
    return jump >= _HUGE or is_near_any(jump, _LARGE, _DAILY_MOVE) or is_near_any(jump, _SMALL, _SMALL_MOVE)


def is_near_any(factor: float, ratios: Numbers, distance: float) -> bool:
    """Return whether ``factor`` is at most ``distance`` (in logarithms) from one of ``ratios``."""
    return bool(np.abs(np.log(ratios) - np.log(factor)).min() <= distance)


def find_jump_days(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the days on which the close jumps by the size of a split or of a new unit, without an explanation.

    A smooth ``adj_close`` explains a jump by a large payout. If the two columns diverge by a split ratio instead, the
    source adjusted one column only, and the jump stays unexplained. So does a jump that is reversed on the next day or
    that reverses the one of the day before.

    Args:
        frame: has ``close`` and ``adj_close``, one row a day, oldest first. A missing ``adj_close`` explains nothing.
    """
    close = _take_steps(frame["close"], missing=0.0)
    adjusted = _take_steps(frame["adj_close"], missing=close)
    sizes = np.abs(close)
    returns = np.abs(close + np.append(close[1:], 0.0)) < sizes / 2
    came_back = np.abs(close + np.append(0.0, close[:-1])) < sizes / 2
    unexplained = (np.abs(adjusted) > sizes / 2) | returns | came_back
    steps = np.abs(adjusted - close)
    suspects = np.flatnonzero(np.maximum(sizes, steps) > _LEAST_STEP).tolist()
    found = [row for row in suspects if (_is_jump(sizes[row]) if unexplained[row] else _is_step_of_split(steps[row]))]
    return pd.DatetimeIndex(frame.index[found])


@dataclass(frozen=True)
class UnitChanges:
    """The days on which the unit of the closes seems to change, and the days of short runs in another unit.

    The newest rows are never in a short run, because their unit may be the new one.
    """

    days: pd.DatetimeIndex
    stray_days: pd.DatetimeIndex


def find_unit_changes(frame: pd.DataFrame) -> UnitChanges:
    """Find closes whose unit seems to be another one, by a factor of 100 or 1000.

    A day whose range from low to high covers the step is a real price move, such as a collapse, and not a change of
    the unit.

    Args:
        frame: has ``close``, and ``low`` and ``high`` where they are known; one row a day, oldest first.
    """
    levels, index = _compute_unit_levels(frame), pd.DatetimeIndex(frame.index)
    stray = _mark_stray_rows(levels)
    kept = np.flatnonzero(~stray)
    changed = np.diff(levels[kept], prepend=levels[kept][:1]) != 0
    return UnitChanges(index[kept[changed]], index[stray])


def _compute_unit_levels(frame: pd.DataFrame) -> Numbers:
    """Return the unit of each row relative to the first row, as a power of ten."""
    steps = _take_steps(frame["close"], missing=0.0) / np.log(10)
    powers = np.rint(steps)
    is_change = (np.abs(powers) >= _SMALLEST_UNIT) & (np.abs(steps - powers) <= _UNIT_MOVE)
    if is_change.any():
        is_change &= ~_mark_traded_steps(frame, steps)
    levels: Numbers = np.where(is_change, powers, 0.0).cumsum()
    return levels


def _mark_traded_steps(frame: pd.DataFrame, steps: Numbers) -> npt.NDArray[np.bool_]:
    """Mark the steps that trading explains: the day's range reaches beyond the middle of the step, in logarithms."""
    if not {"low", "high"} <= set(frame.columns):
        return np.zeros(len(frame), dtype=np.bool_)
    close = _take_logs(frame["close"]) / np.log(10)
    middle = close - steps / 2
    low, high = _take_logs(frame["low"]) / np.log(10), _take_logs(frame["high"]) / np.log(10)
    reaches_back = np.where(steps > 0, low < middle, high > middle)
    traded: npt.NDArray[np.bool_] = reaches_back & np.isfinite(low) & np.isfinite(high)
    return traded


def _mark_stray_rows(levels: Numbers) -> npt.NDArray[np.bool_]:
    """Mark the rows of short runs in an unusual unit, except the last run; mark none if there are too many."""
    if not levels.any():
        return np.zeros(len(levels), dtype=np.bool_)
    units, counts = np.unique(levels, return_counts=True)
    usual = units[counts == counts.max()][-1]
    runs = np.cumsum(np.diff(levels, prepend=levels[0]) != 0)
    lengths = np.bincount(runs)[runs]
    stray = (levels != usual) & (lengths <= MOST_STRAY_ROWS) & (runs != runs[-1])
    few: bool = stray.sum() <= max(1, MOST_STRAY_SHARE * len(levels))
    return stray if few else np.zeros(len(levels), dtype=np.bool_)


def _is_step_of_split(size: float) -> bool:
    large, small = np.log(_LARGE), np.log(SPLIT_RATIOS[(SPLIT_RATIOS > 1) & (SPLIT_RATIOS < 1.5)])
    near_large = np.abs(large - size).min() <= _LARGE_STEP
    return bool(size >= np.log(_HUGE) or near_large or np.abs(small - size).min() <= _SMALL_STEP)


def _is_jump(size: float) -> bool:
    with np.errstate(over="ignore"):
        return looks_like_split(float(np.exp(size)))


def _take_steps(prices: Iterable[float], missing: float | Numbers) -> Numbers:
    """Return the step to each price from the one before, in logarithms; ``missing`` where one of the two is missing."""
    logs = _take_logs(prices)
    steps = np.diff(logs, prepend=np.nan)
    return np.where(np.isnan(steps), missing, steps)


def _take_logs(prices: Iterable[float]) -> Numbers:
    values = np.asarray(prices, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(values), np.nan)
