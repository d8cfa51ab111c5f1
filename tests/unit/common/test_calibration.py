"""The calibration of the latest forecasts: how many independent ones they are worth, and what chance allows."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import pytest

from common.domain.calibration import ScoredForecast, allowed_by_chance, calibrate, independent_forecasts

END = date(2026, 6, 3)


def scored(ticker="AAPL", days=30, target=END, inside=True, crps=2.0):
    return ScoredForecast(ticker, days, target, inside, inside, inside, crps, 4.0)


def test_forecasts_without_common_days_are_independent():
    after_each_other = [scored(target=END + timedelta(days=30 * number)) for number in range(40)]
    assert independent_forecasts(after_each_other) == pytest.approx(40)


def test_the_same_period_of_one_stock_counts_once():
    assert independent_forecasts([scored()] * 40) == pytest.approx(1)


def test_stocks_over_the_same_days_count_as_a_few():
    assert independent_forecasts([scored(f"S{number}") for number in range(200)]) == pytest.approx(200 / 50.75)


def test_periods_that_overlap_count_less_than_those_that_do_not():
    daily = [scored(target=END + timedelta(days=number)) for number in range(200)]
    assert 200 / 30 < independent_forecasts(daily) < 200 / 15


def test_two_evenings_of_the_standing_set_are_worth_fewer_than_ten():
    latest = [
        scored(f"S{stock}", days, END - timedelta(days=evening))
        for evening in range(2)
        for stock in range(50)
        for days in (7, 30, 91)
    ][:200]
    assert 2 < independent_forecasts(latest) < 10


@pytest.mark.parametrize("probability", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("independent", [1, 7, 50, 200])
def test_the_bounds_leave_one_in_a_thousand_on_each_side(independent, probability):
    low, high = allowed_by_chance(independent, probability)

    def chance(successes):
        return sum(
            math.comb(independent, k) * probability**k * (1 - probability) ** (independent - k) for k in successes
        )

    assert 0 <= low <= probability <= high <= 1
    assert chance(range(round(low * independent))) <= 0.001
    assert chance(range(round(high * independent) + 1, independent + 1)) <= 0.001 + 1e-12


def test_right_ranges_of_stocks_that_move_together_are_rarely_outside_the_bounds():
    """Draws normal returns of forty stocks over five periods with the correlation 0.5: the 80 % range is right."""
    stocks, periods, draws = 40, 5, 400
    forecasts = [
        scored(f"S{stock}", target=END + timedelta(days=30 * period))
        for period in range(periods)
        for stock in range(stocks)
    ]
    low, high = allowed_by_chance(int(independent_forecasts(forecasts)), 0.8)
    chance, outside, outside_if_independent = random.Random(5), 0, 0
    simple = allowed_by_chance(stocks * periods, 0.8)
    for _ in range(draws):
        inside = 0
        for _ in range(periods):
            market = chance.gauss(0, math.sqrt(0.5))
            inside += sum(abs(market + chance.gauss(0, math.sqrt(0.5))) < 1.2816 for _ in range(stocks))
        coverage = inside / (stocks * periods)
        outside += not low <= coverage <= high
        outside_if_independent += not simple[0] <= coverage <= simple[1]
    assert outside <= 4
    assert outside_if_independent > 40, "without the allowance, right ranges would often look wrong"


def test_below_twenty_forecasts_there_is_no_figure():
    few = calibrate([scored()] * 19)
    assert (few.forecasts, few.crps_ratio, few.levels) == (19, None, ())


def test_the_figures_are_those_of_the_forecasts():
    found = calibrate(
        [scored(target=END + timedelta(days=30 * number), inside=number % 4 > 0, crps=3.0) for number in range(40)]
    )
    assert (found.forecasts, found.independent, found.crps_ratio) == (40, 40, 0.75)
    assert [(level.percent, level.coverage) for level in found.levels] == [(50, 0.75), (80, 0.75), (95, 0.75)]
    _, eighty, ninety_five = found.levels
    assert ninety_five.coverage < ninety_five.low
    assert eighty.low <= eighty.coverage <= eighty.high


def test_a_score_of_the_last_price_of_zero_has_no_ratio():
    perfect = ScoredForecast("AAPL", 30, END, True, True, True, 1.0, 0.0)
    assert calibrate([perfect] * 20).crps_ratio is None
