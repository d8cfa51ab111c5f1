import numpy as np
import pytest

from forecast_service.engine.blend import MIN_FORECASTS, prophet_weight

RANDOM = np.random.default_rng(2)


def test_weight_of_accurate_moves_is_almost_1():
    moves = RANDOM.normal(0, 5, 40)
    assert 0.9 < prophet_weight(moves + RANDOM.normal(0, 1, 40), moves, 1) <= 1


def test_weight_of_random_moves_is_almost_always_0():
    weights = [prophet_weight(RANDOM.normal(0, 1, 40), RANDOM.normal(0, 1, 40), 1) for _ in range(400)]
    assert np.mean([weight > 0 for weight in weights]) < 0.05
    assert np.mean(weights) < 0.01


def test_weight_of_moves_in_the_wrong_direction_is_0():
    moves = RANDOM.normal(0, 5, 40)
    assert prophet_weight(-moves, moves, 1) == 0


def test_weight_of_moves_that_were_too_small_is_1():
    moves = RANDOM.normal(0, 5, 40)
    assert prophet_weight(3 * moves, moves, 1) == 1


def test_weight_is_smaller_with_overlap():
    moves = RANDOM.normal(0, 1, 40)
    realised = moves + RANDOM.normal(0, 1, 40)
    assert prophet_weight(realised, moves, 1) > prophet_weight(realised, moves, 4)


@pytest.mark.parametrize("count", [0, 1, MIN_FORECASTS - 1])
def test_weight_of_few_forecasts_is_0(count):
    assert prophet_weight(np.full(count, 9.0), np.full(count, 9.0), 1) == 0


def test_weight_of_constant_prices_is_0():
    assert prophet_weight(np.zeros(40), np.zeros(40), 1) == 0
