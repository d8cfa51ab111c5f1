"""The long-run drift, between the evidence on single stocks and the series' own mean move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast_service.engine.distribution.drift import PRIOR_DEVIATION, PRIOR_DRIFT, TRADING_DAYS_A_YEAR, Drift
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.models import ModelInput, _output_without_prophet
from forecast_service.engine.stopwatch import Stopwatch

TEN_YEARS = 2520


def drift_of(moves, volatility):
    return Drift.of(np.cumsum(moves), np.full(len(moves), volatility**2 / TRADING_DAYS_A_YEAR))


def yearly_drift(moves, volatility):
    return drift_of(moves, volatility).means[-1] * TRADING_DAYS_A_YEAR


def test_first_day_has_the_prior_drift():
    assert yearly_drift(np.zeros(1), 0.3) == pytest.approx(PRIOR_DRIFT)
    assert 0.03 < PRIOR_DRIFT < 0.04


def test_ten_good_years_of_a_volatile_stock_hardly_move_the_drift():
    good = np.full(TEN_YEARS, 0.25 / TRADING_DAYS_A_YEAR)
    assert PRIOR_DRIFT < yearly_drift(good, 0.3) < PRIOR_DRIFT + 0.03


def test_steady_rise_with_little_noise_overrules_the_prior():
    steady = np.full(TEN_YEARS, 0.10 / TRADING_DAYS_A_YEAR)
    assert yearly_drift(steady, 0.01) == pytest.approx(0.10, abs=0.005)


def test_constant_price_has_no_drift():
    assert yearly_drift(np.zeros(TEN_YEARS), 1e-5) == pytest.approx(0.0, abs=1e-5)


def test_drift_of_a_day_does_not_depend_on_later_closes():
    closes = np.random.default_rng(1).normal(0, 0.01, 500).cumsum()
    other = np.concatenate([closes[:300], closes[300:] + 1])
    variances = np.full(500, 1e-4)
    one, two = Drift.of(closes, variances), Drift.of(other, variances)
    assert (one.means[:300] == two.means[:300]).all()
    assert (one.deviations[:300] == two.deviations[:300]).all()


def test_drift_is_the_less_certain_the_shorter_the_history_and_the_larger_the_volatility():
    deviations = drift_of(np.zeros(TEN_YEARS), 0.03).deviations * TRADING_DAYS_A_YEAR
    assert deviations[0] == pytest.approx(PRIOR_DEVIATION)
    assert (np.diff(deviations) < 0).all()
    assert deviations[-1] == pytest.approx(0.03 / np.sqrt(10), rel=0.06)
    assert drift_of(np.zeros(TEN_YEARS), 0.3).deviations[-1] > 0.9 * PRIOR_DEVIATION / TRADING_DAYS_A_YEAR


def test_error_of_the_drift_adds_a_variance_that_grows_with_the_square_of_the_horizon():
    drift = Drift(np.zeros(2), np.array([0.5, 0.1]))
    assert drift.widen(np.array([0.0, 0.3]), 4) == pytest.approx([2.0, 0.5])
    assert drift.widen_ahead(np.array([0.0, 0.0, 0.4])) == pytest.approx([0.1, 0.2, 0.5])


def test_drift_that_is_known_to_be_none_widens_nothing():
    assert (Drift.none(3).widen(np.ones(3), 100) == 1).all()


@pytest.mark.parametrize("rows", [250, 1000])
def test_range_of_a_steady_series_holds_over_years(rows):
    # The true drifts are drawn from the prior.
    held = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        drift = random.normal(PRIOR_DRIFT, PRIOR_DEVIATION) / TRADING_DAYS_A_YEAR
        closes = pd.Series(
            100 * np.exp(random.normal(drift, 0.002, rows + 1000).cumsum()),
            index=pd.bdate_range("2015-01-01", periods=rows + 1000),
        )
        known = ModelInput.of(closes.iloc[:rows], pd.DatetimeIndex(closes.index[rows:]), with_drift=True)
        curves = _output_without_prophet(known, Stopwatch(), around_last_price=False).curves
        lower, upper = interval_bounds(curves[-1:], 0.95)[0]
        held.append(lower <= np.log(closes.iloc[-1] / closes.iloc[rows - 1]) <= upper)
    assert np.mean(held) >= 0.88
