"""The test of a mean score difference keeps its size, also with overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast_service.engine.evaluation.holm import correct_by_holm
from forecast_service.evaluations.inference import compare_all, mean_test


def test_without_overlap_it_is_the_ordinary_t_test():
    gains = np.random.default_rng(0).normal(0.3, 1, 40)
    test, usual = mean_test(gains, 1.0), stats.ttest_1samp(gains, 0)
    assert (test.freedom, test.p_value) == (39, pytest.approx(usual.pvalue))
    assert test.standard_error == pytest.approx(gains.std(ddof=1) / np.sqrt(40))


@pytest.mark.parametrize(
    ("count", "overlap"), [(40, 2), (40, 5), (40, 10), (40, 18), (20, 9), (10, 4), (6, 2), (250, 72), (250, 120)]
)
def test_overlap_does_not_make_it_reject_more_often(count, overlap):
    random, runs = np.random.default_rng(overlap), 3000
    moves = random.normal(0, 1, (runs, count + overlap - 1))
    sums = np.lib.stride_tricks.sliding_window_view(moves, overlap, axis=1).sum(axis=2)
    rejected = np.mean([mean_test(each, overlap).p_value < 0.05 for each in sums])
    assert rejected < 0.07
    plain = np.mean([mean_test(each, 1.0).p_value < 0.05 for each in sums])
    assert plain > 0.1


def test_equal_scores_are_no_difference():
    test = mean_test(np.zeros(20), 1.0)
    assert (test.mean, test.p_value) == (0.0, 1.0)


def test_differences_of_a_price_that_stands_still_are_no_difference():
    assert mean_test(np.full(20, 3e-5), 1.0).p_value == 1.0


@pytest.mark.parametrize(("count", "overlap"), [(40, 100), (4, 21), (250, 500)])
def test_forecasts_that_all_overlap_tell_nothing_apart(count, overlap):
    moves = np.random.default_rng(1).normal(0.5, 1, count + overlap)
    assert mean_test(np.convolve(moves, np.ones(overlap), "valid")[:count], overlap).p_value == 1.0


def test_a_single_difference_has_no_test():
    assert mean_test(np.ones(1), 1.0) is None
    assert compare_all([None]) == [None]


def test_holm_corrects_the_smallest_by_the_number_and_keeps_the_order():
    assert correct_by_holm([0.01, 0.5, 0.02]) == pytest.approx([0.03, 0.5, 0.04])
    assert correct_by_holm([0.04, 0.03]) == pytest.approx([0.06, 0.06])
    assert correct_by_holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_a_corrected_p_value_is_at_least_the_plain_one(p_values):
    corrected = correct_by_holm(p_values)
    assert all(1 >= one >= plain for one, plain in zip(corrected, p_values, strict=True))
