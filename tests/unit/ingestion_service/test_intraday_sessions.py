"""Hourly bars in the sessions of New York: early closes, daylight saving, holidays, gaps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion_service.intraday.bars import NEW_YORK_TIME, Bar, check_bars
from ingestion_service.intraday.sessions import Sessions, sessions_of

HOUR = timedelta(hours=1)
LONG_AFTER = datetime(2025, 1, 2, 12, tzinfo=UTC)
HALF_DAY, HOLIDAY, FULL_DAY = date(2024, 11, 29), date(2024, 11, 28), date(2024, 11, 27)
FIRST_OF_SUMMER, LAST_OF_SUMMER = date(2024, 3, 11), date(2024, 11, 1)


def bar(day: date, hour: int, minute: int = 30) -> Bar:
    return Bar(datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK_TIME), 10, 12, 9, 11, 5)


def hours(now: datetime = LONG_AFTER) -> Sessions:
    found = sessions_of("AAPL", HOUR, now)
    assert found is not None
    return found


def kept(bars: Iterable[Bar], now: datetime = LONG_AFTER) -> tuple[list[str], int]:
    """Return the times in New York of the bars that are stored, and the number of the dropped ones."""
    good, dropped = check_bars(bars, now, HOUR, hours(now))
    return [f"{item.time:%H:%M}" for item in good], dropped


def whole_day(day: date) -> list[Bar]:
    return [bar(day, hour) for hour in range(24)]


@pytest.mark.parametrize(
    ("day", "last", "dropped"),
    [(FULL_DAY, 15, 17), (HALF_DAY, 12, 20), (FIRST_OF_SUMMER, 15, 17), (LAST_OF_SUMMER, 15, 17)],
)
def test_the_bars_of_a_session_are_stored_and_others_are_dropped(day: date, last: int, dropped: int) -> None:
    assert kept(whole_day(day)) == ([f"{hour:02}:30" for hour in range(9, last + 1)], dropped)


def test_a_holiday_and_a_weekend_have_no_bars() -> None:
    assert kept([*whole_day(HOLIDAY), *whole_day(date(2024, 11, 30))]) == ([], 48)


@pytest.mark.parametrize(("day", "hours_behind_utc"), [(FIRST_OF_SUMMER, 4), (FULL_DAY, 5)])
def test_a_bar_is_final_a_quarter_of_an_hour_after_its_end(day: date, hours_behind_utc: int) -> None:
    final = datetime(day.year, day.month, day.day, 10 + hours_behind_utc, 45, tzinfo=UTC)
    assert kept([bar(day, 9)], final) == (["09:30"], 0)
    assert kept([bar(day, 9)], final - timedelta(seconds=1)) == ([], 0)


@pytest.mark.parametrize(("day", "hour", "closes"), [(FULL_DAY, 15, 16), (HALF_DAY, 12, 13)])
def test_the_last_bar_of_a_session_ends_with_it(day: date, hour: int, closes: int) -> None:
    final = datetime(day.year, day.month, day.day, closes, 15, tzinfo=NEW_YORK_TIME)
    assert kept([bar(day, hour)], final)[0] == [f"{hour}:30"]
    assert kept([bar(day, hour)], final - timedelta(seconds=1)) == ([], 0)


def test_days_with_fewer_bars_than_their_session_are_gaps() -> None:
    days = [date(2024, 11, 25), date(2024, 11, 26), FULL_DAY, HALF_DAY, date(2024, 12, 2)]
    bars = [item for day in days for item in whole_day(day)]
    whole, _ = check_bars(bars, LONG_AFTER, HOUR, hours())
    until = datetime(2024, 12, 2, 18, tzinfo=NEW_YORK_TIME)
    assert hours(until).find_gaps(whole) == []
    lacking = [item for item in whole if item.time.date() != FULL_DAY and item.time != bar(HALF_DAY, 12).time]
    assert hours(until).find_gaps(lacking) == [FULL_DAY, HALF_DAY]
    assert hours(until).find_gaps(whole[3:]) == []  # the year of a source may begin within a day


@pytest.mark.parametrize(("hour", "minute", "gaps"), [(10, 44, []), (10, 45, [FULL_DAY]), (15, 0, [FULL_DAY])])
def test_an_unfinished_session_lacks_only_hours_that_are_final(hour: int, minute: int, gaps: list[date]) -> None:
    now = datetime(2024, 11, 27, hour, minute, tzinfo=NEW_YORK_TIME)
    assert hours(now).find_gaps(check_bars(whole_day(date(2024, 11, 26)), now, HOUR, hours(now))[0]) == gaps


@pytest.mark.parametrize("ticker", ["VOD.L", "BTC-USD", "7203.T"])
def test_the_sessions_of_other_exchanges_are_not_checked(ticker: str) -> None:
    assert sessions_of(ticker, HOUR, LONG_AFTER) is None
