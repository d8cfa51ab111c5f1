"""Figures of a window of a series that ends at each of its rows."""

from __future__ import annotations

from collections import deque

import numpy as np

from common.insights.history import Floats, Rows


def rolling_mean(values: Floats, rows: int) -> Floats:
    """Return the mean of the last ``rows`` values at each row; NaN before, and where one of them is NaN."""
    return _in_windows(values, rows, np.mean)


def rolling_median(values: Floats, rows: int) -> Floats:
    """Return the median of the last ``rows`` values at each row; NaN before, and where one of them is NaN."""
    return _in_windows(values, rows, np.median)


def rolling_size(values: Floats, rows: int) -> Floats:
    """Return the root of the mean square of the last ``rows`` values at each row; NaN where one is missing."""
    return np.sqrt(rolling_mean(values * values, rows))


def rolling_highest(values: Floats, days: Rows, window: int) -> Floats:
    """Return the highest value of the last ``window`` calendar days at each row; NaN in the first window.

    Args:
        values: finite numbers, shape (rows,).
        days: the days of the rows, ascending.
        window: calendar days.
    """
    found = np.full(len(values), np.nan)
    numbers, dates = values.tolist(), days.tolist()
    highest: deque[int] = deque()
    for row, (value, day) in enumerate(zip(numbers, dates, strict=True)):
        while highest and numbers[highest[-1]] <= value:
            highest.pop()
        highest.append(row)
        while dates[highest[0]] < day - window:
            highest.popleft()
        if day - dates[0] >= window:
            found[row] = numbers[highest[0]]
    return found


def _in_windows(values: Floats, rows: int, figure: np.ufunc | object) -> Floats:
    found = np.full(len(values), np.nan)
    if rows <= len(values):
        windows = np.lib.stride_tricks.sliding_window_view(values, rows)
        found[rows - 1 :] = figure(windows, axis=-1)  # type: ignore[operator]
    return found
