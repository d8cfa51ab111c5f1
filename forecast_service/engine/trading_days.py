"""The trading days of a forecast."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import pandas as pd

from common.domain.markets.exchanges import EVERY_DAY
from common.domain.markets.price_steps import is_step, step_length
from common.domain.markets.trading_calendars import sessions

_FEW_YEARS, _MANY_YEARS = 12, 45
"""The years of a window from the first one of a decade: for most horizons, and for 10000 days (27.4 years)."""

PRELOADED = ("XNYS", "XLON", "XETR", "XPAR", "XTKS", "XHKG", "XBOM", "XTSE", "XASX")
"""The calendars of the exchanges that are asked for most."""


def preload_sessions(today: date) -> None:
    """Evaluate the calendars of :data:`PRELOADED`, so that no forecast of today has to; it takes 0.3 seconds."""
    for calendar in PRELOADED:
        target_date(today, 30, calendar)


def target_date(counted_from: date, days: int, calendar: str) -> date:
    """Return the first trading day of ``calendar`` on or after ``counted_from`` plus ``days`` calendar days.

    In weekly and monthly steps it is at least the next step: a day may be early or late by a few days.
    """
    wanted = counted_from + timedelta(days=max(days, _least_days(calendar)))
    if calendar == EVERY_DAY:
        return wanted
    window = _window(calendar, counted_from, wanted)
    first: pd.Timestamp = window[int(window.searchsorted(pd.Timestamp(wanted)))]
    return first.date()


def forecast_days(as_of: date, target: date, calendar: str) -> pd.DatetimeIndex:
    """Return the trading days after ``as_of`` up to and including ``target``, at most 35 years later.

    Raises:
        ValueError: ``target`` is not after ``as_of``.
    """
    if target <= as_of:
        raise ValueError(f"the target {target} is not after the last close {as_of}")
    after, last = pd.Timestamp(as_of) + pd.Timedelta(days=_least_days(calendar) - 1), pd.Timestamp(target)
    if calendar == EVERY_DAY:
        return pd.date_range(after + pd.Timedelta(days=1), last, freq="D")
    window = _window(calendar, as_of, target)
    return window[window.searchsorted(after, side="right") : window.searchsorted(last, side="right")]


def next_trading_days(as_of: date, count: int, calendar: str) -> pd.DatetimeIndex:
    """Return the ``count`` trading days after ``as_of``, at most some years of them."""
    step = step_length(calendar) if is_step(calendar) else 1
    latest = as_of + timedelta(days=(2 * count + 30) * step)
    return forecast_days(as_of, latest, calendar)[:count]


def has_session_between(first: date, second: date, calendar: str) -> bool:
    """Return whether ``calendar`` has a trading day between two days, neither of them included."""
    return second - first > timedelta(days=1) and target_date(first, 1, calendar) < second


def _least_days(calendar: str) -> int:
    """Return the least days from a close to the next one: half a step of weeks or months."""
    return step_length(calendar) // 2 if is_step(calendar) else 1


def _window(calendar: str, first: date, last: date) -> pd.DatetimeIndex:
    """Return the trading days of the years around two days, the year after the second one included."""
    decade = first.year // 10 * 10
    return _sessions(calendar, decade, _FEW_YEARS if last.year < decade + _FEW_YEARS else _MANY_YEARS)


@lru_cache(maxsize=128)
def _sessions(calendar: str, decade: int, years: int) -> pd.DatetimeIndex:
    return sessions(calendar, date(decade, 1, 1), date(decade + years, 12, 31))
