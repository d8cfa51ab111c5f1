"""The season of the year: a planted one is found, and chance alone is not."""

from __future__ import annotations

import numpy as np

from common.insights.insights import find_insights
from common.insights.season import season_facts
from tests.unit.common.insights.made_histories import history_of, trading_days, usual_history, walk


def seasonal(seed, extra):
    """Return ten years in which Novembers rise by ``extra`` more than other months."""
    days = trading_days(2600)
    november = days.astype("datetime64[M]").astype(int) % 12 == 10
    return history_of(walk(2600, seed) * np.exp(np.cumsum(np.where(november, extra / 21, 0.0))), days=days)


def test_a_planted_season_is_found_with_its_size():
    season, years, chance = season_facts(seasonal(0, 0.15))
    assert 8 < season.value < 25
    assert season.text.endswith("in November")
    assert years.value in {9, 10}
    assert chance.value < 0.01
    sentence = next(each for each in find_insights(seasonal(0, 0.15)).sentences if "season" in each.facts)
    assert "in November against the other months" in sentence.text


def test_noise_has_a_season_in_at_most_one_of_twenty_stocks():
    found = [season_facts(usual_history(seed=seed))[0].id for seed in range(40)]
    reasons = {season_facts(usual_history(seed=seed))[0].model_dump().get("reason") for seed in range(3)}
    assert sum(len(season_facts(usual_history(seed=seed))) > 1 for seed in range(40)) <= 2
    assert set(found) == {"season"}
    assert reasons == {"November does not differ from the other months by more than chance."}


def test_a_short_past_has_no_season():
    [left] = season_facts(usual_history(1000))
    assert left.reason == "The prices have 3 complete years of months, and 8 are needed."
