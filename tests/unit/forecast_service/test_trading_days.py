"""The trading days of a forecast."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.markets.exchanges import EVERY_DAY, EXCHANGES, WEEKDAYS
from common.domain.markets.trading_calendars import holidays_known_until, trades_at_weekends
from forecast_service.engine.trading_days import forecast_days, has_session_between, target_date

DAYS = st.dates(date(2000, 1, 1), date(2039, 12, 31))
CALENDARS = st.sampled_from([EVERY_DAY, WEEKDAYS, "XNYS", "XLON", "XTKS", "XHKG"])


@pytest.mark.parametrize(
    ("counted_from", "days", "target"),
    [
        (date(2013, 3, 1), 1, date(2013, 3, 4)),  # Friday to Monday
        (date(2013, 3, 1), 28, date(2013, 4, 1)),  # Good Friday and the weekend after it
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # Christmas on a Friday
        (date(2013, 3, 1), 10_000, date(2040, 7, 17)),
    ],
)
def test_target_is_the_first_session_on_or_after_the_wanted_day(counted_from, days, target):
    assert target_date(counted_from, days, "XNYS") == target


@given(as_of=DAYS, days=st.integers(1, 10_000), calendar=CALENDARS)
def test_forecast_days_run_from_the_day_after_the_close_to_the_target(as_of, days, calendar):
    target = target_date(as_of, days, calendar)
    path = forecast_days(as_of, target, calendar)
    assert path[-1].date() == target >= as_of + timedelta(days=days)
    assert path[0].date() > as_of
    assert path.is_monotonic_increasing
    assert path.is_unique
    assert calendar == EVERY_DAY or not path.day_of_week.isin([5, 6]).any()


def test_target_before_the_last_close_is_an_error():
    with pytest.raises(ValueError, match="not after"):
        forecast_days(date(2013, 3, 1), date(2013, 3, 1), "XNYS")


@pytest.mark.parametrize(
    ("calendar", "counted_from", "days", "target"),
    [
        ("XLON", date(2024, 12, 23), 3, date(2024, 12, 27)),  # Boxing Day
        ("XLON", date(2025, 11, 26), 1, date(2025, 11, 27)),  # Thanksgiving is New York's
        ("XTKS", date(2019, 4, 26), 1, date(2019, 5, 7)),  # Golden Week, with an abdication
        ("XTKS", date(2025, 7, 3), 1, date(2025, 7, 4)),
        ("XHKG", date(2026, 2, 16), 1, date(2026, 2, 20)),  # Chinese New Year
        ("XSHG", date(2025, 9, 30), 1, date(2025, 10, 9)),  # Golden Week
        ("XBOM", date(2025, 10, 21), 1, date(2025, 10, 23)),  # Diwali
        ("XETR", date(2025, 5, 1), 0, date(2025, 5, 2)),  # the first of May
        ("XTSE", date(2025, 6, 30), 1, date(2025, 7, 2)),  # Canada Day
        ("XASX", date(2026, 1, 25), 1, date(2026, 1, 27)),  # Australia Day
        ("XSAU", date(2026, 11, 26), 1, date(2026, 11, 29)),  # from Sunday to Thursday
        ("XTAE", date(2026, 11, 26), 1, date(2026, 11, 27)),  # to Friday since 2026
        (WEEKDAYS, date(2025, 12, 24), 1, date(2025, 12, 25)),
        (EVERY_DAY, date(2025, 12, 26), 1, date(2025, 12, 27)),
    ],
)
def test_target_is_a_session_of_its_own_exchange(calendar, counted_from, days, target):
    assert target_date(counted_from, days, calendar) == target


@pytest.mark.parametrize("calendar", EXCHANGES)
def test_every_exchange_has_days_for_the_longest_horizon(calendar):
    as_of = date(2026, 11, 27)
    target = target_date(as_of, 10_000, calendar)
    path = forecast_days(as_of, target, calendar)
    assert path[-1].date() == target
    assert 0 <= (target - as_of).days - 10_000 <= 14
    assert 225 < len(path) / 27.4 < 262


@pytest.mark.parametrize("calendar", ["XHKG", "XBOM", "XSHG", "XSES", "XKRX", "XSAU"])
def test_days_beyond_the_known_holidays_keep_weekends_and_fixed_holidays(calendar):
    known_until = holidays_known_until(calendar)
    later = forecast_days(known_until, known_until + timedelta(days=700), calendar)
    weekend = {4, 5} if calendar == "XSAU" else {5, 6}
    assert len(later) > 450
    assert not weekend & set(later.day_of_week)


def test_a_gap_of_holidays_has_no_session():
    assert not has_session_between(date(2019, 4, 26), date(2019, 5, 7), "XTKS")
    assert has_session_between(date(2019, 4, 26), date(2019, 5, 7), "XNYS")
    assert has_session_between(date(2019, 4, 26), date(2019, 5, 8), "XTKS")
    assert not has_session_between(date(2019, 4, 25), date(2019, 4, 26), "XTKS")


def test_stock_with_one_saturday_does_not_trade_at_weekends():
    stock = pd.bdate_range("2012-01-02", periods=500)
    assert not trades_at_weekends(stock.append(pd.DatetimeIndex(["2014-01-04"])))
    assert trades_at_weekends(pd.date_range("2012-01-01", periods=500))


@pytest.mark.parametrize("rows", range(7, 60))
def test_market_from_sunday_to_thursday_does_not_trade_every_day(rows):
    """Return the same days whatever the date of the test."""
    days = pd.date_range("2012-01-01", periods=2 * rows)
    assert not trades_at_weekends(days[days.day_of_week.isin([6, 0, 1, 2, 3])])
    assert not trades_at_weekends(days[days.day_of_week.isin([5, 0, 1, 2, 3])])
    assert trades_at_weekends(days)


def test_empty_history_does_not_trade_at_weekends():
    assert not trades_at_weekends(pd.DatetimeIndex([]))
