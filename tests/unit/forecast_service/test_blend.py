import numpy as np
import pytest

from forecast_service.engine.blend import MIN_FORECASTS, prophet_weight

RANDOM = np.random.default_rng(2)


def test_moves_that_always_came_true_earn_almost_all():
    moves = RANDOM.normal(0, 5, 40)
    assert 0.9 < prophet_weight(moves + RANDOM.normal(0, 1, 40), moves, 1) <= 1


def test_moves_that_meant_nothing_earn_nothing_nearly_always():
    weights = [prophet_weight(RANDOM.normal(0, 1, 40), RANDOM.normal(0, 1, 40), 1) for _ in range(400)]
    assert np.mean([weight > 0 for weight in weights]) < 0.05
    assert np.mean(weights) < 0.01


def test_moves_the_wrong_way_earn_nothing():
    moves = RANDOM.normal(0, 5, 40)
    assert prophet_weight(-moves, moves, 1) == 0


def test_moves_that_were_too_small_earn_no_more_than_all():
    moves = RANDOM.normal(0, 5, 40)
    assert prophet_weight(3 * moves, moves, 1) == 1


def test_overlapping_forecasts_are_less_evidence():
    moves = RANDOM.normal(0, 1, 40)
    realised = moves + RANDOM.normal(0, 1, 40)
    assert prophet_weight(realised, moves, 1) > prophet_weight(realised, moves, 4)


@pytest.mark.parametrize("count", [0, 1, MIN_FORECASTS - 1])
def test_few_forecasts_are_no_evidence(count):
    assert prophet_weight(np.full(count, 9.0), np.full(count, 9.0), 1) == 0


def test_moves_of_nothing_earn_nothing():
    assert prophet_weight(np.zeros(40), np.zeros(40), 1) == 0
