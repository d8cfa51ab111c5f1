"""The calendars behind the codes of exchanges."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import exchange_calendars  # type: ignore[import-untyped]
import pandas as pd
import pytest
from exchange_calendars.pandas_extensions import korean_holiday  # type: ignore[import-untyped]

from common.domain.markets.exchanges import EVERY_DAY, WEEKDAYS
from common.domain.markets.trading_calendars import (
    calendar_of,
    has_known_holidays,
    holidays_known_until,
    session_close,
    sessions,
)

DAYS = pd.bdate_range("2025-01-01", periods=300)


@pytest.mark.parametrize(
    ("ticker", "days", "calendar"),
    [
        ("VOD.L", DAYS, "XLON"),
        ("EURUSD=X", DAYS, WEEKDAYS),
        ("BTC-USD", pd.date_range("2025-01-01", periods=300), EVERY_DAY),
        ("BTC-USD", DAYS, WEEKDAYS),  # the source leaves weekends out
        ("ACME", pd.date_range("2025-01-01", periods=300), EVERY_DAY),
        ("ABC.XX", DAYS, "XNYS"),
    ],
)
def test_the_prices_decide_whether_weekends_count(ticker, days, calendar):
    assert calendar_of(ticker, days) == calendar


@pytest.mark.parametrize("calendar", ["XNYS", "XLON", "XETR", "XHKG", "XTKS", "XTSE", "XSAU", "XKRX"])
def test_sessions_and_closes_are_those_of_the_library(calendar):
    theirs = exchange_calendars.get_calendar(calendar, start="2022-01-01", end="2026-06-30")
    ours = sessions(calendar, date(2022, 1, 1), date(2026, 6, 30))
    assert ours.equals(theirs.sessions)
    checked = [*ours[::97], *theirs.early_closes[-3:]]
    assert [session_close(calendar, day.date()) for day in checked] == [theirs.session_close(day) for day in checked]


def test_orthodox_easter_is_a_holiday_in_athens():
    assert sessions("ASEX", date(2026, 4, 9), date(2026, 4, 14)).strftime("%d").tolist() == ["09", "14"]


def test_bombay_traded_on_a_saturday():
    assert sessions("XBOM", date(2024, 1, 20), date(2024, 1, 22)).strftime("%d").tolist() == ["20"]  # Monday was none


def test_tel_aviv_moved_its_weekend_in_2026():
    assert not sessions("XTAE", date(2025, 11, 14), date(2025, 11, 15)).size  # Friday and Saturday
    assert sessions("XTAE", date(2025, 11, 16), date(2025, 11, 16)).size  # Sunday
    assert sessions("XTAE", date(2026, 11, 13), date(2026, 11, 15)).day_of_week.tolist() == [4]


def test_a_day_without_a_session_has_no_close():
    assert session_close("XLON", date(2026, 12, 25)) is None


def test_only_some_calendars_say_how_far_their_holidays_are_known():
    assert holidays_known_until("XNYS") is None
    assert holidays_known_until(WEEKDAYS) is None
    assert holidays_known_until("XHKG") >= date(2040, 1, 1)
    assert date(2026, 12, 31) <= holidays_known_until("XSHG") < date(2040, 1, 1)


def test_korean_lunar_holidays_are_those_of_the_library_and_cheap():
    days = sessions("XKRX", date(2026, 2, 13), date(2026, 2, 20))
    assert days.strftime("%d").tolist() == ["13", "19", "20"]  # the lunar new year, Monday to Wednesday
    lunar = korean_holiday.KoreanLunarCalendar()
    assert lunar is korean_holiday.KoreanLunarCalendar()  # one object, which keeps its sums of a thousand years


@pytest.mark.parametrize(
    ("calendar", "weekend", "close_utc"),
    [
        ("DSMD", {4, 5}, time(10, 15)),
        ("XCAI", {4, 5}, time(12, 30)),
        ("XDFM", {5, 6}, time(11)),
        ("XKUW", {4, 5}, time(10)),
        ("XSTC", {5, 6}, time(8)),
    ],
)
def test_exchange_that_the_library_lacks_has_its_own_week(calendar, weekend, close_utc):
    days = sessions(calendar, date(2026, 11, 1), date(2026, 11, 28))
    assert set(days.day_of_week) == set(range(7)) - weekend
    assert session_close(calendar, days[0].date()) == datetime.combine(days[0].date(), close_utc, UTC)
    assert not has_known_holidays(calendar)
    assert holidays_known_until(calendar) is None


def test_other_calendars_have_holidays():
    assert all(has_known_holidays(calendar) for calendar in ("XNYS", "XSAU", WEEKDAYS, EVERY_DAY))
