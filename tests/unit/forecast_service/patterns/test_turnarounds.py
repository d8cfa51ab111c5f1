"""Zig-zag reversals: dated at their confirmation, and unmoved by later prices."""

from itertools import pairwise

import numpy as np
import pytest

from forecast_service.patterns.finders.turnarounds import find_turnarounds
from tests.unit.forecast_service.patterns.made_up_stocks import random_stock

DOWN_AND_UP = np.array([100, 110, 100, 90, 80, 84, 90, 95, 100, 80.0])


def places(closes, turn, runs=None, **threshold):
    runs = np.zeros(len(closes), int) if runs is None else runs
    found = find_turnarounds(closes, runs, turn, **threshold)
    return list(zip(found.begin.tolist(), found.end.tolist(), found.known.tolist(), strict=True))


def test_a_turn_has_its_extreme_and_a_later_confirmation():
    assert places(DOWN_AND_UP, "up", percent=10) == [(1, 4, 6)]
    # The first reversal, the rise from 100 to 110, ends no fall that is known.
    assert places(DOWN_AND_UP, "down", percent=9) == [(0, 1, 2), (4, 8, 9)]


@pytest.mark.parametrize("base", range(10, 400, 30))
@pytest.mark.parametrize("percent", [2, 5, 8, 20])
def test_a_move_of_exactly_the_threshold_is_a_turn(base, percent):
    rise, fall = base * (100 + percent) / 100, base * (100 - percent) / 100
    assert places(np.array([base, 2 * base, base, rise]), "up", percent=percent) == [(1, 2, 3)]
    assert places(np.array([base, base / 2, base, fall]), "down", percent=percent) == [(1, 2, 3)]


def test_turns_alternate():
    stock = random_stock(3)
    ups, downs = (find_turnarounds(stock.closes, stock.runs, turn, percent=8).end for turn in ("up", "down"))
    assert abs(len(ups) - len(downs)) <= 1
    assert len(ups) > 10
    merged = sorted([*((end, "up") for end in ups), *((end, "down") for end in downs)])
    assert all(one[1] != other[1] for one, other in pairwise(merged))


@pytest.mark.parametrize("threshold", [{"percent": 8}, {"moves": 8}])
def test_prices_after_the_confirmation_change_no_turn(threshold):
    closes = random_stock(4).closes
    for turn in ("up", "down"):
        known = [place for place in places(closes, turn, **threshold) if place[2] < 1000]
        changed = np.concatenate((closes[:1000], closes[1000:] * 5))
        assert [place for place in places(changed, turn, **threshold) if place[2] < 1000] == known
        assert len(known) > 5


def test_a_threshold_in_usual_moves_needs_a_history():
    assert min(place[2] for place in places(random_stock(5).closes, "up", moves=3)) > 20


def test_no_turn_reaches_across_a_long_gap():
    runs = np.array([0] * 5 + [1] * 5)
    assert places(DOWN_AND_UP, "up", runs, percent=10) == []
    twice, both = np.tile(DOWN_AND_UP, 2), np.repeat([0, 1], 10)
    assert places(twice, "up", both, percent=10) == [(1, 4, 6), (11, 14, 16)]


def test_a_flat_series_has_no_turn():
    for threshold in ({"percent": 1}, {"moves": 1}):
        assert places(np.full(300, 5.0), "up", **threshold) == []
