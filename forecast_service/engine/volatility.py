"""How far a price may move in h days, as it was known on each day of its history.

The variance of a day's move is a mixture that ages: what it has been lately (exponentially weighted, as in RiskMetrics,
1996) fades over the horizon into what it has been all along (mean reversion, as in GARCH(1, 1): Bollerslev, 1986). One
jump is counted as a large move and no more: an earnings day does not make a month of storms. The constants were chosen
on simulated series and looked at on the bundled sample; the scores hardly change between half and twice of each.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LATELY_DAYS = 30.0
"""The half-life of a squared move in the recent variance, in trading days."""
FADING_DAYS = 60.0
"""The half-life of the recent variance's share in the variance of a day ahead, in trading days."""
START_ROWS = 60
"""The first moves, whose median square starts the variance; nothing before their end is used."""
NORMAL_MEDIAN = 0.4549
"""The median square of a normal deviate: of moves like it, the median square is this share of the variance."""
LARGEST_MOVE = 4.0
"""In deviations of late: what is larger counts as this."""
LEAST_DAILY_MOVE = 1e-6
"""A price that never moved has an interval all the same, of a ten-thousandth of a percent a day."""


class Volatility:
    """The deviation of moves from each day of a history.

    Args:
        log_closes: logarithms of the closes, shape (N,), N >= :data:`START_ROWS`.
    """

    def __init__(self, log_closes: FloatArray) -> None:
        moves = np.diff(log_closes) ** 2
        start = max(float(np.median(moves[: START_ROWS - 1])) / NORMAL_MEDIAN, LEAST_DAILY_MOVE**2)
        self._squares, self._lately = _tamed([start, *moves.tolist()], start)

    def deviations(self, horizon: int) -> FloatArray:
        """The deviation of the move over the next ``horizon`` trading days, known at each day: shape (N,)."""
        return self._deviations(self._lately, self._all_along, np.array([horizon])).ravel()

    def deviations_ahead(self, days: int) -> FloatArray:
        """The deviation of the move over 1, 2, … ``days`` trading days from the last day on: shape (days,)."""
        return self._deviations(self._lately[-1:], self._all_along[-1:], np.arange(1, days + 1)).ravel()

    @cached_property
    def _all_along(self) -> FloatArray:
        return np.asarray(self._squares.cumsum() / np.arange(1, len(self._squares) + 1), dtype=np.float64)

    @staticmethod
    def _deviations(lately: FloatArray, all_along: FloatArray, horizons: npt.NDArray[np.int64]) -> FloatArray:
        """Sum the variances of the days ahead; the recent share of day i is fade**i, a geometric series."""
        fade = 0.5 ** (1 / FADING_DAYS)
        recent_days = fade * (1 - fade**horizons) / (1 - fade)
        variances = all_along[:, None] * horizons + (lately - all_along)[:, None] * recent_days
        return np.asarray(np.sqrt(np.maximum(variances, LEAST_DAILY_MOVE**2 * horizons)), dtype=np.float64)


def _tamed(squares: list[float], start: float) -> tuple[FloatArray, FloatArray]:
    """Cut each square at what was known before it, and return both: what is left of it, and the recent variance."""
    keep = 0.5 ** (1 / LATELY_DAYS)
    variance, cut, lately = start, [], []
    for square in squares:
        counted = min(square, LARGEST_MOVE**2 * variance)
        variance = max(keep * variance + (1 - keep) * counted, LEAST_DAILY_MOVE**2)
        cut.append(counted)
        lately.append(variance)
    return np.array(cut), np.array(lately)
