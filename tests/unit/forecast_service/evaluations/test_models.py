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
from forecast_service.evaluations.models.regression import regression_curve
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
