"""The effects of weekdays on the logarithm of volume, and their recent medians, as known on each day of a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

YARDSTICK_DAYS = 8
"""The yardstick is the median of the last so many volumes of the same weekday: about two months."""
EFFECT_HALF_LIFE_WEEKS = 52.0
"""The half-life of a week in a weekday's effect."""
PRIOR_WEEKS = 10.0
"""A weekday's effect leans towards none as if so many weeks without effect had been seen."""
_DAYS_A_WEEK = 7
_LEAST_SHARE = 0.02
"""A weekday with a smaller fraction of the rows is no usual trading day."""


def weekdays_of(days: IntArray) -> IntArray:
    """Return the weekdays of days since 1970, 0 for Monday, shape (n,)."""
    return np.asarray((days + 3) % _DAYS_A_WEEK, dtype=np.int64)


def rows_a_week(weekdays: IntArray) -> int:
    """Return the usual number of rows in a week: the number of weekdays that are trading days; 1 for weekly rows."""
    shares = np.bincount(weekdays, minlength=_DAYS_A_WEEK) / len(weekdays)
    return max(int((shares >= _LEAST_SHARE).sum()), 1)


def trailing_means(values: FloatArray, rows: int) -> FloatArray:
    """Return the mean of the last ``rows`` values up to each row, of all values where there are fewer, shape (N,)."""
    sums = np.concatenate([[0.0], values.cumsum()])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - rows, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts), dtype=np.float64)


@dataclass(frozen=True)
class WeekdayEffects:
    """The effect of each weekday on the logarithm, as it was known on each day, shape (N, 7)."""

    known: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weekdays: IntArray, week: int) -> WeekdayEffects:
        """Estimate the effects from deviations of the values from the mean of their week.

        Args:
            values: logarithms of the volumes, shape (N,).
            weekdays: their weekdays, shape (N,).
            week: the usual number of rows in a week.
        """
        deviations = values - trailing_means(values, week)
        deviations[: min(week - 1, len(values))] = 0.0  # a mean of fewer days is not that of a week
        keep = 0.5 ** (1 / EFFECT_HALF_LIFE_WEEKS)
        known = np.zeros((len(values), _DAYS_A_WEEK))
        for weekday in range(_DAYS_A_WEEK):
            rows = np.flatnonzero(weekdays == weekday)
            effects = _shrunk_means(deviations[rows], keep)
            seen = np.searchsorted(rows, np.arange(len(values)), side="right")
            known[:, weekday] = np.concatenate([[0.0], effects])[seen]
        return cls(known)

    def remove_from(self, values: FloatArray, weekdays: IntArray) -> FloatArray:
        """Return each value without the effect of its weekday as it was known on that day, shape (N,)."""
        return values - self.known[np.arange(len(values)), weekdays]


def recent_medians(values: FloatArray, weekdays: IntArray) -> FloatArray:
    """Return the yardstick for each weekday as it was known on each day, shape (N, 7).

    It is the median of the last :data:`YARDSTICK_DAYS` values of the weekday. For a weekday without a value so far, it
    is the median of the last values of all weekdays.
    """
    found = _rolling_medians(values)
    medians = np.repeat(found[:, None], _DAYS_A_WEEK, axis=1)
    for weekday in range(_DAYS_A_WEEK):
        rows = np.flatnonzero(weekdays == weekday)
        if len(rows):
            seen = np.searchsorted(rows, np.arange(len(values)), side="right")
            own = _rolling_medians(values[rows])
            medians[seen > 0, weekday] = own[seen[seen > 0] - 1]
    return medians


def _rolling_medians(values: FloatArray) -> FloatArray:
    """Return the median of the last values up to each row, shape (n,)."""
    padded = np.concatenate([np.full(YARDSTICK_DAYS - 1, np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, YARDSTICK_DAYS)
    return np.asarray(np.nanmedian(windows, axis=1), dtype=np.float64)


def _shrunk_means(deviations: FloatArray, keep: float) -> FloatArray:
    """Return the weighted mean of the deviations up to each, leaning towards 0, shape (n,)."""
    total, weight, means = 0.0, 0.0, []
    for deviation in deviations.tolist():
        total, weight = keep * total + deviation, keep * weight + 1.0
        means.append(total / (weight + PRIOR_WEEKS))
    return np.array(means)
