"""The score against the last price by month, and its standard error."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import pytest

from common.domain.monthly_scores import DayScores, score_months

FIRST = date(2026, 5, 1)


def day(number, crps=18.0, forecasts=10, horizon=1.0):
    return DayScores(FIRST + timedelta(days=number), forecasts, crps, 20.0, 20.0 * horizon)


def test_the_difference_is_relative_to_the_last_price():
    (may,) = score_months([day(number) for number in range(5)])
    assert (may.month, may.forecasts, may.target_days) == (FIRST, 50, 5)
    assert may.difference == pytest.approx(-0.1)
    assert may.standard_error == pytest.approx(0, abs=1e-9)


def test_months_are_those_of_the_target_days():
    found = score_months([day(number) for number in (0, 30, 31, 62)])
    assert [(one.month.month, one.target_days) for one in found] == [(5, 2), (6, 1), (7, 1)]


def test_below_twenty_forecasts_a_month_has_no_figure():
    (few,) = score_months([day(0, forecasts=19)])
    assert (few.forecasts, few.difference, few.standard_error) == (19, None, None)
    (enough,) = score_months([day(0, forecasts=20)])
    assert enough.difference == pytest.approx(-0.1)


def test_below_five_target_days_there_is_no_standard_error():
    (few,) = score_months([day(number, crps=18.0 + number) for number in range(4)])
    assert few.difference is not None
    assert few.standard_error is None


def test_without_an_error_of_the_last_price_there_is_no_figure():
    (found,) = score_months([DayScores(FIRST, 30, 1.0, 0.0, 0.0)])
    assert found.difference is None


def test_forecasts_without_common_days_have_the_usual_standard_error():
    (found,) = score_months([day(number, crps=20.0 + (-1) ** number) for number in range(10)])
    assert found.standard_error == pytest.approx(math.sqrt(10 * 10 / 9) / 200)


@pytest.mark.parametrize("horizon", [1, 7, 30, 91])
def test_the_standard_error_is_that_of_repeated_months(horizon):
    """Draws daily differences, and sums those of each period, as overlapping forecasts do."""
    chance, days, draws = random.Random(horizon), 21, 3000
    ratios, squared_errors = [], []
    for _ in range(draws):
        daily = [chance.gauss(0, 1 / math.sqrt(horizon)) for _ in range(days + horizon)]
        sums = [sum(daily[number : number + horizon]) for number in range(days)]
        (month,) = score_months([day(number, 20.0 + of_day, 10, horizon) for number, of_day in enumerate(sums)])
        ratios.append(month.difference)
        squared_errors.append(month.standard_error**2)
    spread = math.sqrt(sum(ratio**2 for ratio in ratios) / draws)
    assert math.sqrt(sum(squared_errors) / draws) == pytest.approx(spread, rel=0.1)
