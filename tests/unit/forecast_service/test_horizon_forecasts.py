"""Forecasts over several horizons from fits that they share."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from common.domain.prices import COLUMNS, PriceSeries
from common.domain.questions import ForecastQuestion
from forecast_service.engine.evaluation.backtest import ORIGINS
from forecast_service.engine.forecast import make_forecast
from forecast_service.engine.horizon_forecasts import forecast_horizons, last_move

HORIZONS = (5, 21, 63)


def series_of(rows, *, ticker="AAPL", seed=8, days=None):
    moves = np.random.default_rng(seed).normal(0.0002, 0.015, rows)
    closes = 100 * np.exp(moves.cumsum())
    index = days if days is not None else pd.bdate_range(end="2026-11-20", periods=rows)
    return PriceSeries(ticker, "test", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=index.rename("date")))


def single(series, target):
    """The forecast of a request with the same target."""
    question = ForecastQuestion(ticker=series.ticker, days=(target - series.last).days)
    now = pd.Timestamp(series.last).tz_localize("UTC").to_pydatetime()
    return make_forecast(series, question, today=series.last, fetched_at=now, version="")


def test_the_longest_horizon_has_the_forecast_and_the_scores_of_a_request():
    series = series_of(2518)
    found = forecast_horizons(series, HORIZONS)[-1]
    one = single(series, found.target)
    assert one.risk == found.risk
    assert len(one.forecast) == found.trading_days == 63
    assert one.predicted_price == pytest.approx(found.price, rel=1e-7)
    assert (one.interval.lower, one.interval.upper) == pytest.approx((found.lower, found.upper), rel=1e-7)
    assert one.backtest == found.backtest
    chances = (one.chances.above_last_close, one.chances.gain_over_10_pct, one.chances.loss_over_10_pct)
    assert chances == pytest.approx((found.chance_up, found.chance_gain, found.chance_loss), abs=1e-3)


def test_shorter_horizons_are_scored_on_the_same_days_and_end_sooner():
    found = forecast_horizons(series_of(2518), HORIZONS)
    origins = [[point.origin for point in one.backtest.points] for one in found]
    assert origins[0] == origins[1] == origins[2]
    assert [one.backtest.origins for one in found] == [ORIGINS] * 3
    assert [one.backtest.overlap for one in found][:2] == [1.0, 1.0]
    assert found[0].target < found[1].target < found[2].target
    widths = [one.upper - one.lower for one in found]
    assert widths == sorted(widths)


def test_a_shorter_horizon_is_nearly_the_forecast_of_a_request():
    series = series_of(2518)
    found = forecast_horizons(series, HORIZONS)[1]
    one = single(series, found.target)
    assert one.predicted_price == pytest.approx(found.price, rel=0.01)
    assert one.interval.upper - one.interval.lower == pytest.approx(found.upper - found.lower, rel=0.05)


def test_targets_are_trading_days_of_the_exchange():
    stock = forecast_horizons(series_of(700), (5,))[0]
    assert stock.target == date(2026, 11, 30)  # Thanksgiving is on the 26th
    coin = forecast_horizons(series_of(700, ticker="BTC-USD", days=pd.date_range(end="2026-11-20", periods=700)), (5,))
    assert coin[0].target == date(2026, 11, 25)


@pytest.mark.parametrize(("rows", "scored"), [(60, []), (70, [5]), (90, [5, 21]), (400, [5, 21, 63])])
def test_a_short_history_has_a_backtest_at_the_horizons_for_which_it_has_room(rows, scored):
    found = forecast_horizons(series_of(rows), HORIZONS)
    assert [one.trading_days for one in found if one.backtest] == scored


def test_the_last_move_is_compared_with_what_was_known_before_it():
    series = series_of(600)
    usual = last_move(series)
    frame = series.frame.copy()
    frame.iloc[-1] *= 1.2
    jumped = last_move(PriceSeries("AAPL", "test", "USD", frame))
    assert (jumped.deviation, jumped.lower, jumped.upper) == (usual.deviation, usual.lower, usual.upper)
    assert usual.deviation == pytest.approx(0.015, rel=0.3)
    assert jumped.change == pytest.approx(1.2 * (1 + usual.change) - 1)
    assert frame["close"].iloc[-1] > jumped.upper


def test_the_range_of_a_day_has_nineteen_of_twenty_closes():
    series = series_of(900)
    moves = [
        (last_move(PriceSeries("AAPL", "test", "USD", series.frame.iloc[:rows])), series.frame["close"].iloc[rows - 1])
        for rows in range(400, 900, 3)
    ]
    inside = np.mean([move.lower <= close <= move.upper for move, close in moves])
    assert 0.90 < inside < 0.99
