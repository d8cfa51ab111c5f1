"""On series of which the truth is known, an evaluation finds it; python -m benchmarks.evaluations has all models."""

import numpy as np
import pytest

from benchmarks.evaluations.made_up import (
    damped_trend,
    evaluation_of,
    garch_noise,
    history_of,
    past_of,
    row_of,
    walk,
    yearly_season,
)

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


def test_regression_finds_nothing_in_the_opens_of_a_random_walk():
    asked = {"field": "open", "models": ("regression",), "days": 1, "origins": 60}
    assert row_of(evaluation_of(walk(500), **asked), "regression").verdict == "no_difference"


def test_a_close_of_another_exchange_is_known_on_the_next_day():
    history = history_of(walk(300), "7203.T")
    tokyo = past_of(history, others={"SPY": history.frame, "6758.T": history.frame}).until(200)
    assert tokyo.others["6758.T"]["close"].iloc[-1] == history.frame["close"].iloc[200]
    assert tokyo.others["SPY"]["close"].iloc[-1] == history.frame["close"].iloc[199]


def test_a_price_that_stands_still_makes_no_model_better_or_worse():
    evaluation = evaluation_of(np.full(400, 50.0), models=("drift", "ets", "theta", "garch", "regression"))
    assert {row.verdict for row in evaluation.models} <= {"no_difference", None}
