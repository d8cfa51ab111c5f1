"""What the accuracy benchmark counts, on series of a few lines."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.accuracy import FIRST_ROW, HORIZONS, Band, Trial, figures_of, origin_rows, pooled_scores

NAMED = ("coverage", "interval_score_vs_last_price", "interval_score_vs_prophet", "mae_vs_last_price")


def trial(actual, name="ACME", day="2015-01-02", horizon=21):
    ours, last_price, prophet = Band(1.0, 0.9, 1.1), Band(1.0, 0.8, 1.2), Band(1.2, 1.1, 1.3)
    return Trial(name, pd.Timestamp(day), horizon, actual, 0.0, ours, last_price, prophet)


def test_series_are_forecast_on_days_of_their_own_that_cover_the_history_evenly():
    shifts = (np.arange(22) + 0.5) / 22
    rows = [origin_rows(1510, 24, shift) for shift in shifts]
    together = sorted(row for each in rows for row in each)
    assert {len(each) for each in rows} == {24}
    assert len(set(together)) == len(together)
    assert np.diff(together).max() <= 3
    assert FIRST_ROW <= together[0] < together[-1] <= 1509 - max(HORIZONS)


@pytest.mark.parametrize(("rows", "origins"), [(64, 0), (65, 1), (200, 1), (600, 24), (570, 2)])
def test_a_short_series_is_forecast_where_it_can_be(rows, origins):
    assert len(origin_rows(rows, 24, 0.5)) == origins


def test_figures_are_shares_of_the_yardsticks():
    found = pooled_scores([trial(1.0), trial(1.0), trial(1.15), trial(0.7, day="2016-01-04")])
    assert [found[name] for name in NAMED] == pytest.approx([2 / 4, (0.8 + 0.5 + 2) / (1.6 + 1), 3.3 / (0.8 + 6), 1])
    assert {f"{name}_se" for name in NAMED} < set(found)


def test_figures_are_by_horizon_and_say_how_much_was_tried():
    trials = [trial(1.15, name, day, h) for name in "AB" for day in ("2015-01-02", "2015-02-02") for h in HORIZONS]
    found = figures_of(trials[:-3])
    assert (found["series"], found["origins"], list(found["horizons"])) == (2, 3, ["5", "21", "63"])
    assert all(set(NAMED) < set(each) for each in found["horizons"].values())
