"""Steps between closes that no trading explains: missed splits and changes of the unit; pure functions on frames."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]

_USUAL = [Fraction(n) for n in (*range(2, 21), *range(25, 105, 5), "3/2", "4/3", "5/4", "6/5", "5/3", "5/2", "7/2")]
SPLIT_RATIOS = np.array([float(ratio) for usual in _USUAL for ratio in (usual, 1 / usual)])
"""Stock dividends below 6:5 are left out, as cash dividends are of that size, and so are neighbours nearer than 5 %."""
_LARGE = SPLIT_RATIOS[SPLIT_RATIOS >= 1.5]
"""No ordinary day moves a price by so much."""
_DAILY_MOVE = 0.08
"""By so much, in logarithms, the price itself may move on the day of a split."""
_SMALL = np.array([5 / 4, 4 / 3])
_SMALL_MOVE = 0.01
"""Crashes of this size are more common than such splits, so only a move very near to one looks like it."""
_HUGE = 6.0
"""A price that moves by so much in a day was counted in another unit, whatever the factor."""
_LARGE_STEP, _SMALL_STEP = 0.03, 0.005
"""The most, in logarithms, that an adjustment's step may differ from a split's ratio: closes are rounded."""
LEAST_SPLIT = float(np.log(_SMALL.min())) - _SMALL_MOVE
"""No smaller move, in logarithms, looks like a split."""
_LEAST_STEP = float(np.log(6 / 5)) - _SMALL_STEP

_SMALLEST_UNIT = 2
"""The smallest change of a unit, as a power of ten: 100 pence are a pound. By 10 shares are split."""
_UNIT_MOVE = 0.1
"""By so much, as a power of ten (a quarter), the price itself may move on the day on which its unit changes."""
MOST_STRAY_ROWS = 5
"""So many rows in a row may be in another unit and be left out; more are a history in two units."""
MOST_STRAY_SHARE = 0.02
"""So many of all rows may be."""


def looks_like_split(jump: float) -> bool:
    """Whether a price that moved by the factor ``jump`` (at least 1, up or down) moved as by a split, or by 100."""
    return jump >= _HUGE or is_within(jump, _LARGE, _DAILY_MOVE) or is_within(jump, _SMALL, _SMALL_MOVE)


def is_within(factor: float, ratios: Numbers, distance: float) -> bool:
    """Whether ``factor`` is near one of ``ratios``: at most ``distance`` away, in logarithms."""
    return bool(np.abs(np.log(ratios) - np.log(factor)).min() <= distance)


def jump_days(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the days on which the close moves as by a split or by a factor of 100 without an explanation.

    A smooth ``adj_close`` explains a jump only where the two columns part by something else than the ratio of a
    split: by a large payout. Where they part by such a ratio, the source adjusted one column and forgot the other.
    A jump that the day before or after takes back is never explained.

    Args:
        frame: has ``close`` and ``adj_close``, one row a day, oldest first. A missing ``adj_close`` explains nothing.
    """
    logs = pd.DataFrame({name: _logs(frame[name]) for name in ("close", "adj_close")}, index=frame.index)
    jumps = logs.diff()
    close = jumps["close"].fillna(0.0)
    adjusted = jumps["adj_close"].fillna(close)
    sizes = close.abs()
    returns = (close + close.shift(-1, fill_value=0.0)).abs() < sizes / 2
    came_back = (close + close.shift(fill_value=0.0)).abs() < sizes / 2
    unexplained = (adjusted.abs() > sizes / 2) | returns | came_back
    steps = (adjusted - close).abs()
    suspects = np.maximum(sizes, steps) > _LEAST_STEP
    rows = zip(frame.index[suspects], sizes[suspects], steps[suspects], unexplained[suspects], strict=True)
    found = [day for day, size, step, alone in rows if (_is_jump(size) if alone else _is_step_of_split(step))]
    return pd.DatetimeIndex(found)


def unit_changes(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the days from which on the closes seem to be in another unit: 100 or 1000 times as much or as little.

    Pence that become pounds at the end of a history are found as well as a change that stays. Single days in another
    unit inside of a history are not among them: see :func:`stray_unit_days`. A day whose own range, from low to high,
    covers the step was traded: a collapse is not a change of the unit.

    Args:
        frame: has ``close``, and ``low`` and ``high`` where they are known; one row a day, oldest first.
    """
    levels = _unit_levels(frame)
    levels = levels[~_are_stray(levels)]
    changed = levels.diff().fillna(0).ne(0)
    return pd.DatetimeIndex(levels.index[changed])


def stray_unit_days(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the few days of ``frame`` whose rows alone are in another unit than the rows around them.

    The newest rows are never among them: whether their unit stays cannot be known yet.
    """
    levels = _unit_levels(frame)
    return pd.DatetimeIndex(levels.index[_are_stray(levels)])


def _unit_levels(frame: pd.DataFrame) -> pd.Series[float]:
    """Return for each row the power of ten by which its unit differs from that of the first row."""
    if frame.empty:
        return pd.Series([], index=frame.index, dtype=np.float64)
    logs = _logs(frame["close"]) / np.log(10)
    steps = np.diff(logs, prepend=logs[0])
    steps = np.where(np.isfinite(steps), steps, 0.0)
    powers = np.rint(steps)
    is_change = (np.abs(powers) >= _SMALLEST_UNIT) & (np.abs(steps - powers) <= _UNIT_MOVE) & ~_was_traded(frame, steps)
    return pd.Series(np.where(is_change, powers, 0.0).cumsum(), index=frame.index)


def _was_traded(frame: pd.DataFrame, steps: Numbers) -> npt.NDArray[np.bool_]:
    """Whether a day's range, where both ends are known, reaches back beyond the middle of its step, in logarithms."""
    if not {"low", "high"} <= set(frame.columns):
        return np.zeros(len(frame), dtype=np.bool_)
    close = _logs(frame["close"]) / np.log(10)
    middle = close - steps / 2
    low, high = _logs(frame["low"]) / np.log(10), _logs(frame["high"]) / np.log(10)
    reaches_back = np.where(steps > 0, low < middle, high > middle)
    traded: npt.NDArray[np.bool_] = reaches_back & np.isfinite(low) & np.isfinite(high)
    return traded


def _are_stray(levels: pd.Series[float]) -> npt.NDArray[np.bool_]:
    """Mark the rows of short runs that are not at the end and not in the unit of most rows, where they are few."""
    if levels.empty:
        return np.zeros(0, dtype=np.bool_)
    usual = float(levels.mode().iloc[-1])
    values = levels.to_numpy()
    runs = np.cumsum(np.diff(values, prepend=values[0]) != 0)
    lengths = np.bincount(runs)[runs]
    stray = (values != usual) & (lengths <= MOST_STRAY_ROWS) & (runs != runs[-1])
    few: bool = stray.sum() <= max(1, MOST_STRAY_SHARE * len(values))
    return stray if few else np.zeros(len(values), dtype=np.bool_)


def _is_step_of_split(size: float) -> bool:
    large, small = np.log(_LARGE), np.log(SPLIT_RATIOS[(SPLIT_RATIOS > 1) & (SPLIT_RATIOS < 1.5)])
    near_large = np.abs(large - size).min() <= _LARGE_STEP
    return bool(size >= np.log(_HUGE) or near_large or np.abs(small - size).min() <= _SMALL_STEP)


def _is_jump(size: float) -> bool:
    with np.errstate(over="ignore"):
        return looks_like_split(float(np.exp(size)))


def _logs(prices: Iterable[float]) -> Numbers:
    values = np.asarray(prices, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(values), np.nan)
