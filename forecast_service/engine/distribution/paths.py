"""Simulated paths of the price, whose quantiles on each day are those of the distribution.

A random walk with the series' own volatility gives the order of the paths on each day: which of them are high, and how
that changes from day to day. Its variance follows GARCH(1, 1) (Bollerslev, 1986) with the constants of
:mod:`volatility`, so it reverts to the long-run variance. Each path draws its own drift. The values come from the
distribution: on each day, the k-th lowest path has the k-th lowest of evenly spaced quantiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from forecast_service.engine.distribution.grid import SCORES, quantiles_at
from forecast_service.engine.distribution.volatility import (
    FADING_HALF_LIFE_DAYS,
    LARGEST_MOVE,
    RECENT_HALF_LIFE_DAYS,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PATHS = 2000
SEED = 20_000
"""A fixed seed makes forecasts reproducible."""
SAMPLES = 10
MOST_DAYS = 500
"""A path over more days is simulated on this many of them, evenly spaced, which takes a second off ten thousand days.
Extremes between two of them are missed: on that horizon, about 3 % of a standard deviation."""
_BLOCK_DAYS = 64
"""The days whose quantiles are computed together. More would take more memory and save no time."""
_PROBABILITIES: FloatArray = (np.arange(PATHS) + 0.5) / PATHS


@dataclass(frozen=True)
class Paths:
    """Simulated paths, as moves of the logarithm of the price since the last close.

    ``highest``, ``lowest`` and ``drawdowns`` have the shape (:data:`PATHS`,), each ascending: the highest and the
    lowest move on the way, and the largest fall from an earlier peak, where the last close counts as a peak.
    ``samples`` holds :data:`SAMPLES` paths on the days ``days``, shape (SAMPLES, len(days)); their ends are spread
    evenly over the distribution. ``days`` are rows of the distribution's days, 0 for the first.
    """

    highest: FloatArray
    lowest: FloatArray
    drawdowns: FloatArray
    days: IntArray
    samples: FloatArray


def simulate(
    curves: FloatArray, daily_shape: FloatArray, recent: float, long_run: float, drift_deviation: float
) -> Paths:
    """Simulate :data:`PATHS` paths.

    Args:
        curves: the distribution of the move on each day ahead, shape (days, len(grid.PROBABILITIES)).
        daily_shape: the distribution of a daily move in standard deviations, shape (len(grid.PROBABILITIES),).
        recent: the variance of a daily move now.
        long_run: the variance to which it reverts.
        drift_deviation: the standard deviation of the drift of a day. Each path has a drift of its own.
    """
    days = np.unique(np.linspace(0, len(curves) - 1, min(len(curves), MOST_DAYS)).round().astype(np.int64))
    walk = _walk(daily_shape, recent, long_run, drift_deviation, step=len(curves) / len(days))
    highest, lowest, peak, drawdowns = (np.full(PATHS, start) for start in (-np.inf, np.inf, 0.0, 0.0))
    paths = np.empty((len(days), PATHS))
    for block in range(0, len(days), _BLOCK_DAYS):
        values = quantiles_at(curves[days[block : block + _BLOCK_DAYS]], _PROBABILITIES)
        for position, ascending in zip(paths[block:], values, strict=False):
            position[np.argsort(next(walk))] = ascending
            np.maximum(highest, position, out=highest)
            np.minimum(lowest, position, out=lowest)
            np.maximum(peak, position, out=peak)
            np.maximum(drawdowns, peak - position, out=drawdowns)
    chosen = np.argsort(paths[-1])[PATHS // (2 * SAMPLES) :: PATHS // SAMPLES]
    return Paths(np.sort(highest), np.sort(lowest), np.sort(drawdowns), days, paths[:, chosen].T)


def _walk(
    daily_shape: FloatArray, recent: float, long_run: float, drift_deviation: float, step: float
) -> Iterator[FloatArray]:
    """Yield the positions of random walks after every ``step`` days, shape (:data:`PATHS`,)."""
    random = np.random.default_rng(SEED)
    # A move of the walk is that of one day, whose variance is step times smaller than that of its days together.
    drifts = random.permutation(ndtri(_PROBABILITIES)) * drift_deviation * np.sqrt(step)
    moves = np.interp(ndtri(_PROBABILITIES), SCORES, daily_shape)
    moves = (moves - moves.mean()) / moves.std()
    squares = np.minimum(moves**2, LARGEST_MOVE**2) - 1
    gain, fade = 1 - 0.5 ** (step / RECENT_HALF_LIFE_DAYS), 0.5 ** (step / FADING_HALF_LIFE_DAYS)
    drawn = np.arange(PATHS)
    variance, position = np.full(PATHS, recent), np.zeros(PATHS)
    while True:
        random.shuffle(drawn)
        position += np.sqrt(variance) * moves[drawn] + drifts
        yield position
        variance += (1 - fade) * (long_run - variance) + gain * variance * squares[drawn]
