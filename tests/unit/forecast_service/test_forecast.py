"""A complete forecast from prices and a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import ForecastFailed, ImplausiblePrices, TooLittleData
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import ENGINE, Forecast
from forecast_service.engine import models
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.models import ModelInput, prophet_output
from forecast_service.engine.stopwatch import Stopwatch

FETCHED = datetime(2026, 11, 20, 18, tzinfo=UTC)
VERSION = "0" * 64


def series_of(days: pd.DatetimeIndex) -> PriceSeries:
    moves = np.random.default_rng(3).normal(0, 0.01, len(days))
    close = 100 * np.exp(moves.cumsum())
    columns = dict.fromkeys(("open", "high", "low", "close", "adj_close"), close) | {"volume": 1000.0}
    return PriceSeries("ACME", "tiingo", "USD", pd.DataFrame(columns, index=days.rename("date")))


def answer(series: PriceSeries, today: date, **asked: object) -> Forecast:
    question = ForecastQuestion.model_validate({"ticker": "ACME", "days": 30} | asked)
    return make_forecast(series, question, today=today, fetched_at=FETCHED, version=VERSION)


def test_days_of_current_prices_count_from_today():
    forecast = answer(series_of(pd.bdate_range("2024-01-01", "2026-11-19")), date(2026, 11, 20))
    assert forecast.as_of == date(2026, 11, 19)
    assert forecast.counted_from == date(2026, 11, 20)
    assert forecast.target_date == forecast.forecast[-1].date == date(2026, 12, 21)
    assert forecast.forecast[0].date == date(2026, 11, 20)
    assert not forecast.data.stale


def test_days_of_stale_prices_count_from_the_last_close():
    forecast = answer(series_of(pd.bdate_range("2011-01-03", "2013-03-01")), date(2026, 11, 20), days=1)
    assert forecast.counted_from == forecast.as_of == forecast.data.last == date(2013, 3, 1)
    assert [day.date for day in forecast.forecast] == [date(2013, 3, 4)]
    assert forecast.data.stale


def test_last_close_dated_after_new_yorks_day_leaves_a_day_to_forecast():
    forecast = answer(series_of(pd.date_range("2026-01-01", "2026-11-21")), date(2026, 11, 20), days=1)
    assert forecast.counted_from == date(2026, 11, 21)
    assert [day.date for day in forecast.forecast] == [date(2026, 11, 22)]  # a Sunday: this series has every day


def test_fields_of_a_forecast_agree():
    series = series_of(pd.bdate_range("2012-01-02", "2026-11-19"))
    forecast = answer(series, date(2026, 11, 20), level=0.9)
    end = forecast.forecast[-1]
    assert (forecast.predicted_price, forecast.interval.lower, forecast.interval.upper) == (
        end.price,
        end.lower,
        end.upper,
    )
    assert forecast.interval.level == 0.9
    assert forecast.last_close == forecast.series[-1].close == pytest.approx(series.frame["close"].iloc[-1], rel=1e-7)
    assert forecast.series[0].date == date(2024, 11, 20)
    assert forecast.data.first == date(2016, 11, 21)
    assert forecast.data.rows == len(series.take_last_years())
    assert (forecast.data.version, forecast.data.fetched_at) == (VERSION, FETCHED)
    assert set(forecast.timings_ms) == {"fit", "predict", "backtest", "distribution", "paths"}


@pytest.mark.parametrize("model", ["blend", "last_price", "prophet"])
def test_every_model_returns_interval_backtest_and_summary(model):
    forecast = answer(series_of(pd.bdate_range("2025-01-01", "2026-11-19")), date(2026, 11, 20), model=model)
    assert (forecast.model.name, forecast.model.version) == (model, ENGINE)
    assert all(0 < day.lower < day.price < day.upper for day in forecast.forecast)
    assert (forecast.backtest.origins, forecast.backtest.scored) == (40, 20)
    assert forecast.verdict.startswith("With a probability of 80 %, it may end between ")
    assert " of 20 tests in the past" in forecast.verdict
    assert (forecast.forecast[0].prophet is None) == (model == "last_price")


def test_last_price_model_predicts_the_last_price():
    forecast = answer(series_of(pd.bdate_range("2026-01-01", "2026-11-19")), date(2026, 11, 20), model="last_price")
    assert {day.price for day in forecast.forecast} == {forecast.last_close}
    assert (forecast.model.prophet_weight, forecast.backtest.skill, forecast.backtest.direction_hit_rate) == (
        0,
        0,
        None,
    )


def test_interval_never_narrows_with_the_days():
    forecast = answer(series_of(pd.bdate_range("2016-11-20", "2026-11-19")), date(2026, 11, 20), days=2000)
    widths = [day.upper / day.lower for day in forecast.forecast]
    assert widths == sorted(widths)


def test_higher_level_gives_a_wider_interval():
    series = series_of(pd.bdate_range("2024-11-20", "2026-11-19"))
    widths = [
        (interval := answer(series, date(2026, 11, 20), level=level).interval).upper / interval.lower
        for level in (0.5, 0.8, 0.9, 0.95, 0.99)
    ]
    assert widths == sorted(set(widths))


def test_summary_reports_a_history_too_short_for_a_backtest():
    forecast = answer(series_of(pd.bdate_range("2026-08-03", "2026-11-19")), date(2026, 11, 20), days=365)
    assert forecast.backtest is None
    assert "too short" in forecast.verdict
    assert forecast.model.prophet_weight == 0


def test_thousandfold_price_gives_a_thousandfold_forecast():
    series = series_of(pd.bdate_range("2024-01-01", "2026-11-19"))
    dear = PriceSeries(series.ticker, series.source, series.currency, series.frame * 1000)
    one, thousand = (answer(each, date(2026, 11, 20)) for each in (series, dear))
    for small, large in zip(one.forecast, thousand.forecast, strict=True):
        wanted = [1000 * value for value in (small.price, small.lower, small.upper, small.prophet)]
        assert [large.price, large.lower, large.upper, large.prophet] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("model", ["blend", "prophet"])
def test_infinite_price_is_a_failed_forecast(model, monkeypatch):
    series = series_of(pd.bdate_range("2026-01-01", "2026-11-19"))
    monkeypatch.setattr("forecast_service.engine.models.predict_moves", lambda _, days: np.full(len(days), 800.0))
    monkeypatch.setattr("forecast_service.engine.models.Evidence.weight", lambda *_: 1.0)
    monkeypatch.setattr(
        "forecast_service.engine.models._prophet_line", lambda _, asked: (0, np.full(len(asked.days), 800.0))
    )
    with pytest.raises(ForecastFailed, match="shorter horizon"):
        answer(series, date(2026, 11, 20), model=model)


def test_rows_older_than_ten_years_do_not_count():
    old = pd.bdate_range("2000-01-03", periods=500)
    series = series_of(old.append(pd.bdate_range("2026-11-02", "2026-11-19")))
    with pytest.raises(TooLittleData):
        answer(series, date(2026, 11, 20))


@pytest.mark.parametrize(("rows", "factor"), [(3, 0.01), (1, 100.0), (200, 1000.0), (30, 0.001), (600, 1e20)])
@pytest.mark.parametrize("model", ["blend", "last_price", "prophet"])
def test_prices_that_change_their_unit_are_implausible(rows, factor, model):
    series = series_of(pd.bdate_range("2024-01-01", "2026-11-19"))
    frame = series.frame.copy()
    frame.iloc[-rows:] *= factor
    with pytest.raises(ImplausiblePrices):
        answer(replace(series, frame=frame), date(2026, 11, 20), model=model)


@pytest.mark.parametrize("scale", [1e-14, 1e12, 1e200])
def test_prices_beyond_every_sensible_range_are_implausible(scale):
    series = series_of(pd.bdate_range("2024-01-01", "2026-11-19"))
    with pytest.raises(ImplausiblePrices):
        answer(replace(series, frame=series.frame * scale), date(2026, 11, 20))


def test_single_close_in_another_unit_is_dropped_and_flagged():
    series = series_of(pd.bdate_range("2024-01-01", "2026-11-19"))
    frame = series.frame.copy()
    frame.iloc[-100] *= 100
    made = answer(replace(series, frame=frame), date(2026, 11, 20))
    assert made.data.rows == len(series) - 1
    assert made.data.flags == [f"A close in another unit left out on {series.frame.index[-100]:%Y-%m-%d}."]
    assert max(past.close for past in made.series) < 1000


def test_change_of_the_unit_before_the_modelled_years_is_ignored():
    series = series_of(pd.bdate_range("2010-01-01", "2026-11-19"))
    frame = series.frame.copy()
    frame.iloc[:300] *= 100
    assert answer(replace(series, frame=frame), date(2026, 11, 20)).data.flags == []


def test_summary_reports_a_short_history():
    forecast = answer(series_of(pd.bdate_range("2026-07-27", "2026-11-19")), date(2026, 11, 20), days=1)
    assert forecast.backtest.origins < 40
    assert f"of {forecast.backtest.scored} tests in the past" in forecast.verdict


def test_summary_reports_overlapping_tests():
    forecast = answer(series_of(pd.bdate_range("2026-01-01", "2026-11-19")), date(2026, 11, 20), days=60)
    assert forecast.backtest.overlap > 2
    assert f"(which overlap, and are worth about {forecast.backtest.independent_tests})" in forecast.verdict


def test_point_of_prophets_backtest_is_prophets_forecast_at_its_origin():
    series = series_of(pd.bdate_range("2025-01-01", "2026-11-19"))
    found = answer(series, date(2026, 11, 20), model="prophet", days=30).backtest
    point = found.points[-1]
    known = PriceSeries(series.ticker, series.source, series.currency, series.frame[: pd.Timestamp(point.origin)])
    then = prophet_output(
        ModelInput.of(
            known.frame["close"],
            pd.DatetimeIndex(series.frame.index[len(known) : len(known) + 21]),
            with_drift=True,
        ),
        Stopwatch(),
    )
    end = found.horizon_trading_days - 1
    lower, upper = point.last_close * np.exp(interval_bounds(then.curves, 0.8)[end])
    price = point.last_close * np.exp(then.moves[end])
    assert point.price == pytest.approx(price, rel=1e-9)
    assert [point.lower, point.upper] == pytest.approx([lower, upper], abs=0.05 * (upper - lower))


def test_prophets_backtest_omits_an_origin_without_a_fit(monkeypatch):
    fits_at = models.fits_at
    monkeypatch.setattr(
        models, "fits_at", lambda *where: [fit if number != 7 else None for number, fit in enumerate(fits_at(*where))]
    )
    found = answer(series_of(pd.bdate_range("2025-01-01", "2026-11-19")), date(2026, 11, 20), model="prophet").backtest
    assert (found.origins, found.scored) == (39, 20)


def test_blend_is_the_last_price_with_drift_where_prophet_has_no_fit(monkeypatch):
    monkeypatch.setattr("forecast_service.engine.evaluation.backtest.fits_at", lambda _, rows: [None] * len(rows))
    forecast = answer(series_of(pd.bdate_range("2025-01-01", "2026-11-19")), date(2026, 11, 20))
    assert 1.0 < forecast.predicted_price / forecast.last_close < 1.01
    assert forecast.forecast[0].prophet is None
