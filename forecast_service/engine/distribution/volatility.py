"""The volatility: the standard deviation of the move over the next h days, as it was known on each day.

The variance of a day ahead is a mixture. The recent variance (exponentially weighted, as in RiskMetrics, 1996) fades
over the horizon into the long-run variance (mean reversion, as in GARCH(1, 1): Bollerslev, 1986). A single jump counts
as a large move only, so that an earnings day does not widen a month of intervals. The constants were chosen on
simulated series and checked on the bundled sample. The scores hardly change between half and twice of each.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RECENT_HALF_LIFE_DAYS = 30.0
"""The half-life of a squared move in the recent variance."""
FADING_HALF_LIFE_DAYS = 60.0
"""The half-life of the recent variance's weight in the variance of a day ahead."""
START_ROWS = 60
"""The squares of this many first moves start the variance. No forecast uses the variance before their end."""
NORMAL_MEDIAN = 0.4549
"""The ratio of the median square to the variance in a normal distribution."""
LARGEST_MOVE = 4.0
"""Larger moves are clipped at this many recent standard deviations."""
STANDSTILL_VARIANCE = 1e-10
"""A smaller variance is that of a price that stands still. Clipped by it, the next moves would count as nothing."""
LEAST_DAILY_MOVE = 1e-6
"""The least standard deviation of a daily move, which gives a constant price an interval too."""


class Volatility:
    """The standard deviation of moves from each day of a history.

    Args:
        log_closes: logarithms of the closes, shape (N,), N >= :data:`START_ROWS`.
    """

    def __init__(self, log_closes: FloatArray) -> None:
        moves = np.diff(log_closes) ** 2
        start = _starting_variance(moves[: START_ROWS - 1])
        self._squares, self._recent = _clipped([start, *moves.tolist()], start)

    @property
    def recent(self) -> FloatArray:
        """Return the recent variance of a daily move as it was known on each day, shape (N,)."""
        return self._recent

    @cached_property
    def long_run(self) -> FloatArray:
        """Return the long-run variance of a daily move as it was known on each day, shape (N,)."""
        return np.asarray(self._squares.cumsum() / np.arange(1, len(self._squares) + 1), dtype=np.float64)

    def deviations(self, horizon: int) -> FloatArray:
        """Return the deviation of the move over the next ``horizon`` trading days from each day, shape (N,)."""
        return self._deviations(self._recent, self.long_run, np.array([horizon])).ravel()

    def deviations_ahead(self, days: int) -> FloatArray:
        """Return the deviation of the move over 1, 2, … ``days`` trading days from the last day, shape (days,)."""
        return self._deviations(self._recent[-1:], self.long_run[-1:], np.arange(1, days + 1)).ravel()

    @staticmethod
    def _deviations(recent: FloatArray, long_run: FloatArray, horizons: npt.NDArray[np.int64]) -> FloatArray:
        """Sum the variances of the days ahead, in which the recent variance has the weight fade**i on day i."""
        fade = 0.5 ** (1 / FADING_HALF_LIFE_DAYS)
        recent_days = fade * (1 - fade**horizons) / (1 - fade)
        variances = long_run[:, None] * horizons + (recent - long_run)[:, None] * recent_days
        return np.asarray(np.sqrt(np.maximum(variances, LEAST_DAILY_MOVE**2 * horizons)), dtype=np.float64)


def _starting_variance(squares: FloatArray) -> float:
    """Return the variance of the first moves from the median square of those that are not 0, and their fraction."""
    moved = squares[squares > 0]
    if len(moved) == 0:
        return LEAST_DAILY_MOVE**2
    return max(float(np.median(moved)) / NORMAL_MEDIAN * len(moved) / len(squares), LEAST_DAILY_MOVE**2)


def _clipped(squares: list[float], start: float) -> tuple[FloatArray, FloatArray]:
    """Clip each squared move by the variance known before it; return the clipped squares and the recent variances."""
    keep, largest, least = 0.5 ** (1 / RECENT_HALF_LIFE_DAYS), LARGEST_MOVE**2, LEAST_DAILY_MOVE**2
    variance, clipped, recent = start, [], []
    for square in squares:
        if variance < STANDSTILL_VARIANCE < square:
            # After a standstill, nothing is known of the size of moves but this one.
            variance = square
        clipped_square = min(square, largest * variance)
        variance = max(keep * variance + (1 - keep) * clipped_square, least)
        clipped.append(clipped_square)
        recent.append(variance)
    return np.array(clipped), np.array(recent)
