"""Quantiles, probabilities and the CRPS of a distribution on its grid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from forecast_service.engine.distribution.grid import (
    MEDIAN,
    PROBABILITIES,
    SCORES,
    crps,
    probability_below,
    quantiles_at,
)


def test_grid_is_symmetric_and_has_every_percentile():
    assert PROBABILITIES + PROBABILITIES[::-1] == pytest.approx(1.0)
    assert PROBABILITIES[MEDIAN] == 0.5
    assert all(np.isclose(PROBABILITIES, percentile / 100).any() for percentile in range(1, 100))


def test_quantiles_of_a_normal_distribution_are_exact():
    wanted = np.array([0.0123, 0.2, 0.5, 0.777, 0.9991])
    assert quantiles_at(3 + 2 * SCORES[None], wanted)[0] == pytest.approx(norm.ppf(wanted, 3, 2))


def test_probability_below_inverts_the_quantiles():
    curve = 3 + 2 * SCORES
    for probability in (0.001, 0.3, 0.5, 0.98):
        assert probability_below(curve, norm.ppf(probability, 3, 2)) == pytest.approx(probability)


def test_probability_outside_the_grid_is_its_limit():
    assert probability_below(SCORES, -100.0) == pytest.approx(PROBABILITIES[0])
    assert probability_below(SCORES, 100.0) == pytest.approx(PROBABILITIES[-1])


@pytest.mark.parametrize("value", [-2.0, 0.0, 0.7, 4.0])
def test_crps_of_a_normal_distribution_is_its_closed_form(value):
    exact = value * (2 * norm.cdf(value) - 1) + 2 * norm.pdf(value) - 1 / np.sqrt(np.pi)
    assert crps(SCORES[None], np.array([value]))[0] == pytest.approx(exact, rel=0.005)


def test_crps_of_a_point_is_the_absolute_error():
    assert crps(np.full((1, len(PROBABILITIES)), 2.0), np.array([5.0]))[0] == pytest.approx(3.0, rel=0.001)
