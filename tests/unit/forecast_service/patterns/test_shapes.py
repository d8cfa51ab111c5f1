"""Windows of the shape of another one: found at any scale, without flat noise, and without later prices."""

import numpy as np
import pytest

from forecast_service.patterns.finders.shapes import (
    FlatShape,
    Shape,
    correlate,
    find_windows,
    select_apart,
    warped_distances,
)
from forecast_service.patterns.occurrences import number_runs
from tests.unit.forecast_service.patterns.made_up_stocks import random_moves

LENGTH = 60
_TIMES = np.linspace(0, 1, LENGTH)
FORM = np.sin(3 * np.pi * _TIMES) + 0.5 * _TIMES + 0.3 * np.cos(9 * _TIMES)
SHAPE = Shape.of(FORM + 5)


def windows(logs, shape=SHAPE, least=0.8):
    return find_windows(correlate(logs[None], shape)[0], np.zeros(len(logs), int), shape, least)


def planted(seed, at=700, size=0.15, noise=0.01):
    """Logarithms of a random walk with the form in it."""
    logs = np.cumsum(random_moves(seed))
    part = size * FORM + np.random.default_rng([seed, 2]).normal(0, noise, LENGTH)
    part += logs[at - 1] - part[0]
    return np.concatenate((logs[:at], part, logs[at:] - logs[at - 1] + part[-1]))


def test_the_correlation_is_that_of_the_definition():
    logs = np.cumsum(random_moves(1, 400))
    correlations = correlate(logs[None], SHAPE)[0]
    for end in (LENGTH - 1, 200, 399):
        assert correlations[end] == pytest.approx(np.corrcoef(logs[end - LENGTH + 1 : end + 1], SHAPE.values)[0, 1])
    assert np.isneginf(correlations[: LENGTH - 1]).all()


def test_the_distance_is_that_between_the_normalised_windows():
    found = windows(planted(2))
    end = found.end[0]
    window = Shape.of(np.exp(planted(2)[end - LENGTH + 1 : end + 1])).values
    assert found.distance[0] == pytest.approx(float(np.linalg.norm(window - SHAPE.values)))


def test_a_planted_shape_is_the_nearest_though_moved_scaled_and_noisy():
    nearest = 0
    for seed in range(20):
        series = [np.cumsum(random_moves([seed, other])) for other in range(9)] + [planted(seed, size=0.1 + seed / 100)]
        found = [
            (distance, place, end)
            for place, logs in enumerate(series)
            for distance, end in zip(*_ends(logs), strict=True)
        ]
        _, place, end = min(found)
        nearest += place == 9 and abs(end - (700 + LENGTH - 1)) <= 3
    assert nearest == 20


def _ends(logs):
    found = windows(logs, least=0.5)
    return found.distance, found.end


def test_scale_and_offset_do_not_matter():
    logs = planted(3)
    first, second = windows(logs), windows(3 * logs + 7)
    assert first.end.tolist() == second.end.tolist()
    assert first.similarity == pytest.approx(second.similarity)


def test_no_two_selected_windows_overlap_and_each_left_out_has_a_nearer_one():
    found = windows(np.cumsum(random_moves(4)), Shape.of(np.linspace(1, 2, 20)), 0.8)
    selected = select_apart(found.begin, found.end, found.distance)
    assert sum(selected) > 5
    assert (np.diff(found.end[selected]) >= 20).all()
    for place in np.flatnonzero(~selected):
        near = selected & (np.abs(found.end - found.end[place]) < 20)
        assert found.distance[near].min() <= found.distance[place]


def test_noise_around_a_constant_price_is_no_match():
    rng = np.random.default_rng(5)
    noise = 1e-3 * rng.normal(size=1000)
    assert len(windows(noise, least=0.5)) == 0
    assert len(windows(np.zeros(1000), least=0.5)) == 0
    # The same noise within a stock that moved before.
    logs = np.concatenate((np.cumsum(random_moves(6, 500)), np.full(100, 0.3) + noise[:100]))
    assert not [end for end in windows(logs, least=0.5).end if end >= 500 + LENGTH]


def test_prices_after_a_window_is_known_do_not_change_it():
    logs = planted(7)
    found = windows(logs)
    for end, known in zip(found.end, found.known, strict=True):
        assert known == end + 3
        changed = np.concatenate((logs[: known + 1], 9 - 2 * logs[known + 1 :]))
        again = windows(changed)
        assert end in again.end
        assert again.similarity[again.end == end] == pytest.approx(found.similarity[found.end == end])


def test_a_window_lies_within_one_run_of_prices():
    logs = planted(8)
    days = np.arange(len(logs))
    assert 759 in find_windows(correlate(logs[None], SHAPE)[0], number_runs(days), SHAPE, 0.8).end
    days[720:] += 30
    assert 759 not in find_windows(correlate(logs[None], SHAPE)[0], number_runs(days), SHAPE, 0.8).end


def test_many_series_at_once_have_the_same_correlations_also_in_single_precision():
    logs = np.array([np.cumsum(random_moves(seed, 500)) for seed in range(3)])
    together = correlate(logs, SHAPE)
    assert np.array_equal(together, np.array([correlate(one[None], SHAPE)[0] for one in logs]))
    single = correlate(logs.astype(np.float32), SHAPE)
    assert single[:, LENGTH:] == pytest.approx(together[:, LENGTH:], abs=1e-3)


@pytest.mark.parametrize("values", [np.ones(20), np.zeros(20), np.full(20, 1e9) + np.arange(20) * 1e-9])
def test_values_that_do_not_move_are_no_shape(values):
    with pytest.raises(FlatShape):
        Shape.of(values)


@pytest.mark.parametrize("scale", [1e-200, 1e-7, 1.0, 1e307])
def test_numbers_of_any_size_are_a_shape(scale):
    assert Shape.of((FORM - 1) * scale).values == pytest.approx(Shape.of(FORM - 1).values)
    assert (FORM - 1).min() < 0


def test_time_warping_brings_a_stretched_form_nearer():
    stretched = Shape.of(10 + np.interp(_TIMES**1.15, _TIMES, FORM))
    other = Shape.of(10 + np.cumsum(random_moves(9, LENGTH)))
    near, far = warped_distances(np.array([stretched.values, other.values]), SHAPE)
    assert near < 0.3 * np.linalg.norm(stretched.values - SHAPE.values)
    assert near < far
    assert warped_distances(SHAPE.values[None], SHAPE)[0] == 0
