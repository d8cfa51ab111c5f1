"""Simulated paths, whose quantiles are those of the distribution on each day."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from forecast_service.engine.distribution.grid import SCORES
from forecast_service.engine.distribution.paths import MOST_DAYS, PATHS, SAMPLES, _walk, simulate

DAILY = 0.01


def normal_curves(days, drift=0.0):
    ahead = np.arange(1, days + 1)[:, None]
    return drift * ahead + DAILY * np.sqrt(ahead) * SCORES


def paths_over(days, **changes):
    return simulate(normal_curves(days, **changes), SCORES, DAILY**2, DAILY**2, drift_deviation=0.0)


def test_paths_of_a_random_walk_touch_a_level_as_often_as_the_reflection_principle_says():
    found = paths_over(250)
    level = DAILY * np.sqrt(250)
    # Twice the probability of ending above it, a little less for closes of days only.
    touched = 1 - np.searchsorted(found.highest, level) / PATHS
    assert 0.27 < touched < 0.32
    assert np.searchsorted(found.lowest, -level) / PATHS == pytest.approx(touched, abs=0.03)


@pytest.mark.parametrize("days", [1, 2, 21, 300, 5000])
def test_extremes_enclose_the_ends_and_the_last_close(days):
    found = paths_over(days)
    end = norm.ppf(0.9, 0, DAILY * np.sqrt(days))
    assert len(found.highest) == len(found.lowest) == len(found.drawdowns) == PATHS
    assert np.quantile(found.highest, 0.9) >= 0.995 * end
    assert np.quantile(found.lowest, 0.1) <= -0.995 * end
    assert (found.drawdowns >= 0).all()
    assert (np.sort(found.highest) == found.highest).all()
    assert found.samples.shape == (SAMPLES, min(days, MOST_DAYS))
    assert found.days[-1] == days - 1


def test_sample_paths_end_evenly_over_the_distribution():
    ends = np.sort(paths_over(21).samples[:, -1])
    wanted = np.quantile(np.random.default_rng(0).normal(0, DAILY * np.sqrt(21), 200_000), np.arange(0.05, 1, 0.1))
    assert ends == pytest.approx(wanted, abs=0.001)


def test_one_day_has_no_way():
    found = paths_over(1)
    assert (found.highest == found.lowest).all()


def test_drift_raises_the_highest_and_lowers_the_drawdown():
    flat, rising = paths_over(100), paths_over(100, drift=0.002)
    assert rising.highest.mean() > flat.highest.mean()
    assert rising.drawdowns.mean() < flat.drawdowns.mean()


def test_paths_are_reproducible():
    assert (paths_over(30).samples == paths_over(30).samples).all()


@pytest.mark.parametrize("start", [0.25, 4.0])
def test_volatility_of_the_walk_reverts_to_the_long_run(start):
    positions = [
        position.copy()
        for position, _ in zip(_walk(SCORES, start * DAILY**2, DAILY**2, 0.0, 1), range(400), strict=False)
    ]
    variances = np.var(np.diff(positions, axis=0), axis=1) / DAILY**2
    assert variances[0] == pytest.approx(start, rel=0.15)
    assert variances[60] == pytest.approx(1 + (start - 1) / 2, rel=0.25)
    assert variances[-50:].mean() == pytest.approx(1.0, abs=0.15)


def test_drift_of_each_path_keeps_it_high_or_low():
    days, deviation = 250, DAILY
    ahead = np.arange(1, days + 1)[:, None]
    curves = np.hypot(DAILY * np.sqrt(ahead), deviation * ahead) * SCORES
    own, none = (simulate(curves, SCORES, DAILY**2, DAILY**2, drift_deviation=each) for each in (deviation, 0.0))
    # Nearly straight paths: their highest is at the end or at the start. Paths in the order of a walk would swing.
    assert own.drawdowns.mean() < 0.9 * none.drawdowns.mean()
    assert np.quantile(own.highest, 0.9) == pytest.approx(curves[-1, np.searchsorted(SCORES, norm.ppf(0.9))], rel=0.1)
