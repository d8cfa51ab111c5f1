"""The distribution of each day ahead, and the bounds of its interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from forecast_service.engine.distribution.grid import MEDIAN, SCORES
from forecast_service.engine.distribution.interval import anchor_horizons, curves_ahead, interval_bounds


def test_bounds_of_a_normal_distribution_have_equal_tails():
    assert interval_bounds(SCORES[None], 0.8)[0] == pytest.approx([norm.ppf(0.1), norm.ppf(0.9)])


@pytest.mark.parametrize("days", [1, 2, 3, 21, 7000])
def test_anchors_run_from_the_first_day_to_the_last(days):
    anchors = anchor_horizons(days)
    assert (anchors[0], anchors[-1]) == (1, days)
    assert (np.diff(anchors) > 0).all()


def test_quantile_is_the_centre_plus_volatility_times_shape():
    centres, deviations = np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0])
    curves = curves_ahead(centres, deviations, np.array([1, 3]), np.array([SCORES, SCORES]))
    assert curves == pytest.approx(centres[:, None] + deviations[:, None] * SCORES)


def test_shape_between_two_anchors_lies_between_theirs():
    curves = curves_ahead(np.zeros(4), np.ones(4), np.array([1, 4]), np.array([SCORES, 3 * SCORES]))
    assert curves[1] == pytest.approx(2 * SCORES)


def test_interval_never_narrows_although_the_volatility_falls():
    curves = curves_ahead(np.zeros(3), np.array([3.0, 2.0, 4.0]), np.array([1, 3]), np.array([SCORES, SCORES]))
    assert curves[1] == pytest.approx(3 * SCORES)
    assert (curves[:, MEDIAN] == 0).all()
