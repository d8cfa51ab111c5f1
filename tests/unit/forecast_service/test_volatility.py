import numpy as np
import pytest

from forecast_service.engine.distribution.volatility import FADING_HALF_LIFE_DAYS, RECENT_HALF_LIFE_DAYS, Volatility


def walk(rows=2000, sigma=0.01, seed=5):
    return np.random.default_rng(seed).normal(0, sigma, rows).cumsum()


def test_deviation_of_a_steady_walk_is_correct_at_every_horizon():
    volatility = Volatility(walk())
    for horizon in (1, 5, 63):
        assert volatility.deviations(horizon)[-1] == pytest.approx(0.01 * np.sqrt(horizon), rel=0.15)


def test_high_recent_variance_fades_over_the_horizon():
    calm, storm = walk(1000, 0.01), walk(100, 0.05)
    daily = Volatility(np.concatenate([calm, calm[-1] + storm])).deviations_ahead(500) / np.sqrt(np.arange(1, 501))
    assert (np.diff(daily) < 0).all()
    assert daily[0] > 1.5 * daily[-1]


def test_deviations_and_deviations_ahead_agree():
    volatility = Volatility(walk())
    ahead = volatility.deviations_ahead(63)
    assert [ahead[0], ahead[20], ahead[62]] == pytest.approx([volatility.deviations(h)[-1] for h in (1, 21, 63)])


def test_variance_is_the_sum_over_the_days_ahead():
    volatility = Volatility(walk())
    recent, all_along = volatility.recent[-1], volatility.long_run[-1]
    days = [all_along + (recent - all_along) * 0.5 ** (day / FADING_HALF_LIFE_DAYS) for day in range(1, 22)]
    assert volatility.deviations(21)[-1] ** 2 == pytest.approx(sum(days))


def test_deviations_at_a_row_does_not_depend_on_later_rows():
    values = walk()
    changed = values.copy()
    changed[1500:] += 1.0
    for horizon in (1, 21):
        np.testing.assert_array_equal(
            Volatility(values).deviations(horizon)[60:1500], Volatility(changed).deviations(horizon)[60:1500]
        )


def test_recent_variance_halves_in_its_half_life():
    values = np.concatenate([walk(400, 0.03), np.zeros(int(RECENT_HALF_LIFE_DAYS))])
    values[400:] = values[399]
    recent = Volatility(values)._recent
    assert recent[-1] == pytest.approx(recent[399] / 2)


def test_single_jump_hardly_widens_later_deviations():
    calm = walk(1000)
    jumped = calm.copy()
    jumped[900:] -= 2.3
    before, after = (Volatility(each).deviations(21)[960] for each in (calm, jumped))
    assert after < 1.3 * before


def test_jump_among_the_first_moves_does_not_last():
    values = walk(300)
    values[10:] += 2.3
    assert Volatility(values).deviations(21)[-1] == pytest.approx(Volatility(walk(300)).deviations(21)[-1], rel=0.1)


def test_constant_price_has_an_interval():
    assert (Volatility(np.zeros(100)).deviations_ahead(30) > 0).all()
