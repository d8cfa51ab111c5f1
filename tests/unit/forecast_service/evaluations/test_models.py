"""The models' forecasts agree with those of their libraries, and with what is known of simple series."""

import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.forecasting.theta import ThetaModel

from benchmarks.evaluations.made_up import history_of, past_of, walk
from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.evaluations.models.arima import Arima
from forecast_service.evaluations.models.ets import ExponentialSmoothing
from forecast_service.evaluations.models.garch import garch_curve
from forecast_service.evaluations.models.registry import BUILT_INS, curves_of
from forecast_service.evaluations.models.regression import MOST_DAYS_OLD, regression_curve
from forecast_service.evaluations.models.theta import theta_curve

HORIZON = 5
SPREAD = np.searchsorted(PROBABILITIES, [0.1, 0.9])


def past(rows=400, seed=1):
    return past_of(history_of(walk(rows, seed)))


def test_theta_is_that_of_statsmodels():
    known = past()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = ThetaModel(pd.Series(known.log_values), period=1, deseasonalize=False).fit()
        expected = fit.forecast(HORIZON).iloc[-1] - known.log_values[-1]
    assert theta_curve(known, HORIZON)[MEDIAN] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", [name for name in BUILT_INS if name != "prophet"])
def test_on_a_random_walk_the_spread_is_that_of_the_walk(name):
    curve = next(curves_of(name)(past(600), Origins(np.array([590]), HORIZON)))
    usual = 2 * 1.2816 * 0.01 * np.sqrt(HORIZON)
    assert (np.diff(curve) >= 0).all()
    assert 0.7 < (curve[SPREAD[1]] - curve[SPREAD[0]]) / usual < 1.6
    assert abs(curve[MEDIAN]) < 0.02


@pytest.mark.parametrize("model", [ExponentialSmoothing(), Arima(), garch_curve, theta_curve, regression_curve])
def test_a_value_that_stands_still_has_finite_quantiles(model):
    still = past_of(history_of(np.full(200, 50.0)))
    curve = model(still, HORIZON)
    assert np.isfinite(curve).all()
    assert abs(curve).max() < 1e-3


def test_a_regression_with_too_few_rows_says_how_many_it_needs():
    with pytest.raises(ModelFailure, match="needs 181 values"):
        regression_curve(past(150), 50)


def test_the_last_price_of_another_stock_stands_for_a_missing_one_for_a_few_days_only():
    history, other = history_of(walk(400)), history_of(walk(400, seed=2)).frame
    gap = 21 + MOST_DAYS_OLD  # the longest move of another stock, and the days that are filled
    closed = other.drop(other.index[300 : 300 + gap])
    scaled = closed.copy()
    scaled.iloc[:300] *= 2.0
    curves = [regression_curve(past_of(history, others={"OTHER": frame}), HORIZON) for frame in (closed, scaled)]
    assert curves[0] == pytest.approx(curves[1], abs=1e-12), "no move reaches over the gap"


def test_a_holiday_of_another_exchange_is_filled():
    history, other = history_of(walk(400)), history_of(walk(400, seed=2)).frame
    holidays = [row for row in range(30, 390, 30) for row in range(row, row + MOST_DAYS_OLD)]
    filled = other.copy()
    filled.loc[:, :] = other.drop(other.index[holidays]).reindex(other.index, method="ffill").to_numpy()
    frames = (other.drop(other.index[holidays]), filled)
    curves = [regression_curve(past_of(history, others={"OTHER": frame}), HORIZON) for frame in frames]
    assert curves[0] == pytest.approx(curves[1], abs=1e-12)


def test_a_stock_that_is_no_longer_traded_says_nothing():
    history, other = history_of(walk(400)), history_of(walk(400, seed=2)).frame
    curves = [regression_curve(past_of(history, others={"OTHER": other.iloc[:rows]}), HORIZON) for rows in (10, 400)]
    alone = regression_curve(past_of(history), HORIZON)
    assert curves[0] == pytest.approx(alone, abs=1e-12), "it ended before the first row that teaches the model"
    assert curves[1] != pytest.approx(alone, abs=1e-6)
