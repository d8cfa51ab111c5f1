"""The figures of the accuracy benchmark, for a few made-up forecasts."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy.figures import figures_of, horizon_figures
from benchmarks.accuracy.trials import FIRST_ROW, HORIZONS, PIT_BINS, Trial, origin_rows, trials_at
from benchmarks.yardsticks.simulated_closes import simulated_closes

CLOSES = simulated_closes(1)["SIM000"].iloc[:1200]
KEYS = {
    "crps_vs_last_price",
    "coverage_50",
    "coverage_80",
    "coverage_95",
    "coverage_98",
    "pit_mean",
    "pit_ks",
    "brier_up",
    "touch_gap",
    "mae_vs_last_price",
}
PROPHET_KEYS = {"prophet_coverage", "prophet_mae_vs_last_price", "interval_score_vs_prophet"}


@pytest.fixture(scope="module")
def real_trials():
    return [trial for row in (600, 900) for trial in trials_at("SIM000", CLOSES, row, with_prophet=False)]


def trial(pit, day="2015-01-02", mae=0.1):
    """Return a trial whose scores are set by hand; the last price is off by 0.2."""
    names = ("crps", "last_price_crps", "coverage_50", "coverage_80", "coverage_95", "coverage_98", "brier_up")
    rest = (
        "coverage",
        "interval_score",
        "last_price_interval_score",
        "last_price_coverage",
        "weight",
        "weight_above_0",
    )
    scores = {name: np.ones(1) for name in names + rest}
    scores |= {"mae": np.array([mae]), "last_price_mae": np.array([0.2]), "pit_mean": np.array([pit])}
    scores |= {"pit_bins": np.eye(PIT_BINS)[int(pit * PIT_BINS)]}
    touch = np.eye(10)[3]
    scores |= {"touch_count": touch, "touch_stated": 0.35 * touch, "touch_seen": (pit > 0.5) * touch}
    return Trial("ACME", pd.Timestamp(day), 21, scores)


def test_each_series_has_its_own_origins_and_together_they_cover_the_history():
    shifts = (np.arange(22) + 0.5) / 22
    rows = [origin_rows(1510, 24, shift) for shift in shifts]
    together = sorted(row for each in rows for row in each)
    assert {len(each) for each in rows} == {24}
    assert len(set(together)) == len(together)
    assert np.diff(together).max() <= 3
    assert FIRST_ROW <= together[0] < together[-1] <= 1509 - max(HORIZONS)


@pytest.mark.parametrize(("rows", "origins"), [(251, 0), (252, 1), (300, 1), (787, 24), (757, 2)])
def test_a_short_series_has_fewer_origins(rows, origins):
    assert len(origin_rows(rows, 24, 0.5)) == origins


def test_errors_are_ratios_of_pooled_sums():
    found = horizon_figures([trial(0.1, mae=0.1), trial(0.6, mae=0.3, day="2016-01-04")])
    assert found["mae_vs_last_price"] == pytest.approx(0.4 / 0.4)
    assert found["pit_mean"] == pytest.approx(0.35)
    assert {f"{name}_se" for name in KEYS} < set(found)


def test_ks_is_the_largest_distance_from_a_uniform_pit():
    even = [trial((number + 0.5) / PIT_BINS) for number in range(PIT_BINS)]
    assert horizon_figures(even)["pit_ks"] == pytest.approx(0.0, abs=1e-9)
    assert horizon_figures([trial(0.99)])["pit_ks"] == pytest.approx(1 - 1 / PIT_BINS)


def test_touch_gap_is_the_mean_difference_over_the_classes_that_occur():
    assert horizon_figures([trial(0.1), trial(0.6)])["touch_gap"] == pytest.approx(0.5 - 0.35)


def test_trials_of_a_series_have_every_figure_by_horizon(real_trials):
    found = figures_of(real_trials)
    assert (found["series"], found["origins"], list(found["horizons"])) == (1, 2, [str(h) for h in HORIZONS])
    for figures in found["horizons"].values():
        assert set(figures) >= KEYS
        assert not PROPHET_KEYS & set(figures)
        assert np.isfinite(list(figures.values())).all()


def test_stock_prophet_is_scored_where_it_is_wanted():
    found = figures_of(trials_at("SIM000", CLOSES, 700, with_prophet=True))
    assert all(set(figures) >= PROPHET_KEYS for figures in found["horizons"].values())
