"""Windows of the shape of a given one: z-normalised distance by FFT, on logarithms of closes.

Source: Mueen et al., The Fastest Similarity Search Algorithm for Time Series Subsequences under Euclidean Distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from forecast_service.patterns.finders.usual_moves import usual_moves
from forecast_service.patterns.occurrences import Floats, Occurrences, Places

LEAST_DEVIATION = 1e-5
"""Windows whose logarithms deviate less are flat."""
WAIT = 20
"""A window is known once a twentieth of its length has passed without a nearer one."""


class FlatShape(ValueError):
    """The shape has no form: its values do not move, or no more than noise does."""


@dataclass(frozen=True)
class Shape:
    """A shape to search for: its z-normalised values, a trading day each."""

    values: Floats

    @classmethod
    def of(cls, values: Floats) -> Shape:
        """Return the shape of values: of their logarithms where all are positive.

        Raises:
            FlatShape: the values do not move.
        """
        largest = float(np.abs(values).max())
        if largest == 0:
            raise FlatShape
        values = np.log(values) if (values > 0).all() else values / largest
        spread = float(values.std())
        if not spread > LEAST_DEVIATION:
            raise FlatShape
        return cls((values - values.mean()) / spread)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def wait(self) -> int:
        """The trading days after a window's end until it is known that no later one is nearer."""
        return math.ceil(len(self) / WAIT)


def correlate(logs: Floats, shape: Shape) -> Floats:
    """Return the correlation of the shape with each window; -inf for windows that are flat.

    A window is flat where it deviates less than the stock usually moves in a day: the days of noise around a constant
    price look like any shape.

    Args:
        logs: logarithms of closes, a series in each row, all of one length.
        shape: the shape, not longer than the series.

    Returns:
        For each series, a value for each window by its last day; -inf for the first days, which end none.
    """
    length, days = len(shape), logs.shape[-1]
    logs = logs - logs.mean(axis=-1, keepdims=True)
    size = fft.next_fast_len(days, real=True)
    spectrum = fft.rfft(logs, size, axis=-1)
    spectrum *= fft.rfft(shape.values[::-1].astype(logs.dtype), size)
    products = fft.irfft(spectrum, size, axis=-1)[..., length - 1 : days]
    deviations = window_deviations(logs, length)
    floor = np.fmax(usual_moves(logs)[..., length - 1 :], LEAST_DEVIATION)
    result = np.full(logs.shape, -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = products / (length * deviations)
    result[..., length - 1 :] = np.where(deviations >= floor, np.minimum(correlations, 1.0), -np.inf)
    return result


def window_deviations(logs: Floats, length: int) -> Floats:
    """Return the standard deviation of each window of centred series, by the window's last day."""
    sums = _window_sums(logs, length)
    squares = _window_sums(logs * logs, length)
    return np.asarray(np.sqrt(np.maximum(squares / length - (sums / length) ** 2, 0.0)))


def _window_sums(values: Floats, length: int) -> Floats:
    sums = np.cumsum(values, axis=-1, dtype=np.float64)
    result = sums[..., length - 1 :].copy()
    result[..., 1:] -= sums[..., :-length]
    return result


def find_windows(correlations: Floats, runs: Places, shape: Shape, least: float) -> Occurrences:
    """Return the near windows of one series, in order of time.

    A window is taken if no window that ends within the wait before or after is nearer, and if no window that was taken
    before overlaps it and is nearer. So prices after the day ``known`` have no influence on it. A later window that is
    nearer may overlap it; :func:`select_apart` selects the nearest ones without overlap.

    Args:
        correlations: the correlation of the window that ends on each day.
        runs: the number of the run without gaps of each day; a window lies in one run.
        shape: the shape.
        least: the least correlation.
    """
    length, wait = len(shape), shape.wait
    ends: list[int] = []
    candidates = np.flatnonzero(correlations >= least)
    for end in candidates[candidates < len(correlations) - wait].tolist():
        is_nearest = correlations[end] >= correlations[max(end - wait, 0) : end + wait + 1].max()
        is_free = not ends or end - length + 1 > ends[-1] or correlations[end] > correlations[ends[-1]]
        if is_nearest and is_free and runs[end] == runs[end - length + 1]:
            ends.append(end)
    last = np.array(ends, np.intp)
    similarity = correlations[last]
    distance = np.sqrt(2 * length * (1 - similarity))
    return Occurrences(last - length + 1, last, last + wait, similarity, distance)


def select_apart(begin: Places, end: Places, distance: Floats) -> NDArray[np.bool_]:
    """Return whether each window is among the nearest ones of which no two overlap."""
    selected = np.zeros(len(begin), bool)
    for place in np.argsort(distance, kind="stable").tolist():
        overlaps = selected & (begin <= end[place]) & (end >= begin[place])
        selected[place] = not overlaps.any()
    return selected


def warped_distances(windows: Floats, shape: Shape) -> Floats:
    """Return the distances by dynamic time warping within a band of a tenth of the length (Sakoe and Chiba, 1978).

    Args:
        windows: z-normalised windows of the shape's length, one in each row.
        shape: the shape.
    """
    length, band = len(shape), max(1, len(shape) // 10)
    costs = np.full((length + 1, len(windows)), np.inf)
    costs[0] = 0.0
    for row in range(1, length + 1):
        before, costs = costs, np.full((length + 1, len(windows)), np.inf)
        for column in range(max(1, row - band), min(length, row + band) + 1):
            gap = (shape.values[row - 1] - windows[:, column - 1]) ** 2
            nearest = np.minimum(np.minimum(before[column], before[column - 1]), costs[column - 1])
            costs[column] = gap + nearest
    return np.asarray(np.sqrt(costs[length]))
