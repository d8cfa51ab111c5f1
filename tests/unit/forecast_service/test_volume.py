"""Forecasts of volume."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from common.domain.errors import FieldUnavailable
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.volume.forecasts import VolumeHistory
from forecast_service.engine.volume.output import volume_output
from forecast_service.engine.volume.weekdays import recent_medians, rows_a_week, weekdays_of

FloatArray = npt.NDArray[np.float64]
FETCHED = datetime(2026, 11, 20, 18, tzinfo=UTC)
EFFECTS = np.array([-0.3, 0.0, 0.1, 0.0, 0.3, 0.0, 0.0])


def days_1970(days: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    return days.to_numpy().astype("datetime64[D]").astype(np.int64)


def made_up(rows: int = 1500, seed: int = 1, freq: str = "B") -> pd.Series:
    """Return volumes with weekdays, a level that reverts within weeks, and days of large volume."""
    random = np.random.default_rng(seed)
    days = pd.date_range("2019-01-07", periods=rows, freq=freq)
    level = np.zeros(rows)
    for row in range(1, rows):
        level[row] = 0.95 * level[row - 1] + random.normal(0, 0.1)
    bursts = (random.random(rows) < 0.02) * random.exponential(0.8, rows)
    logs = 15 + level + EFFECTS[days.day_of_week] + random.normal(0, 0.2, rows) + bursts
    return pd.Series(np.exp(logs), index=days)


def answer(volumes: pd.Series, ticker: str = "ACME", **asked: object) -> Forecast:
    days = pd.DatetimeIndex(volumes.index)
    close = 100 * np.exp(np.random.default_rng(3).normal(0, 0.01, len(days)).cumsum())
    columns = dict.fromkeys(("open", "high", "low", "close", "adj_close"), close) | {"volume": volumes.to_numpy()}
    series = PriceSeries(ticker, "tiingo", "USD", pd.DataFrame(columns, index=days.rename("date")))
    question = ForecastQuestion.model_validate({"ticker": ticker, "days": 30, "field": "volume"} | asked)
    today = series.last + pd.Timedelta(days=1)
    return make_forecast(series, question, today=today, fetched_at=FETCHED, version="0" * 64)


def test_usual_volume_is_the_median_of_the_last_eight_of_the_weekday():
    days = pd.bdate_range("2024-01-01", periods=100)
    values = np.arange(100.0)
    weekdays = weekdays_of(days_1970(days))
    assert weekdays.tolist() == days.day_of_week.tolist()
    medians = recent_medians(values, weekdays)
    mondays = values[days.day_of_week == 0]
    assert medians[-1, 0] == np.median(mondays[-8:])
    assert medians[0].tolist() == [0.0] * 7  # nothing is known of other weekdays yet


@pytest.mark.parametrize(("freq", "rows"), [("B", 5), ("D", 7), ("W-FRI", 1)])
def test_week_has_the_rows_of_its_trading_days(freq, rows):
    assert rows_a_week(weekdays_of(days_1970(pd.date_range("2024-01-01", periods=200, freq=freq)))) == rows


@pytest.mark.parametrize("horizon", [1, 5, 30])
def test_later_volumes_change_no_earlier_forecast(horizon):
    volumes = made_up(500)
    changed = volumes.copy()
    changed.iloc[480:] *= np.random.default_rng(5).uniform(0.1, 9, 20)
    one, other = (
        VolumeHistory(days_1970(pd.DatetimeIndex(series.index)), np.log(series.to_numpy()))
        for series in (volumes, changed)
    )
    np.testing.assert_array_equal(one.reverting(horizon)[:480], other.reverting(horizon)[:480])
    np.testing.assert_array_equal(one.yardstick(horizon)[:480], other.yardstick(horizon)[:480])
    ahead = pd.bdate_range(volumes.index[-1] + pd.Timedelta(days=1), periods=horizon)
    outputs = [volume_output(series, ahead, Stopwatch(), is_yardstick=False) for series in (volumes, changed)]
    curves = [
        [each.curve for each in output.backtest.forecasts if each.row < 480] for output in outputs if output.backtest
    ]
    assert len(curves[0]) > 10
    np.testing.assert_array_equal(curves[0], curves[1])


def test_weekdays_are_in_the_forecast():
    forecast = answer(made_up())
    by_weekday = {weekday: [] for weekday in range(5)}
    for day in forecast.forecast:
        by_weekday[day.date.weekday()].append(np.log(day.price))
    means = np.array([np.mean(values) for values in by_weekday.values()])
    assert means - means.mean() == pytest.approx(EFFECTS[:5] - EFFECTS[:5].mean(), abs=0.12)


def test_level_reverts_after_a_burst():
    volumes = made_up()
    volumes.iloc[-1] *= 8
    forecast = answer(volumes, days=60)
    assert forecast.predicted_price < 0.4 * forecast.last_close
    assert forecast.predicted_price == pytest.approx(float(volumes.iloc[-260:-1].median()), rel=0.5)


def test_ranges_hold_volumes_as_often_as_they_state_on_made_up_series():
    inside = {0.5: [], 0.8: [], 0.95: []}
    for seed in range(8):
        series = made_up(900, seed=10 + seed)
        for days in (1, 10, 30):
            points = answer(series, days=days).backtest.points
            places = np.array([point.pit for point in points])
            for level, found in inside.items():
                found.extend(np.abs(places - 0.5) <= level / 2)
    for level, found in inside.items():
        assert np.mean(found) == pytest.approx(level, abs=0.06), f"{len(found)} tests"


def test_level_beats_the_usual_volume_of_the_weekday_and_has_no_gain_or_risk():
    forecast = answer(made_up(), days=1)
    backtest = forecast.backtest
    assert backtest.mae_pct < backtest.naive_mae_pct
    assert backtest.crps_ratio < 1
    assert (forecast.field, forecast.unit, forecast.currency) == ("volume", "shares", "XXX")
    assert (forecast.chances, forecast.risk, forecast.sample_paths, forecast.components) == (None,) * 4
    assert (forecast.distribution.highest, forecast.distribution.lowest) == ([], [])
    assert len(forecast.distribution.end) == 99
    assert forecast.verdict.startswith("With a probability of 80 %, ACME's volume on ")
    assert " shares. The usual volume of that weekday is " in forecast.verdict
    assert "held the volume in" in forecast.verdict
    for word in ("gain", "price", "USD", "currency"):
        assert word not in forecast.verdict


def test_last_price_of_volume_is_the_usual_volume_of_the_weekday():
    volumes = made_up()
    forecast = answer(volumes, model="last_price")
    for day in forecast.forecast[:5]:
        same = volumes[volumes.index.day_of_week == day.date.weekday()]
        assert day.price == pytest.approx(float(same.iloc[-8:].median()), rel=0.02)  # the median of logarithms
    assert forecast.backtest.skill == 0
    assert forecast.backtest.comparison == "no_difference"
    for point in forecast.backtest.points:
        assert point.price == pytest.approx(point.last_close)


def test_prophet_of_volume_is_scored_against_the_same_yardstick():
    volumes = made_up()
    blend, prophet = (answer(volumes, model=model) for model in ("blend", "prophet"))
    assert prophet.yardstick == blend.yardstick
    assert prophet.backtest.naive_mae_pct == pytest.approx(blend.backtest.naive_mae_pct)
    assert [point.actual for point in prophet.backtest.points] == [point.actual for point in blend.backtest.points]


@pytest.mark.parametrize(
    ("freq", "ticker", "unit"), [("D", "BTC-USD", "units"), ("W-FRI", "ACME", "shares"), ("B", "GC=F", "contracts")]
)
def test_other_calendars_and_instruments_have_volume_forecasts(freq, ticker, unit):
    forecast = answer(made_up(300, freq=freq), ticker=ticker)
    assert forecast.unit == unit
    assert forecast.backtest is not None
    weekends = [day.date for day in forecast.forecast if day.date.weekday() >= 5]
    assert bool(weekends) == (freq == "D")
    assert all(0 < day.lower < day.price < day.upper for day in forecast.forecast)


def test_days_without_volume_are_left_out_and_counted():
    volumes = made_up(300)
    volumes.iloc[[50, 51, -1]] = 0.0
    forecast = answer(volumes)
    assert (forecast.data.rows, forecast.data.last) == (297, volumes.index[-2].date())
    assert forecast.as_of == volumes.index[-2].date()
    assert "3 days without volume were left out." in forecast.data.flags


@pytest.mark.parametrize("ticker", ["^GSPC", "EURUSD=X"])
def test_what_has_no_volume_is_a_failure_in_a_sentence(ticker):
    with pytest.raises(FieldUnavailable, match="has no volumes"):
        answer(made_up(300) * 0, ticker=ticker)


def test_constant_volumes_have_an_interval():
    forecast = answer(made_up(300) * 0 + 1000)
    assert forecast.predicted_price == pytest.approx(1000)
    assert forecast.interval.lower < 1000 < forecast.interval.upper


def test_short_history_has_a_forecast_without_a_backtest():
    forecast = answer(made_up(60), days=300)
    assert forecast.backtest is None
    widths = [day.upper / day.lower for day in forecast.forecast]
    assert (np.diff(widths) > -1e-6).all()
