"""The sessions of exchanges, from the holidays of exchange_calendars.

The library's own calendars evaluate every holiday from 1970 to 2200, which takes 0.2 to 5 seconds, and refuse years
whose lunar or announced holidays they do not record. This module evaluates the same rules for the wanted years alone.
Beyond the recorded years, weekends and the holidays that follow a rule remain. Exchanges that the library lacks have
their week alone.

The library takes half a second to import, so it is imported when the first calendar is needed. The web server has
neither this module nor the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from importlib import import_module
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.markets.exchanges import EVERY_DAY, EXCHANGES, WEEKDAYS, Exchange, exchange_of
from common.domain.markets.price_steps import find_step, is_step, step_days

_EVERY_DAY_MASK, _WEEKDAYS_MASK = "1111111", "1111100"
SATURDAY, SUNDAY = 5, 6
KOREA = "XKRX"
WEEKEND_SHARE = 0.07
"""The least share of rows on each weekend day. A seventh (0.14) is expected; a few stray rows of a stock are less."""
_one_calendar_at_a_time = Lock()
"""Evaluating a rule silences warnings for the whole process, and two threads that do so at once let them out."""

Days = npt.NDArray[np.datetime64]


class _Week:
    """A calendar without holidays, with those attributes of the library's calendars that this module reads."""

    regular_holidays = None
    adhoc_holidays: tuple[pd.Timestamp, ...] = ()
    special_closes: tuple[tuple[time, Any], ...] = ()
    special_closes_adhoc: tuple[tuple[time, Any], ...] = ()

    def __init__(self, exchange: Exchange) -> None:
        self.tz = ZoneInfo(exchange.time_zone)
        self.weekmask = exchange.week
        self.close_times = ((None, exchange.ends),)

    def bound_max(self) -> None:
        """Return no last day of known holidays."""


def trades_at_weekends(days: pd.DatetimeIndex) -> bool:
    """Return whether a series with closes on ``days`` trades on every day of the week, as cryptocurrencies do.

    Both Saturdays and Sundays are required, because some markets are open from Sunday to Thursday.
    """
    rows_a_weekday = np.bincount(days.day_of_week, minlength=7)
    return bool(min(rows_a_weekday[[SATURDAY, SUNDAY]]) >= max(WEEKEND_SHARE * len(days), 1))


def calendar_of(ticker: str, days: pd.DatetimeIndex) -> str:
    """Return the code of the calendar of a ticker that has closes on ``days``.

    The prices decide whether it trades at weekends: some sources leave the weekends of cryptocurrencies out. Weekly and
    monthly prices have calendars of their own.
    """
    step = find_step(days)
    if step is not None:
        return step
    if trades_at_weekends(days):
        return EVERY_DAY
    calendar = exchange_of(ticker).calendar
    return WEEKDAYS if calendar == EVERY_DAY else calendar


def sessions(calendar: str, first: date, last: date) -> pd.DatetimeIndex:
    """Return the trading days of a calendar from ``first`` to ``last``, both included."""
    if is_step(calendar):
        return step_days(calendar, first, last)
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    if calendar in {EVERY_DAY, WEEKDAYS}:
        is_open = np.is_busday(days, weekmask=_EVERY_DAY_MASK if calendar == EVERY_DAY else _WEEKDAYS_MASK)
    else:
        with _one_calendar_at_a_time:
            is_open = _in_week(calendar, days) & ~np.isin(days, _holidays(calendar, first, last))
    return pd.DatetimeIndex(days[is_open]).as_unit("ns")


def session_close(calendar: str, day: date) -> datetime | None:
    """Return when the session of an exchange ends on ``day``, early closes included; None where there is no session."""
    return session_closes(calendar, day, day).get(day)


def session_closes(calendar: str, first: date, last: date) -> dict[date, datetime]:
    """Return when each session of an exchange from ``first`` to ``last`` ends, early closes included."""
    days = [day.date() for day in sessions(calendar, first, last)]
    if not days:
        return {}
    known = _known_calendar(calendar)
    with _one_calendar_at_a_time:
        special = _special_closes(known, days)
    closes = {day: special.get(day) or _usual_close(known, day) for day in days}
    return {day: datetime.combine(day, close, known.tz).astimezone(UTC) for day, close in closes.items()}


def has_known_holidays(calendar: str) -> bool:
    """Return whether the days of a calendar are more than those of its week."""
    return calendar in {EVERY_DAY, WEEKDAYS} or is_step(calendar) or not EXCHANGES[calendar].week


