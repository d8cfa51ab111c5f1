"""The components of a fit, compared with Prophet's own prediction."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import ForecastFailed
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import Components, Forecast
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.prophet.components import TREND_STEP_DAYS, components_of
from forecast_service.engine.prophet.model import as_arrays, fit_prophet

TARGET = date(2013, 4, 1)


def closes_of(rows: int = 1500) -> pd.Series:
    days = pd.bdate_range(end="2013-03-01", periods=rows, name="date")
    calendar = (days - days[0]).days.to_numpy()
    bend = 0.002 * np.maximum(calendar - 0.4 * calendar[-1], 0)
    season = 0.1 * np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365.25)
    noise = np.random.default_rng(3).normal(0, 0.01, rows)
    return pd.Series(90 * np.exp(0.0003 * calendar - bend + season + noise), index=days)


def taken_apart(closes: pd.Series, target: date = TARGET) -> Components:
    fit = as_arrays(fit_prophet(closes))
    return components_of(fit, float(closes.iloc[-1]), closes.index[-1].date(), target)


def answer(closes: pd.Series, **asked: object) -> Forecast:
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "adj_close", "volume"), closes))
    series = PriceSeries("ACME", "tiingo", "USD", frame)
    question = ForecastQuestion.model_validate({"ticker": "ACME", "days": 30} | asked)
    now = datetime(2013, 3, 2, tzinfo=UTC)
    return make_forecast(series, question, today=now.date(), fetched_at=now, version="0" * 64)


def prophets(closes: pd.Series, days: list[date]) -> tuple[np.ndarray, np.ndarray]:
    """Return trend as prices and season in percent from Prophet's own prediction."""
    predicted = fit_prophet(closes).predict(pd.DataFrame({"ds": pd.DatetimeIndex(days)}))
    return np.exp(predicted["trend"].to_numpy()) * closes.iloc[-1], 100 * np.expm1(
        predicted["additive_terms"].to_numpy()
    )


def test_trend_is_prophets_from_the_first_day_to_the_target():
    closes = closes_of()
    trend = taken_apart(closes).trend
    days = [point.date for point in trend]
    assert (days[0], days[-1]) == (closes.index[0].date(), TARGET)
    assert closes.index[-1].date() in days
    assert days == sorted(set(days))
    assert max(np.diff(days)).days <= TREND_STEP_DAYS
    assert [point.price for point in trend] == pytest.approx(prophets(closes, days)[0], rel=1e-5)


def test_season_is_prophets_over_one_year():
    closes = closes_of()
    yearly = taken_apart(closes).yearly
    days = [point.date for point in yearly]
    assert (days[0], days[-1].year) == (date(2013, 1, 1), 2013)
    assert [point.effect_pct for point in yearly] == pytest.approx(prophets(closes, days)[1], abs=0.006)
    assert max(point.effect_pct for point in yearly) == pytest.approx(100 * np.expm1(0.1), abs=2)


def test_trend_bends_only_at_its_changepoints():
    found = taken_apart(closes_of())
    bends = {bend.date: bend.rate_change_pct for bend in found.changepoints}
    days = np.array([point.date for point in found.trend], dtype="datetime64[D]").astype(int)
    rates = 36525 * np.diff(np.log([point.price for point in found.trend])) / np.diff(days)
    for point, change in zip(found.trend[1:-1], np.diff(rates), strict=True):
        assert change == pytest.approx(bends.pop(point.date, 0.0), abs=0.1)
    assert not bends
    assert sum(bend.rate_change_pct for bend in found.changepoints) == pytest.approx(-73, abs=10)


def test_short_history_has_a_trend_and_no_season():
    found = taken_apart(closes_of(300))
    assert found.yearly is None
    assert found.trend


def test_every_model_that_fits_prophet_returns_components():
    closes = closes_of()
    blend, prophet, last_price = (answer(closes, model=model) for model in ("blend", "prophet", "last_price"))
    assert blend.components == prophet.components == taken_apart(closes)
    assert last_price.components is None


def test_unit_of_the_price_scales_the_trend_and_no_percentage():
    one, thousand = (taken_apart(closes_of() * factor) for factor in (1, 1000))
    assert (one.yearly, one.changepoints) == (thousand.yearly, thousand.changepoints)
    assert [point.price for point in thousand.trend] == pytest.approx([1000 * p.price for p in one.trend], rel=2e-5)


def test_infinite_trend_is_a_failed_forecast():
    closes = closes_of(60) * np.exp(np.linspace(0, 20, 60))
    with pytest.raises(ForecastFailed, match="shorter horizon"):
        taken_apart(closes, date(2040, 7, 17))


def test_constant_price_has_a_flat_trend():
    found = answer(pd.Series(42.0, index=closes_of().index)).components
    assert {point.price for point in found.trend} == {42.0}
    assert not found.changepoints


def test_ten_years_of_components_are_small():
    found = answer(closes_of(2518), days=365).components
    assert len(found.model_dump_json()) < 15_000


def test_result_without_components_is_valid():
    document = answer(closes_of()).model_dump(mode="json")
    del document["components"]
    assert Forecast.model_validate(document).components is None
