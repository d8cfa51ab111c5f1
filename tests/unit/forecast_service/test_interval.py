import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from forecast_service.engine.interval import PRIOR_VARIANCE, interval_multiplier, tail_quantile


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_multiplier_holds_the_level_of_many_errors(level):
    errors = np.random.default_rng(1).standard_t(3, 50_000)
    multiplier = interval_multiplier(errors, level, horizon=1, overlap=1)
    assert np.mean(np.abs(errors) <= multiplier) == pytest.approx(level, abs=0.02)


def test_multiplier_without_errors_is_parametric():
    assert interval_multiplier(np.zeros(0), 0.8, 21, 1) == pytest.approx(
        np.sqrt(PRIOR_VARIANCE) * tail_quantile(0.8, 21)
    )


@pytest.mark.parametrize(("size", "heard"), [(0.5, 0.2), (1.3, 0.2), (3.0, 0.95), (5.0, 0.98)])
def test_prior_outweighs_thirty_errors_unless_they_contradict_it(size, heard):
    usual, theirs = np.sqrt(PRIOR_VARIANCE), size
    multiplier = interval_multiplier(np.full(30, size), 0.8, 63, 1) / tail_quantile(0.8, 63)
    trust = (multiplier - usual) / (theirs - usual)
    assert trust == pytest.approx(heard, abs=0.15)


@given(
    st.lists(st.floats(-30, 30), max_size=80).map(np.array),
    st.floats(0.5, 0.98),
    st.floats(0.001, 0.01),
    st.integers(1, 300),
    st.floats(1, 40),
)
def test_higher_level_never_gives_a_narrower_interval(errors, level, more, horizon, overlap):
    multipliers = [interval_multiplier(errors, each, horizon, overlap, 10.0) for each in (level, level + more)]
    assert multipliers[0] <= multipliers[1]


def test_few_large_errors_widen_the_interval():
    errors = np.full(20, 3.0)
    assert interval_multiplier(errors, 0.8, 63, 1) > 1.4 * tail_quantile(0.8, 63)


def test_overlapping_errors_count_for_less():
    errors = np.random.default_rng(4).normal(0, 1.6, 100)
    multipliers = [interval_multiplier(errors, 0.8, 21, overlap) for overlap in (1, 5, 21, 63)]
    assert multipliers == sorted(multipliers, reverse=True)


def test_tail_is_heavy_over_days_and_normal_over_months():
    assert tail_quantile(0.99, 1) > tail_quantile(0.99, 21) > norm.ppf(0.995)
    assert tail_quantile(0.8, 2000) == pytest.approx(norm.ppf(0.9), rel=1e-3)
