"""The distribution in a finished forecast: ordered, finite, the same in all of its fields, and right on average."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import ForecastFailed, ImplausiblePrices, TooLittleData
from common.domain.price_chances import chance_above
from common.domain.results import QUANTILE_LEVELS, Forecast
from tests.unit.forecast_service.test_forecast import answer, series_of

TODAY = date(2026, 11, 20)
DAYS = pd.bdate_range("2022-01-03", "2026-11-19")


def with_closes(closes, days=DAYS):
    series = series_of(days)
    frame = series.frame.copy()
    for column in ("open", "high", "low", "close", "adj_close"):
        frame[column] = closes
    return replace(series, frame=frame)


def assert_sound(forecast):
    """Check that every price of the distribution is finite, positive and in order."""
    distribution = forecast.distribution
    assert distribution
    for prices in (distribution.end, distribution.highest, distribution.lowest):
        assert len(prices) == 99
        assert np.isfinite(prices).all()
        assert prices[0] > 0
        assert (np.diff(prices) >= 0).all()
    assert (np.array(distribution.lowest) <= distribution.end).all()
    assert (np.array(distribution.end) <= distribution.highest).all()
    for day in forecast.forecast:
        assert len(day.quantiles) == len(QUANTILE_LEVELS)
        assert (np.diff(day.quantiles) >= 0).all()
        assert day.price == day.quantiles[3]


@pytest.mark.parametrize("model", ["blend", "last_price", "prophet"])
@pytest.mark.parametrize("days", [1, 30, 10_000])
def test_quantiles_are_finite_ordered_and_the_same_in_every_field(model, days):
    forecast = answer(series_of(DAYS), TODAY, model=model, days=days, level=0.5)
    assert_sound(forecast)
    end = forecast.forecast[-1]
    assert forecast.distribution
    assert forecast.distribution.end[49] == end.price == forecast.predicted_price
    assert [forecast.distribution.end[24], forecast.distribution.end[74]] == [end.quantiles[2], end.quantiles[4]]
    assert (forecast.interval.lower, forecast.interval.upper) == (end.quantiles[2], end.quantiles[4])


@pytest.mark.parametrize(
    "closes",
    [
        np.full(len(DAYS), 100.0),
        3e-8 * np.exp(np.random.default_rng(1).normal(0, 0.02, len(DAYS)).cumsum()),
        1e9 * np.exp(np.random.default_rng(1).normal(0, 0.02, len(DAYS)).cumsum()),
        np.concatenate([[100.0], 30 * np.exp(np.random.default_rng(2).normal(0, 0.02, len(DAYS) - 1).cumsum())]),
        np.where(np.random.default_rng(3).random(len(DAYS)) < 0.5, 10.0, 10.01),
        100 * np.exp(0.0003 * np.arange(len(DAYS)) + np.random.default_rng(4).normal(0, 1e-6, len(DAYS))),
        np.where(np.arange(len(DAYS)) == 600, 10, 1) * series_of(DAYS).frame["close"].to_numpy(),
        np.where(np.arange(len(DAYS)) % 2, 10.0, 20.0),
    ],
    ids=["constant", "tiny", "huge", "crash at the start", "two prices", "steady", "tenfold error", "to and fro"],
)
@pytest.mark.parametrize("days", [1, 30, 10_000])
def test_unusual_series_give_a_sound_distribution_or_a_reason(closes, days):
    for model in ("blend", "last_price", "prophet"):
        try:
            forecast = answer(with_closes(closes), TODAY, model=model, days=days)
        except (ForecastFailed, ImplausiblePrices):  # either states a reason
            continue
        assert_sound(forecast)


@pytest.mark.parametrize(
    "days",
    [
        DAYS[np.r_[0:150, 500:600, len(DAYS) - 150 : len(DAYS)]],
        pd.bdate_range(end=DAYS[-1], periods=20_000),
        pd.date_range(end=DAYS[-1], periods=500, freq="W-THU"),
        DAYS[-60:],
    ],
    ids=["long gaps", "long", "weekly", "shortest"],
)
def test_unusual_days_give_a_sound_distribution(days):
    for horizon in (1, 10_000):
        assert_sound(answer(series_of(days), TODAY, days=horizon))


def test_too_few_days_are_a_reason():
    with pytest.raises(TooLittleData, match=r"30 prices\. At least 60 are needed"):
        answer(series_of(DAYS[-30:]), TODAY)


def test_median_of_a_stock_drifts_and_that_of_a_pair_does_not():
    series = series_of(DAYS)
    stock, pair = (answer(replace(series, ticker=ticker), TODAY) for ticker in ("ACME", "EURUSD=X"))
    assert stock.predicted_price > stock.last_close == pair.predicted_price
    assert stock.chances
    assert pair.chances
    assert stock.chances.above_last_close > pair.chances.above_last_close == pytest.approx(0.5, abs=0.001)


def test_last_price_has_the_spread_of_the_blend():
    blend, plain = (answer(series_of(DAYS), TODAY, model=model) for model in ("blend", "last_price"))
    assert blend.model.prophet_weight == 0
    assert plain.predicted_price == plain.last_close
    widths = [forecast.interval.upper / forecast.interval.lower for forecast in (blend, plain)]
    assert widths[0] == pytest.approx(widths[1], rel=0.02)


def test_chances_and_risk_agree_with_the_percentiles():
    forecast = answer(series_of(DAYS), TODAY, days=365)
    end, last = np.array(forecast.distribution.end), forecast.last_close
    for stated, seen in (
        (forecast.chances.above_last_close, (end > last).mean()),
        (forecast.chances.gain_over_10_pct, (end > 1.1 * last).mean()),
        (forecast.chances.loss_over_10_pct, (end < 0.9 * last).mean()),
    ):
        assert stated == pytest.approx(seen, abs=0.012)
    assert forecast.risk.value_at_risk_95_pct == pytest.approx(100 * (1 - end[4] / last), abs=0.01)
    assert forecast.risk.expected_shortfall_95_pct > forecast.risk.value_at_risk_95_pct
    assert 0 < forecast.risk.median_drawdown_pct < forecast.risk.drawdown_95_pct < 100
    assert forecast.risk.horizon_trading_days == len(forecast.forecast)
    assert 10 < forecast.risk.volatility_pct < 25


@pytest.mark.parametrize("closes", [np.full(len(DAYS), 100.0), series_of(DAYS).frame["close"].to_numpy()])
def test_chances_are_those_that_the_api_computes_from_the_percentiles(closes):
    forecast = answer(with_closes(closes), TODAY)
    last = forecast.last_close
    assert forecast.chances.above_last_close == chance_above(forecast.distribution, last).probability
    assert forecast.chances.gain_over_10_pct == chance_above(forecast.distribution, 1.1 * last).probability


def test_sample_paths_start_near_the_last_close_and_end_inside_the_distribution():
    forecast = answer(series_of(DAYS), TODAY)
    paths = forecast.sample_paths
    assert len(paths.prices) == 10
    assert paths.dates == [day.date for day in forecast.forecast]
    ends = sorted(prices[-1] for prices in paths.prices)
    assert forecast.distribution.end[0] < ends[0] < ends[-1] < forecast.distribution.end[-1]


def test_backtest_scores_the_whole_distribution():
    tests = answer(series_of(DAYS), TODAY).backtest
    assert tests.scored == tests.model_dump()["independent_tests"] == 20
    assert 0.9 < tests.crps_ratio < 1.1
    assert 0 < tests.crps_pct < tests.mae_pct
    assert tests.coverage_50 <= tests.coverage_80 <= tests.coverage_95
    assert tests.coverage_80 == tests.coverage
    assert 0.2 < tests.brier_up < 0.3
    assert all(0 < point.pit < 1 for point in tests.points)


def test_summary_reports_unusually_large_moves():
    moves = np.random.default_rng(5).normal(0, 0.01, len(DAYS))
    moves[-30:] *= 4
    forecast = answer(with_closes(100 * np.exp(moves.cumsum())), TODAY)
    assert forecast.risk.volatility_percentile > 0.95
    assert "Its moves of the last weeks are unusually large: larger than on " in forecast.verdict


def test_result_of_an_older_version_without_a_distribution_is_valid():
    old = answer(series_of(DAYS), TODAY).model_dump(mode="json")
    for name in ("distribution", "chances", "risk", "sample_paths"):
        del old[name]
    for day in old["forecast"]:
        del day["quantiles"]
    read = Forecast.model_validate(old)
    assert (read.distribution, read.forecast[0].quantiles) == (None, [])


def test_flat_start_does_not_widen_the_distribution_of_later_years():
    moves = np.random.default_rng(5).normal(0, 0.02, len(DAYS))
    moves[:60] = 0.0
    interval = answer(with_closes(100 * np.exp(moves.cumsum())), TODAY).interval
    assert 1.15 < interval.upper / interval.lower < 1.4


def test_price_with_many_days_without_a_move_keeps_its_volatility():
    random = np.random.default_rng(6)
    days = DAYS[:80]
    moves = np.where(random.random(80) < 0.6, 0.0, random.choice([-0.05, 0.05], 80))
    forecast = answer(with_closes(100 * np.exp(moves.cumsum()), days), days[-1].date(), days=7)
    assert 30 < forecast.risk.volatility_pct < 80
    assert forecast.interval.upper / forecast.interval.lower > 1.1


@pytest.mark.parametrize("rows", [70, 150])
def test_short_history_has_no_usual_size_of_moves_to_compare_with(rows):
    forecast = answer(series_of(DAYS[:rows]), DAYS[rows - 1].date())
    assert forecast.risk.volatility_percentile == 0.5
    assert "unusually" not in forecast.verdict


def test_constant_price_has_no_range_no_skill_and_no_unusual_moves():
    forecast = answer(with_closes(np.full(len(DAYS), 100.0)), TODAY)
    assert (
        forecast.verdict == "The price has hardly moved, so there is no range to state. The last close was 100.00 USD."
    )
    assert (forecast.backtest.skill, forecast.backtest.comparison) == (0.0, "no_difference")
    assert forecast.backtest.direction_hit_rate is None


@pytest.mark.parametrize(
    "ticker", ["^VIX", "^VVIX", "^TNX", "GC=F", "BTC-USD", "BTCUSD", "ETHUSDT", "XAUUSD", "EURUSD=X"]
)
def test_what_is_no_stock_has_no_drift(ticker):
    forecast = answer(replace(series_of(DAYS), ticker=ticker), TODAY, days=365)
    assert forecast.model.prophet_weight > 0 or forecast.predicted_price == forecast.last_close


def test_drawdown_is_never_below_the_value_at_risk():
    closes = 100 * np.exp(np.random.default_rng(5).normal(0, 0.01, len(DAYS)).cumsum())
    closes[-1] *= 11
    risk = answer(with_closes(closes), TODAY, days=1, model="last_price").risk
    assert risk.drawdown_95_pct >= risk.value_at_risk_95_pct
