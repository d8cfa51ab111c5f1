"""Forecasts of the logarithm of volume over a horizon, from each day of a history, and the shape of their errors.

Nothing at a row depends on a later row: the weekday effects, the coefficients, the size and the shape of the errors are
those that were known on its day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from common.domain.prices import MIN_ROWS
from forecast_service.engine.distribution.shape import shape_of
from forecast_service.engine.volume.level import Level
from forecast_service.engine.volume.weekdays import WeekdayEffects, recent_medians, rows_a_week, weekdays_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HALF_LIFE_ROWS = 250.0
"""The half-life of a squared error in the present size of the errors."""
LARGEST_ERROR = 4.0
"""Larger errors are clipped at this many present deviations."""
LEAST_DEVIATION = 1e-3
"""The least standard deviation of an error, which gives constant volumes an interval too."""
MOST_OVERLAP = 21
"""Errors a month apart count as independent on every horizon, because volume reverts to its level within weeks."""
PRIOR_MEDIANS = 50.0
"""The median of the errors leans towards 0 as if so many errors had had a median of 0."""
STARTING_DEVIATION = 0.5
"""The deviation of the errors before any is known: that of volumes that differ by half or double now and then."""


class VolumeHistory:
    """The volumes of a history, with their weekdays and what was known on each day.

    Args:
        days: days since 1970, shape (N,).
        values: logarithms of the volumes, shape (N,).
    """

    def __init__(self, days: IntArray, values: FloatArray) -> None:
        self.days = days
        self.values = values
        self.weekdays = weekdays_of(days)
        self._week = rows_a_week(self.weekdays)

    @cached_property
    def effects(self) -> WeekdayEffects:
        """The weekday effects."""
        return WeekdayEffects.of(self.values, self.weekdays, self._week)

    @cached_property
    def level(self) -> Level:
        """The level without weekday effects."""
        return Level(self.effects.remove_from(self.values, self.weekdays), self._week)

    @cached_property
    def medians(self) -> FloatArray:
        """The recent median of each weekday as it was known on each day, shape (N, 7)."""
        return recent_medians(self.values, self.weekdays)

    def yardstick(self, horizon: int) -> FloatArray:
        """Return from each day that is not too late the median of the weekday of the target, shape (N - horizon,)."""
        rows = np.arange(len(self.values) - horizon)
        return np.asarray(self.medians[rows, self.weekdays[horizon:]], dtype=np.float64)

    def reverting(self, horizon: int) -> FloatArray:
        """Return the level's forecast with the effect of the target's weekday, shape (N - horizon,)."""
        rows = np.arange(len(self.values) - horizon)
        expected = self.level.expected(self.level.coefficients(horizon))
        return np.asarray(expected[rows] + self.effects.known[rows, self.weekdays[horizon:]], dtype=np.float64)


@dataclass(frozen=True)
class HorizonErrors:
    """The errors of forecasts over one horizon, with what was known of them on each day.

    ``deviations`` has the standard deviation of the errors as it was known on each row, shape (N,); ``standardised``
    the errors of the forecasts from each row in those deviations, shape (N - horizon,).
    """

    horizon: int
    deviations: FloatArray
    standardised: FloatArray

    @classmethod
    def of(cls, errors: FloatArray, horizon: int, rows: int) -> HorizonErrors:
        """Find the size of the errors of forecasts from each row, shape (N - horizon,), in a history of ``rows``."""
        deviations = _known_deviations(errors, horizon, rows)
        return cls(horizon, deviations, errors / deviations[: len(errors)])

    def known(self, row: int) -> FloatArray:
        """Return the errors that were known at a row, in deviations, ascending, shape (n,)."""
        return np.sort(self.standardised[MIN_ROWS : max(row - self.horizon + 1, MIN_ROWS)])

    def curve(self, row: int, *, around_zero: bool) -> FloatArray:
        """Return the distribution of the error of a forecast from a row, in logarithms, as it was known there.

        Args:
            row: the row of the origin.
            around_zero: whether the median is 0; else it is that of the known errors, which are skewed.
        """
        known = self.known(row)
        shape = shape_of(known, self.horizon, float(min(self.horizon, MOST_OVERLAP)))
        shift = 0.0 if around_zero or not len(known) else _leaning_median(known)
        return np.asarray(self.deviations[row] * (shape + shift), dtype=np.float64)


def _leaning_median(errors: FloatArray) -> float:
    return float(np.median(errors)) * len(errors) / (len(errors) + PRIOR_MEDIANS)


def _known_deviations(errors: FloatArray, horizon: int, rows: int) -> FloatArray:
    """Return the deviation of the errors as it was known on each row: exponentially weighted, with clipped squares."""
    keep = 0.5 ** (1 / HALF_LIFE_ROWS)
    total, weight = 10.0 * STARTING_DEVIATION**2, 10.0
    variances = [STARTING_DEVIATION**2] * min(horizon, rows)
    for square in (errors**2).tolist():
        variance = total / weight
        total = keep * total + min(square, LARGEST_ERROR**2 * variance)
        weight = keep * weight + 1.0
        variances.append(max(total / weight, LEAST_DEVIATION**2))
    return np.asarray(np.sqrt(np.array(variances[:rows])), dtype=np.float64)
