"""On series of which the truth is known, an evaluation finds it; python -m benchmarks.evaluations has all models."""

import numpy as np
import pytest

from benchmarks.evaluations.made_up import damped_trend, evaluation_of, garch_noise, row_of, walk, yearly_season

FAST = ("drift", "blend", "prophet", "regression")
WALKS, ALLOWED = 200, 10


def test_at_most_5_percent_of_random_walks_call_a_model_better():
    called = [
        any(row.verdict == "better" for row in evaluation_of(walk(250, seed), models=FAST, origins=10).models)
        for seed in range(WALKS)
    ]
    assert sum(called) <= ALLOWED


@pytest.mark.parametrize("seed", [1, 2])
def test_prophet_is_better_on_a_strong_yearly_season(seed):
    found = evaluation_of(yearly_season(seed=seed), models=("drift", "prophet"), days=60, origins=12)
    assert row_of(found, "prophet").verdict == "better"
    assert row_of(found, "drift").verdict != "better"


@pytest.mark.parametrize("seed", [1, 2])
def test_ets_is_better_on_a_damped_trend(seed):
    found = evaluation_of(damped_trend(seed=seed), models=("drift", "ets"), days=3, origins=50)
    assert row_of(found, "ets").verdict == "better"
    assert row_of(found, "drift").verdict != "better"


def test_garch_is_better_on_garch_noise():
    found = evaluation_of(garch_noise(900, seed=2), models=("drift", "garch"), days=1, origins=150)
    assert row_of(found, "garch").verdict == "better"
    assert row_of(found, "drift").verdict != "better"
    assert row_of(found, "garch").interval_score_pct < row_of(found, "last_price").interval_score_pct


def test_regression_finds_a_stock_that_leads():
    leader = walk(500, seed=4)
    moves = np.diff(np.log(leader), prepend=np.log(leader[0]))
    noise = np.random.default_rng(9).normal(0, 0.004, len(leader))
    follower = 100 * np.exp((0.7 * np.concatenate([[0.0], moves[:-1]]) + noise).cumsum())
    asked = {"models": ("drift", "regression"), "days": 1, "origins": 40}
    assert row_of(evaluation_of(follower, others={"LEAD": leader}, **asked), "regression").verdict == "better"
    assert row_of(evaluation_of(follower, **asked), "regression").verdict == "no_difference"