def holidays_known_until(calendar: str) -> date | None:
    """Return the last day whose holidays the library knows; None where rules or weekends alone decide."""
    if calendar in {EVERY_DAY, WEEKDAYS} or is_step(calendar):
        return None
    bound: pd.Timestamp | None = _known_calendar(calendar).bound_max()
    return None if bound is None else bound.date()


def _in_week(calendar: str, days: Days) -> npt.NDArray[np.bool_]:
    """Return which days are no weekends; some exchanges have changed theirs."""
    known = _known_calendar(calendar)
    is_open = np.is_busday(days, weekmask=known.weekmask)
    for first, last, weekmask in getattr(known, "special_weekmasks", ()):
        is_within = days <= np.datetime64(last, "D")
        if first is not None:
            is_within &= days >= np.datetime64(first, "D")
        is_open = np.where(is_within, np.is_busday(days, weekmask=weekmask), is_open)
    return is_open


def _holidays(calendar: str, first: date, last: date) -> Days:
    known = _known_calendar(calendar)
    regular = known.regular_holidays
    ruled = () if regular is None else regular.holidays(pd.Timestamp(first), pd.Timestamp(last))
    announced = pd.DatetimeIndex(known.adhoc_holidays).tz_localize(None)
    return np.concatenate([pd.DatetimeIndex(found).to_numpy().astype("datetime64[D]") for found in (ruled, announced)])


def _usual_close(known: Any, day: date) -> time:
    closes: list[time] = [close for since, close in known.close_times if since is None or since.date() <= day]
    return closes[-1]


def _special_closes(known: Any, days: Sequence[date]) -> dict[date, time]:
    """Return the close of each day that has a special one. Announced closes count more than those by a rule."""
    special: dict[date, time] = {}
    for close, rule in known.special_closes:
        special |= dict.fromkeys(_days_of_rule(rule, days), close)
    for close, announced in known.special_closes_adhoc:
        special |= dict.fromkeys((day.date() for day in pd.DatetimeIndex(announced).tz_localize(None)), close)
    return special


def _days_of_rule(rule: Any, days: Sequence[date]) -> list[date]:
    """Return the days for which a rule holds; it is a calendar of days, or a day of the week."""
    if isinstance(rule, int):
        return [day for day in days if day.weekday() == rule]
    return [day.date() for day in rule.holidays(pd.Timestamp(days[0]), pd.Timestamp(days[-1]))]


@lru_cache(maxsize=128)
def _known_calendar(calendar: str) -> Any:
    """Return the library's calendar without its sessions, which only its ``__init__`` makes, or the exchange's week."""
    if not has_known_holidays(calendar):
        return _Week(EXCHANGES[calendar])
    import exchange_calendars  # type: ignore[import-untyped]  # noqa: PLC0415
    from exchange_calendars.pandas_extensions.offsets import (  # type: ignore[import-untyped]  # noqa: PLC0415
        OrthodoxEaster,
    )

    if "_add_datetime" not in vars(OrthodoxEaster):  # pandas 3.1 renamed the method; Athens and Bucharest need it
        OrthodoxEaster._add_datetime = OrthodoxEaster._apply  # noqa: SLF001
    module = import_module(f"{exchange_calendars.__name__}.exchange_calendar_{calendar.lower()}")
    if calendar == KOREA:
        _remember_korean_dates()
    kind = getattr(module, f"{calendar}ExchangeCalendar")
    return kind.__new__(kind)


def _remember_korean_dates() -> None:
    """Make the holidays of 13 years in Korea take a tenth of the 1.5 seconds that they take otherwise.

    The library makes a new converter of lunar dates for each date, and each sums the days of a thousand years again.
    One converter remembers its sums; every conversion sets its date before it reads the result. The library also keeps
    the dates that it has found in a pandas series, which is copied whole for each new date.
    """
    from exchange_calendars.pandas_extensions import korean_holiday  # type: ignore[import-untyped]  # noqa: PLC0415

    if isinstance(korean_holiday.KoreanLunarCalendar, type):
        korean_holiday.KoreanLunarCalendar = cache(korean_holiday.KoreanLunarCalendar)
        korean_holiday.KoreanHoliday._computed_holidays = _FoundDates()  # noqa: SLF001
        korean_holiday.KoreanHoliday._alternate_holidays_cache = _FoundDates()  # noqa: SLF001


class _FoundDates(dict[pd.Timestamp, Any]):
    """A dictionary that is used as a pandas series."""

    @property
    def index(self) -> _FoundDates:
        """Return the dates, for membership tests."""
        return self
