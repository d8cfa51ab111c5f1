"""The long-run drift, between the evidence on single stocks and the series' own mean move."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.distribution.drift import PRIOR_DRIFT, TRADING_DAYS_A_YEAR, daily_drifts

TEN_YEARS = 2520


def yearly_drift(moves, volatility):
    variances = np.full(len(moves), volatility**2 / TRADING_DAYS_A_YEAR)
    return daily_drifts(np.cumsum(moves), variances)[-1] * TRADING_DAYS_A_YEAR


def test_first_day_has_the_prior_drift():
    assert yearly_drift(np.zeros(1), 0.3) == pytest.approx(PRIOR_DRIFT)
    assert 0.03 < PRIOR_DRIFT < 0.04


def test_ten_good_years_of_a_volatile_stock_hardly_move_the_drift():
    good = np.full(TEN_YEARS, 0.25 / TRADING_DAYS_A_YEAR)
    assert PRIOR_DRIFT < yearly_drift(good, 0.3) < PRIOR_DRIFT + 0.02


def test_steady_rise_with_little_noise_overrules_the_prior():
    steady = np.full(TEN_YEARS, 0.10 / TRADING_DAYS_A_YEAR)
    assert yearly_drift(steady, 0.01) == pytest.approx(0.10, abs=0.005)


def test_constant_price_has_no_drift():
    assert yearly_drift(np.zeros(TEN_YEARS), 1e-5) == pytest.approx(0.0, abs=1e-5)


def test_drift_of_a_day_does_not_depend_on_later_closes():
    closes = np.random.default_rng(1).normal(0, 0.01, 500).cumsum()
    other = np.concatenate([closes[:300], closes[300:] + 1])
    variances = np.full(500, 1e-4)
    assert (daily_drifts(closes, variances)[:300] == daily_drifts(other, variances)[:300]).all()
