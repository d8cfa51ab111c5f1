"""The sentiment: its rule, and its evidence, which finds a planted relation and none in noise."""

from __future__ import annotations

import numpy as np
import pytest

from common.insights.sentiment import find_sentiment, moods_of, shifted_differences
from tests.unit.common.insights.made_histories import history_of, usual_history, walk


def test_a_long_rise_is_positive_and_a_long_fall_negative():
    up = find_sentiment(history_of(walk(600, move=0.005) * np.exp(np.linspace(0, 2, 600))))
    down = find_sentiment(history_of(walk(600, move=0.005) * np.exp(-np.linspace(0, 2, 600))))
    assert (up.mood, down.mood) == ("positive", "negative")
    assert {vote.fact: vote.vote for vote in up.votes}["trend"] == 1
    assert sum(vote.vote for vote in down.votes) <= -2


def test_the_sentiment_of_a_day_is_that_of_the_past_up_to_it():
    history = usual_history()
    moods = moods_of(history)
    for row in (400, 1000, 2000, 2599):
        names = {1: "positive", 0: "neutral", -1: "negative"}
        assert find_sentiment(history.until(row)).mood == names[int(moods[row])]
    assert np.isnan(moods[:250]).all()


def test_noise_has_no_predictive_value():
    found = [find_sentiment(usual_history(seed=seed)) for seed in range(40)]
    assert sum(each.predictive for each in found) <= 3
    assert any("foretells nothing" in each.caveat for each in found)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_planted_persistence_has_predictive_value(seed):
    """Half years of a drift of either sign: a rise is followed by a rise more often than by chance."""
    rng = np.random.default_rng(seed)
    drift = np.repeat(rng.choice([-0.004, 0.004], 21), 126)[:2600]
    found = find_sentiment(history_of(100 * np.exp(np.cumsum(drift + rng.normal(0, 0.006, 2600)))))
    assert found.mood == "negative"
    assert found.predictive
    assert "lower than after other days by more than chance explains. Among" in found.caveat
    assert found.evidence.days + found.evidence.other_days > 2000


def test_a_short_past_has_no_evidence_or_no_sentiment():
    assert find_sentiment(usual_history(200)) is None
    short = find_sentiment(usual_history(400))
    assert short.evidence is None
    assert not short.predictive
    assert "too little past" in short.caveat


@pytest.mark.parametrize("shift", [0, 1, 7, 100])
def test_the_differences_are_those_of_shifted_returns(shift):
    rng = np.random.default_rng(0)
    marked, returns = rng.random(300) < 0.3, rng.normal(size=300)
    moved = np.roll(returns, -shift)
    assert shifted_differences(marked, returns)[shift] == pytest.approx(moved[marked].mean() - moved[~marked].mean())
