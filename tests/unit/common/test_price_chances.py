"""The probability of any price: exact at the percentiles, monotone everywhere, exponential beyond them."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.price_chances import chance_above, chance_of_touch, chance_words
from common.domain.results import Distribution

LAST_CLOSE = 100.0
PRICES = st.floats(5e-324, 1.7e308, allow_nan=False, allow_infinity=False)
SCORES = [NormalDist().inv_cdf(percentile / 100) for percentile in range(1, 100)]
HALF_SCORES = [NormalDist().inv_cdf((1 + percentile / 100) / 2) for percentile in range(1, 100)]
NORMAL = Distribution(
    end=[LAST_CLOSE * math.exp(0.1 * score) for score in SCORES],
    highest=[LAST_CLOSE * math.exp(0.1 * score) for score in HALF_SCORES],
    lowest=[LAST_CLOSE * math.exp(-0.1 * score) for score in reversed(HALF_SCORES)],
)
CONSTANT = Distribution(end=[100.0] * 99, highest=[100.0] * 99, lowest=[100.0] * 99)


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    """Ordered percentiles, some of them equal, whose extremes are beyond the end."""
    logs = st.lists(st.one_of(st.sampled_from([-690.0, 4.6, 690.0]), st.floats(-700, 700)), min_size=1, max_size=9)
    end, high, low = (_percentiles(sorted(draw(logs))) for _ in range(3))
    return Distribution(end=end, highest=list(map(max, end, high)), lowest=list(map(min, end, low)))


def _percentiles(logs: list[float]) -> list[float]:
    prices: list[float] = np.exp(np.interp(np.linspace(0, len(logs) - 1, 99), np.arange(len(logs)), logs)).tolist()
    return sorted(prices)


@given(distributions(), PRICES, PRICES, PRICES)
def test_probabilities_are_monotone_and_between_0_and_1(
    distribution: Distribution, last_close: float, one: float, other: float
) -> None:
    nearer, farther = sorted([one, other])
    above = [chance_above(distribution, price).probability for price in (nearer, farther)]
    assert 1 >= above[0] >= above[1] >= 0
    touched = [chance_of_touch(distribution, last_close, price).probability for price in (nearer, farther)]
    assert all(0 <= probability <= 1 for probability in touched)
    if nearer >= last_close:
        assert touched[0] >= touched[1]
    if farther <= last_close:
        assert touched[0] <= touched[1]


@given(distributions(), PRICES, PRICES)
def test_a_touch_is_never_less_likely_than_an_end_beyond_it(
    distribution: Distribution, last_close: float, price: float
) -> None:
    above = chance_above(distribution, price).probability
    touched = chance_of_touch(distribution, last_close, price).probability
    assert touched >= (above if price >= last_close else 1 - above - 1e-9)


@pytest.mark.parametrize("percentile", [1, 2, 50, 75, 98, 99])
def test_a_percentile_has_its_probability(percentile: int) -> None:
    assert chance_above(NORMAL, NORMAL.end[percentile - 1]).probability == pytest.approx(1 - percentile / 100)
    highest = NORMAL.highest[percentile - 1]
    assert chance_of_touch(NORMAL, LAST_CLOSE, highest).probability == pytest.approx(1 - percentile / 100)
    lowest = NORMAL.lowest[percentile - 1]
    assert chance_of_touch(NORMAL, LAST_CLOSE, lowest).probability == pytest.approx(percentile / 100)


@given(st.floats(-2.3, 2.3))
def test_a_normal_distribution_is_exact_between_its_percentiles(score: float) -> None:
    probability = chance_above(NORMAL, LAST_CLOSE * math.exp(0.1 * score)).probability
    assert probability == pytest.approx(NormalDist().cdf(-score), abs=6e-5)


def test_a_tail_halves_over_the_distance_of_its_two_outermost_percentiles() -> None:
    step = NORMAL.end[98] / NORMAL.end[97]
    above = [chance_above(NORMAL, NORMAL.end[98] * step**steps).probability for steps in range(4)]
    below = [1 - chance_above(NORMAL, NORMAL.end[0] / step**steps).probability for steps in range(4)]
    assert above == pytest.approx([0.01, 0.005, 0.0025, 0.00125], abs=1e-4)
    assert below == pytest.approx(above, abs=1e-4)


@pytest.mark.parametrize("price", [5e-324, 1e-300, 1e300, 1.7e308])
def test_a_price_beyond_reason_is_all_but_impossible(price: float) -> None:
    assert chance_above(NORMAL, price).probability == (1 if price < LAST_CLOSE else 0)
    assert chance_of_touch(NORMAL, LAST_CLOSE, price).probability == 0


@pytest.mark.parametrize(("price", "above", "touched"), [(99.99, 1, 0), (100.0, 0, 1), (100.01, 0, 0)])
def test_a_constant_series_stays_where_it_is(price: float, above: float, touched: float) -> None:
    assert chance_above(CONSTANT, price).probability == above
    assert chance_of_touch(CONSTANT, 100.0, price).probability == touched
    assert chance_of_touch(CONSTANT, 50.0, 100.0).probability == 1


def test_the_last_close_is_touched() -> None:
    assert chance_of_touch(NORMAL, LAST_CLOSE, LAST_CLOSE).probability == 1
    assert chance_of_touch(NORMAL, LAST_CLOSE, 110.0).probability > chance_above(NORMAL, 110.0).probability


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "less than 1 %"), (0.01, "1 %"), (0.314, "31 %"), (0.99, "99 %"), (0.9901, "more than 99 %")],
)
def test_a_probability_is_written_in_whole_percent(probability: float, words: str) -> None:
    assert chance_words(probability) == words


def test_half_a_percent_is_rounded_up_as_on_the_page():
    assert [chance_words(probability) for probability in (0.125, 0.135, 0.145)] == ["13 %", "14 %", "14 %"]
