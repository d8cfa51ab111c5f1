"""The steps of weekly and monthly series, which are calendars of their own.

Such a calendar has a code like those of exchanges: ``WEEKLY-4`` has a day each Friday, ``MONTHLY-31`` the last day of
each month, and ``MONTHLY-1-WEEKDAYS`` the first weekday on or after the first of each month.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

_WEEKLY, _MONTHLY, _ON_WEEKDAYS = "WEEKLY-", "MONTHLY-", "-WEEKDAYS"
LEAST_ROWS = 20
"""With fewer rows, a step is not recognised."""
REGULAR = 0.9
"""The least share of steps that have the usual length."""
_WEEK_DAYS, _MONTH_DAYS = (4, 10), (21, 40)
"""The shortest and the longest step in days: a day may move because of holidays, in China by a week."""
_MEAN_WEEK, _MEAN_MONTH = (6.5, 7.5), (29.5, 31.5)
"""The mean of these steps in days. Steps of ten days, or of four weeks, are neither."""
_MONTH_END = 27
"""A median day of the month from this one on means the end of the month."""
_MONTH_START = 4
_SATURDAY = 5
_LENGTHS = {_WEEKLY: 7, _MONTHLY: 31}
_A_YEAR = {_WEEKLY: 52, _MONTHLY: 12}
_NOUNS = {_WEEKLY: "week", _MONTHLY: "month"}


def find_step(days: pd.DatetimeIndex) -> str | None:
    """Return the code of the calendar of a weekly or monthly series; None if the steps are others.

    Args:
        days: the days of the series, oldest first.
    """
    if len(days) < LEAST_ROWS:
        return None
    gaps = np.diff(days.to_numpy()).astype("timedelta64[D]").astype(int)
    if _are_mostly(gaps, _WEEK_DAYS, _MEAN_WEEK):
        return f"{_WEEKLY}{np.bincount(days.day_of_week, minlength=7).argmax()}"
    if _are_mostly(gaps, _MONTH_DAYS, _MEAN_MONTH):
        return _monthly_code(days)
    return None


def is_step(calendar: str) -> bool:
    """Return whether a calendar is that of weekly or monthly steps."""
    return calendar.startswith((_WEEKLY, _MONTHLY))


def step_length(calendar: str) -> int:
    """Return the longest usual step of a calendar in days: 7 or 31."""
    return _LENGTHS[_kind_of(calendar)]


def extra_days(days: pd.DatetimeIndex, calendar: str) -> pd.DatetimeIndex:
    """Return the days whose week (Monday to Sunday) or month has an earlier day.

    Args:
        days: the days of the series, oldest first.
        calendar: the code of its calendar.
    """
    return days[_periods_of(days, calendar).duplicated()]


def mark_same_periods(days: pd.DatetimeIndex, others: pd.DatetimeIndex, calendar: str) -> npt.NDArray[np.bool_]:
    """Mark the days whose week (Monday to Sunday) or month has one of ``others``."""
    marks: npt.NDArray[np.bool_] = _periods_of(days, calendar).isin(_periods_of(others, calendar))
    return marks


def steps_a_year(calendar: str) -> int:
    """Return the number of steps in a year: 52 or 12."""
    return _A_YEAR[_kind_of(calendar)]


def step_noun(calendar: str) -> str:
    """Return the noun of a step: week or month."""
    return _NOUNS[_kind_of(calendar)]


def step_days(calendar: str, first: date, last: date) -> pd.DatetimeIndex:
    """Return the days of a calendar from ``first`` to ``last``, both included."""
    if calendar.startswith(_WEEKLY):
        days = pd.date_range(first, last, freq="D")
        return days[days.day_of_week == int(calendar.removeprefix(_WEEKLY))].as_unit("ns")
    day = int(calendar.removeprefix(_MONTHLY).removesuffix(_ON_WEEKDAYS))
    starts = pd.date_range(pd.Timestamp(first).replace(day=1) - pd.DateOffset(months=1), last, freq="MS")
    days = starts + pd.to_timedelta(np.minimum(day, starts.days_in_month) - 1, unit="D")
    if calendar.endswith(_ON_WEEKDAYS):
        beyond = np.maximum(days.day_of_week - _SATURDAY + 1, 0)  # 1 on a Saturday, 2 on a Sunday
        moved = -beyond if day >= _MONTH_END else np.where(beyond, 3 - beyond, 0)
        days = days + pd.to_timedelta(moved, unit="D")
    return days[(days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))].as_unit("ns")


def _periods_of(days: pd.DatetimeIndex, calendar: str) -> pd.PeriodIndex:
    return days.to_period("W" if _kind_of(calendar) == _WEEKLY else "M")


def _are_mostly(
    gaps: np.ndarray[tuple[int], np.dtype[np.int_]], bounds: tuple[int, int], mean: tuple[float, float]
) -> bool:
    """Return whether most gaps are within the bounds, and whether their mean is within those of ``mean``."""
    within = gaps[(gaps >= bounds[0]) & (gaps <= bounds[1])]
    return bool(len(within) >= REGULAR * len(gaps) and mean[0] <= within.mean() <= mean[1])


def _monthly_code(days: pd.DatetimeIndex) -> str:
    """Return the code by the usual day of the month: its beginning, its end, or the most frequent day between."""
    usual = float(np.median(days.day))
    on_weekdays = _ON_WEEKDAYS if (days.day_of_week < _SATURDAY).all() else ""
    if usual <= _MONTH_START:
        return f"{_MONTHLY}1{on_weekdays}"
    if usual >= _MONTH_END:
        return f"{_MONTHLY}31{on_weekdays}"
    return f"{_MONTHLY}{np.bincount(days.day).argmax()}{on_weekdays}"


def _kind_of(calendar: str) -> str:
    return _WEEKLY if calendar.startswith(_WEEKLY) else _MONTHLY
