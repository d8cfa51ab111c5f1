"""The forecasts' score beside the last price's, by month of the target day, with its standard error.

The forecasts of one target day are one observation, because stocks move together. Target days whose periods have days
in common are correlated by the fraction of these days. With the mean correlation r of n such observations, their
variance s² around their mean is too small by the factor 1 - r, and the variance of the mean is
s²/n · (1 + (n - 1) r) / (1 - r).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, groupby

LEAST_FORECASTS = 20
"""With fewer forecasts, a month has no figure."""
LEAST_DAYS = 5
"""With fewer target days, a month has no standard error."""


@dataclass(frozen=True)
class DayScores:
    """The sums of the scored forecasts of a target day.

    Args:
        target_date: the day.
        forecasts: their number.
        crps: the sum of their scores (CRPS).
        last_price_crps: the sum of the last price's.
        weighted_days: the sum of their horizons in calendar days, each times the last price's score.
    """

    target_date: date
    forecasts: int
    crps: float
    last_price_crps: float
    weighted_days: float


@dataclass(frozen=True)
class MonthScore:
    """The score of a month's forecasts against the last price's.

    Args:
        month: its first day.
        forecasts: the number of scored forecasts.
        target_days: the number of different target days.
        difference: the score's difference as a fraction of the last price's score; negative is better. None with too
            few forecasts.
        standard_error: that of the difference; None with too few target days.
    """

    month: date
    forecasts: int
    target_days: int
    difference: float | None
    standard_error: float | None


def score_months(days: Sequence[DayScores]) -> list[MonthScore]:
    """Return the months of target days, which are given in order."""
    return [_score(month, list(found)) for month, found in groupby(days, lambda day: day.target_date.replace(day=1))]


def _score(month: date, days: Sequence[DayScores]) -> MonthScore:
    forecasts = sum(day.forecasts for day in days)
    last_price = math.fsum(day.last_price_crps for day in days)
    if forecasts < LEAST_FORECASTS or last_price <= 0:
        return MonthScore(month, forecasts, len(days), None, None)
    ratio = math.fsum(day.crps for day in days) / last_price
    error = _standard_error(days, ratio) / last_price if len(days) >= LEAST_DAYS else None
    return MonthScore(month, forecasts, len(days), ratio - 1, error)


def _standard_error(days: Sequence[DayScores], ratio: float) -> float:
    """Return the standard error of the sum of the days' differences from the month's ratio."""
    count = len(days)
    variance = math.fsum((day.crps - ratio * day.last_price_crps) ** 2 for day in days) / (count - 1)
    correlation = _mean_overlap(days)
    return math.sqrt(count * variance * (1 + (count - 1) * correlation) / (1 - correlation))


def _mean_overlap(days: Sequence[DayScores]) -> float:
    """Return the mean fraction of common days of two target days; below 1, as no two are the same."""
    horizon = math.fsum(day.weighted_days for day in days) / math.fsum(day.last_price_crps for day in days)
    pairs = [(other.target_date - one.target_date).days for one, other in combinations(days, 2)]
    return math.fsum(max(0.0, 1 - apart / horizon) for apart in pairs) / len(pairs)
