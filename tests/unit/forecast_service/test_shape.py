"""The shape of the distribution: quantiles of standardised errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES
from forecast_service.engine.distribution.shape import PRIOR_VARIANCE, shape_of

NO_ERRORS = np.zeros(0)


def width(shape, level):
    lower, upper = np.interp([(1 - level) / 2, (1 + level) / 2], PROBABILITIES, shape)
    return float(upper - lower)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_shape_holds_the_level_of_many_errors(level):
    errors = np.sort(np.random.default_rng(1).standard_t(3, 50_000))
    lower, upper = np.interp([(1 - level) / 2, (1 + level) / 2], PROBABILITIES, shape_of(errors, 1, 1))
    assert np.mean((lower <= errors) & (errors <= upper)) == pytest.approx(level, abs=0.01)


def test_shape_follows_the_asymmetry_of_many_errors():
    errors = np.sort(1 - np.random.default_rng(2).exponential(1, 50_000))
    shape = shape_of(errors, 1, 1)
    assert -shape[0] > 3 * shape[-1]


def test_few_errors_leave_the_shape_symmetric():
    errors = np.sort(1 - np.random.default_rng(2).exponential(1, 20))
    shape = shape_of(errors, 63, 1)
    assert -shape[0] == pytest.approx(shape[-1], rel=0.1)


def test_shape_without_errors_is_students_t():
    shape = shape_of(NO_ERRORS, 21, 1)
    assert (shape == -shape[::-1]).all()
    deviation = np.sqrt(np.trapezoid(shape**2, PROBABILITIES))
    assert deviation == pytest.approx(np.sqrt(PRIOR_VARIANCE), rel=0.01)


@pytest.mark.parametrize(("size", "weight"), [(0.5, 0.2), (1.3, 0.2), (3.0, 0.95), (5.0, 0.98)])
def test_prior_outweighs_thirty_errors_unless_they_contradict_it(size, weight):
    parametric = width(shape_of(NO_ERRORS, 63, 1), 0.8)
    measured = width(shape_of(np.sort(np.resize([-size, size], 30)), 63, 1e9), 0.8)
    usual, theirs = np.sqrt(PRIOR_VARIANCE), size
    # With so much overlap the errors count as none, so the prior alone decides.
    assert measured == pytest.approx(parametric, rel=1e-6)
    measured = width(shape_of(np.sort(np.resize([-size, size], 30)), 63, 1), 0.8) / parametric * usual
    assert (measured - usual) / (theirs - usual) == pytest.approx(weight, abs=0.2)


@given(
    st.lists(st.floats(-30, 30), max_size=80).map(lambda errors: np.sort(np.array(errors, dtype=float))),
    st.integers(1, 300),
    st.floats(1, 40),
)
def test_quantiles_never_cross_and_the_median_is_0(errors, horizon, overlap):
    shape = shape_of(errors, horizon, overlap, 10.0)
    assert (np.diff(shape) >= 0).all()
    assert shape[MEDIAN] == 0
    assert np.isfinite(shape).all()


def test_few_large_errors_widen_the_shape():
    errors = np.sort(np.resize([-3.0, 3.0], 20))
    assert width(shape_of(errors, 63, 1), 0.8) > 1.4 * width(shape_of(NO_ERRORS, 63, 1), 0.8)


def test_overlapping_errors_count_for_less():
    errors = np.sort(np.random.default_rng(4).normal(0, 1.6, 100))
    widths = [width(shape_of(errors, 21, overlap), 0.8) for overlap in (1, 5, 21, 63)]
    assert widths == sorted(widths, reverse=True)


def test_tails_are_heavy_over_days_and_less_so_over_months():
    day, month, years = (shape_of(NO_ERRORS, horizon, 1) / np.sqrt(PRIOR_VARIANCE) for horizon in (1, 21, 2000))
    assert day[-1] > month[-1] == years[-1] > norm.ppf(PROBABILITIES[-1])
