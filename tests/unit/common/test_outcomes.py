"""The scores of forecasts, and the splits that explain a changed close."""

from datetime import date

import numpy as np
import pytest

from common.domain.outcomes import Outcome, crps, score, scored_outcome
from common.domain.split_ratios import nearest_split
from common.domain.track_record import LEVELS
from forecast_service.engine.distribution import grid
from ingestion_service.providers.sample import parse, read_table
from tests.integration.common.sql.test_ledger import make_entry

VERSION = "b" * 64


def normal_entry(spread=0.05, centre=0.0, **values):
    """Return an entry whose price is lognormal around 100."""
    curve = grid.quantiles_at(centre + spread * grid.SCORES[None], np.array(LEVELS)).ravel()
    return make_entry(last_close=100.0, quantiles=(100 * np.exp(curve)).tolist(), **values)


def test_the_scores_of_a_close_in_the_middle_and_of_one_in_the_tail():
    entry = normal_entry(chance_up=0.6)
    middle, tail = score(entry, 101.0), score(entry, 80.0)
    assert middle.error_pct == pytest.approx(-1.0)
    assert (middle.inside_50, middle.inside_80, middle.inside_95) == (True, True, True)
    assert (tail.inside_50, tail.inside_80, tail.inside_95) == (False, False, False)
    assert tail.error_pct == pytest.approx(20.0)
    assert middle.brier_up == pytest.approx(0.16)
    assert tail.brier_up == pytest.approx(0.36)
    assert 0.5 < middle.pit < 0.6
    assert tail.pit < 0.01
    assert tail.crps_pct > middle.crps_pct > 0


def test_the_bounds_of_an_interval_are_inside():
    entry = normal_entry()
    for percent, level in ((50, 0.25), (80, 0.1), (95, 0.025)):
        bound = entry.quantiles[LEVELS.index(level)]
        assert getattr(score(entry, bound), f"inside_{percent}")
        assert not getattr(score(entry, bound * 0.9999), f"inside_{percent}")


def test_the_last_price_is_scored_beside_the_forecast():
    entry = normal_entry(centre=0.02)
    scores = score(entry, 100.0)
    assert scores.last_price_error_pct == 0.0
    assert scores.last_price_pit == pytest.approx(0.5)
    assert scores.last_price_crps_pct < scores.crps_pct
    same = score(normal_entry(), 103.0)
    assert same.last_price_crps_pct == pytest.approx(same.crps_pct)
    assert same.last_price_inside_80 == same.inside_80


@pytest.mark.parametrize("value", [70.0, 98.0, 100.0, 104.0, 130.0])
def test_the_crps_is_that_of_the_backtest(value):
    curve = 100 * np.exp(0.05 * grid.SCORES)
    quantiles = grid.quantiles_at(curve[None], np.array(LEVELS)).ravel().tolist()
    assert crps(quantiles, value) == pytest.approx(grid.crps(curve[None], np.array([value]))[0], rel=0.02)


def test_a_close_that_stands_still_can_be_scored():
    entry = make_entry(last_close=5.0, quantiles=[5.0] * len(LEVELS))
    assert score(entry, 5.0).crps_pct == 0
    assert score(entry, 5.0).inside_50


@pytest.mark.parametrize(
    ("factor", "ratio"),
    [(1.0, 1.0), (1.004, 1.0), (0.5, 0.5), (0.1429, 1 / 7), (0.2501, 0.25), (20.0, 20.0), (0.93, None), (1.05, None)],
)
def test_a_split_is_recognised_by_its_ratio(factor, ratio):
    assert nearest_split(factor) == ratio


def test_a_split_between_forecast_and_target_adjusts_the_forecast():
    """Apple, 28 February 2005: two shares replaced one."""
    table = read_table("AAPL")
    raw = dict(zip(table["date"], table["close"], strict=True))
    adjusted = parse("AAPL", table).frame["close"]
    as_of, target = date(2005, 2, 11), date(2005, 3, 11)
    made_at, came = raw[str(as_of)], raw[str(target)]
    assert made_at == pytest.approx(2 * came, rel=0.02)
    entry = make_entry(last_close=made_at, quantiles=[made_at * (0.8 + 0.4 * level) for level in LEVELS])

    outcome = scored_outcome(entry, float(adjusted[str(as_of)]), float(adjusted[str(target)]), VERSION)
    assert (outcome.status, outcome.split_factor) == ("scored", 0.5)
    assert outcome.actual == pytest.approx(2 * came, rel=0.001)
    assert outcome.error_pct == pytest.approx(100 * (made_at - 2 * came) / made_at, abs=0.1)
    assert outcome.inside_50


def test_a_close_that_no_split_explains_gives_no_score():
    entry = make_entry(last_close=100.0)
    assert scored_outcome(entry, 93.0, 100.0, VERSION) == Outcome(status="revised")
    assert scored_outcome(entry, None, 100.0, VERSION) == Outcome(status="revised")


def test_a_split_after_the_score_is_no_correction_and_a_changed_close_is_one():
    entry = make_entry(last_close=100.0)
    first = scored_outcome(entry, 100.0, 105.0, VERSION)
    assert not scored_outcome(entry, 25.0, 26.25, VERSION).differs_from(first)
    assert not first.differs_from(first)
    assert scored_outcome(entry, 100.0, 106.0, VERSION).differs_from(first)
    assert first.differs_from(Outcome(status="no_close"))
    assert not Outcome(status="ended").differs_from(Outcome(status="ended"))
