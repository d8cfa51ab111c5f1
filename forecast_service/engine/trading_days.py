"""The trading days of a forecast."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import exchange_calendars  # type: ignore[import-untyped]
import pandas as pd

EXCHANGE = "XNYS"
_YEARS_AHEAD = 45
"""The years of a calendar, from the first year of a decade: ten years, 10000 days (27.4 years) and a margin."""


def target_date(counted_from: date, days: int, *, every_day: bool) -> date:
    """Return the first trading day on or after ``counted_from`` plus ``days`` calendar days."""
    wanted = counted_from + timedelta(days=days)
    if every_day:
        return wanted
    sessions = _sessions(_decade(wanted))
    first: pd.Timestamp = sessions[int(sessions.searchsorted(pd.Timestamp(wanted)))]
    return first.date()


def forecast_days(as_of: date, target: date, *, every_day: bool) -> pd.DatetimeIndex:
    """Return the trading days after ``as_of`` up to and including ``target``, at most 35 years later.

    Raises:
        ValueError: ``target`` is not after ``as_of``.
    """
    if target <= as_of:
        raise ValueError(f"the target {target} is not after the last close {as_of}")
    after, last = pd.Timestamp(as_of), pd.Timestamp(target)
    if every_day:
        return pd.date_range(after + pd.Timedelta(days=1), last, freq="D")
    sessions = _sessions(_decade(as_of))
    return sessions[sessions.searchsorted(after, side="right") : sessions.searchsorted(last, side="right")]


def _decade(day: date) -> int:
    return day.year // 10 * 10


@lru_cache(maxsize=16)
def _sessions(decade: int) -> pd.DatetimeIndex:
    """Return the exchange's sessions from a decade on. Without an end, the calendar would stop a year from now."""
    calendar = exchange_calendars.get_calendar(EXCHANGE, start=f"{decade}-01-01", end=f"{decade + _YEARS_AHEAD}-12-31")
    return pd.DatetimeIndex(calendar.sessions)
