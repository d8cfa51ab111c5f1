"""The trading days of a forecast."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.prices import trades_at_weekends
from forecast_service.engine.trading_days import forecast_days, target_date

DAYS = st.dates(date(2000, 1, 1), date(2039, 12, 31))


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
    assert target_date(counted_from, days, every_day=False) == target


@given(as_of=DAYS, days=st.integers(1, 10_000), every_day=st.booleans())
def test_forecast_days_run_from_the_day_after_the_close_to_the_target(as_of, days, every_day):
    target = target_date(as_of, days, every_day=every_day)
    path = forecast_days(as_of, target, every_day=every_day)
    assert path[-1].date() == target >= as_of + timedelta(days=days)
    assert path[0].date() > as_of
    assert path.is_monotonic_increasing
    assert path.is_unique
    assert every_day or not path.day_of_week.isin([5, 6]).any()


def test_target_before_the_last_close_is_an_error():
    with pytest.raises(ValueError, match="not after"):
        forecast_days(date(2013, 3, 1), date(2013, 3, 1), every_day=False)


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
