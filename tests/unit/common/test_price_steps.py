"""Weekly and monthly series have calendars of their own."""

from datetime import date

import pandas as pd
import pytest

from common.domain.markets.exchanges import EVERY_DAY
from common.domain.markets.price_steps import find_step, is_step, step_days, step_length, step_noun, steps_a_year
from common.domain.markets.trading_calendars import calendar_of, has_known_holidays, holidays_known_until, sessions

FRIDAYS = pd.date_range("2020-01-03", periods=100, freq="W-FRI")


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (FRIDAYS, "WEEKLY-4"),
        (pd.date_range("2020-01-05", periods=60, freq="W-SUN"), "WEEKLY-6"),
        (FRIDAYS.where(FRIDAYS != "2020-04-10", pd.Timestamp("2020-04-09")), "WEEKLY-4"),
        (pd.date_range("2015-01-31", periods=80, freq="ME"), "MONTHLY-31"),
        (pd.date_range("2015-01-31", periods=80, freq="BME"), "MONTHLY-31-WEEKDAYS"),
        (pd.date_range("2015-01-01", periods=80, freq="MS"), "MONTHLY-1"),
        (pd.date_range("2015-01-01", periods=80, freq="BMS"), "MONTHLY-1-WEEKDAYS"),
        (pd.date_range("2015-01-01", periods=80, freq="MS") + pd.Timedelta(days=14), "MONTHLY-15"),
    ],
)
def test_a_step_is_recognised_by_the_days(days, code):
    days = pd.DatetimeIndex(days)
    assert find_step(days) == code
    assert calendar_of("MY-FUND", days) == code
    known = set(step_days(code, days[0].date(), days[-1].date()))
    assert len(known - set(days)) <= 1, "the calendar has the days of the series"


@pytest.mark.parametrize(
    "days",
    [
        pd.bdate_range("2020-01-01", periods=300),
        pd.date_range("2020-01-01", periods=300, freq="D"),
        pd.date_range("2010-03-31", periods=60, freq="QE"),
        pd.date_range("2020-01-01", periods=100, freq="2D"),
        pd.date_range("2020-01-01", periods=100, freq="4D"),
        pd.date_range("2020-01-01", periods=100, freq="6D"),
        pd.date_range("2020-01-01", periods=100, freq="10D"),
        pd.date_range("2020-01-01", periods=100, freq="14D"),
        pd.date_range("2020-01-01", periods=100, freq="28D"),
        FRIDAYS[:10],
        FRIDAYS[:60].append(pd.bdate_range("2021-03-01", periods=20)),
    ],
)
def test_other_steps_are_none(days):
    assert find_step(days) is None


def test_a_step_is_no_exchange():
    assert not is_step(EVERY_DAY)
    assert not is_step("XNYS")
    assert (step_length("WEEKLY-4"), steps_a_year("WEEKLY-4"), step_noun("WEEKLY-4")) == (7, 52, "week")
    assert (step_length("MONTHLY-31"), steps_a_year("MONTHLY-31"), step_noun("MONTHLY-31")) == (31, 12, "month")
    assert has_known_holidays("WEEKLY-4")
    assert holidays_known_until("MONTHLY-31") is None


def test_the_end_of_a_month_is_its_last_day_and_its_last_weekday_if_wanted():
    first, last = date(2024, 1, 1), date(2024, 4, 30)
    month_ends = sessions("MONTHLY-31", first, last).strftime("%m-%d").tolist()
    assert month_ends == ["01-31", "02-29", "03-31", "04-30"]
    assert sessions("MONTHLY-31-WEEKDAYS", first, last).strftime("%m-%d").tolist() == [
        "01-31",
        "02-29",
        "03-29",
        "04-30",
    ]
    assert sessions("MONTHLY-1-WEEKDAYS", date(2024, 6, 1), date(2024, 9, 30)).strftime("%m-%d").tolist() == [
        "06-03", "07-01", "08-01", "09-02",
    ]  # fmt: skip
    assert sessions("MONTHLY-1", date(2024, 1, 2), date(2024, 1, 31)).empty
