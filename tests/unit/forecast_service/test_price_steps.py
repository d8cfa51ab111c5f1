"""Weekly and monthly series are forecast in their own steps."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from common.domain.prices import COLUMNS, PriceSeries
from common.domain.questions import ForecastQuestion
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.trading_days import forecast_days, next_trading_days, target_date

DEVIATION = 0.03
WEEKS = pd.date_range("2018-01-05", periods=400, freq="W-FRI", name="date")
MONTHS = pd.date_range("2014-02-28", periods=120, freq="ME", name="date")


def forecast_of(days_of_prices, days, today=None, model="blend"):
    moves = np.random.default_rng(5).normal(0, DEVIATION, len(days_of_prices))
    closes = 100 * np.exp(moves.cumsum())
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes) | {"volume": 0.0}, index=days_of_prices)
    series = PriceSeries("MY-FUND", "upload", "EUR", frame)
    today = today or days_of_prices[-1].date()
    question = ForecastQuestion(ticker="MY-FUND", days=days, model=model)
    return make_forecast(series, question, today=today, fetched_at=datetime.now(UTC), version="a" * 64)


@pytest.mark.parametrize("model", ["blend", "last_price", "prophet"])
def test_a_weekly_series_is_forecast_week_by_week(model):
    forecast = forecast_of(WEEKS, 28, model=model)
    assert [day.date for day in forecast.forecast] == [
        (WEEKS[-1] + pd.Timedelta(weeks=week)).date() for week in range(1, 5)
    ]
    assert forecast.target_date == forecast.forecast[-1].date
    assert forecast.backtest is not None
    assert forecast.backtest.horizon_trading_days == 4
    first = forecast.data.flags[0]
    assert first.startswith("The prices are weekly and are forecast in steps of a week")
    assert not [flag for flag in forecast.data.flags if "No close for" in flag or "trading days only" in flag]


def test_the_spread_and_the_yearly_volatility_are_those_of_the_steps():
    forecast = forecast_of(WEEKS, 28)
    spread = np.log(forecast.interval.upper / forecast.interval.lower) / 2 / 1.2816
    assert 0.7 * DEVIATION * 2 < spread < 1.4 * DEVIATION * 2, "four weeks have twice the deviation of one"
    assert forecast.risk is not None
    assert 0.7 * DEVIATION * 52**0.5 < forecast.risk.volatility_pct / 100 < 1.4 * DEVIATION * 52**0.5


def test_a_monthly_series_is_forecast_month_by_month():
    forecast = forecast_of(MONTHS, 90)
    assert [day.date.isoformat() for day in forecast.forecast] == ["2024-02-29", "2024-03-31", "2024-04-30"]
    assert forecast.data.flags[0].startswith("The prices are monthly")
    assert forecast.risk is not None
    assert 0.6 * DEVIATION * 12**0.5 < forecast.risk.volatility_pct / 100 < 1.6 * DEVIATION * 12**0.5


def test_the_next_step_is_the_target_of_the_shortest_horizon():
    assert forecast_of(MONTHS, 1).target_date == date(2024, 2, 29)
    assert forecast_of(WEEKS, 1).target_date == (WEEKS[-1] + pd.Timedelta(weeks=1)).date()


def test_a_close_that_came_a_day_early_has_no_second_one_in_its_week():
    thursday = date(2024, 3, 28)  # before Good Friday
    target = target_date(thursday, 1, "WEEKLY-4")
    assert target == date(2024, 4, 5)
    assert forecast_days(thursday, target, "WEEKLY-4").tolist() == [pd.Timestamp(target)]
    assert target_date(thursday, 14, "WEEKLY-4") == date(2024, 4, 12)


@pytest.mark.parametrize("calendar", ["WEEKLY-4", "MONTHLY-31", "MONTHLY-1-WEEKDAYS"])
def test_each_target_is_among_the_days_to_it(calendar):
    for start in pd.date_range("2023-12-20", periods=50, freq="D"):
        for days in (1, 3, 7, 30, 100, 10_000):
            target = target_date(start.date(), days, calendar)
            found = forecast_days(start.date(), target, calendar)
            assert len(found) >= 1
            assert found[-1].date() == target
    assert len(next_trading_days(date(2024, 1, 31), 12, calendar)) == 12
