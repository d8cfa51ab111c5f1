"""The coverage of the latest scored forecasts, and the range of coverages that chance allows.

Forecasts whose periods overlap, and those of many stocks over the same days, come true or fail together. So 200 of
them count as fewer independent ones. A close inside or outside an interval is a two-sided event, which for normal
returns of the correlation r has a correlation of at most r². The returns of two periods of one stock have the
correlation of their common days. Between two stocks it is taken as half of that, which large stocks reach in a falling
market.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from pydantic import BaseModel, ConfigDict

LATEST = 200
"""The most forecasts of a calibration."""
LEAST = 20
"""With fewer scored forecasts there is no figure."""
LEVELS_PCT = (50, 80, 95)
_BETWEEN_STOCKS = 0.5
_TAIL = 0.001
"""The probability of a coverage below the lowest allowed one, and of one above the highest, for right forecasts."""


@dataclass(frozen=True)
class ScoredForecast:
    """A scored forecast: its stock, its calendar days up to the target day, and its scores in percent."""

    ticker: str
    days: int
    target_date: date
    inside_50: bool
    inside_80: bool
    inside_95: bool
    crps_pct: float
    last_price_crps_pct: float


class LevelCalibration(BaseModel):
    """The fraction of closes inside an interval, and the lowest and highest fraction that chance allows."""

    model_config = ConfigDict(frozen=True)

    percent: int
    coverage: float
    low: float
    high: float


class Calibration(BaseModel):
    """The calibration of the latest scored forecasts.

    ``independent`` is the number of independent forecasts with the same uncertainty. ``crps_ratio`` is the mean
    continuous ranked probability score as a fraction of the last price's; None without a figure.
    """

    model_config = ConfigDict(frozen=True)

    forecasts: int
    independent: int
    crps_ratio: float | None
    levels: tuple[LevelCalibration, ...]


def calibrate(latest: Sequence[ScoredForecast]) -> Calibration:
    """Return the calibration of scored forecasts; below :data:`LEAST` only their number."""
    if len(latest) < LEAST:
        return Calibration(forecasts=len(latest), independent=0, crps_ratio=None, levels=())
    independent = int(independent_forecasts(latest))
    last_price = math.fsum(one.last_price_crps_pct for one in latest)
    return Calibration(
        forecasts=len(latest),
        independent=independent,
        crps_ratio=math.fsum(one.crps_pct for one in latest) / last_price if last_price > 0 else None,
        levels=tuple(_level(percent, latest, independent) for percent in LEVELS_PCT),
    )


def independent_forecasts(latest: Sequence[ScoredForecast]) -> float:
    """Return how many independent forecasts have the same uncertainty of their coverage; at least 1."""
    pairs = math.fsum(_correlation(one, other) for one, other in combinations(latest, 2))
    return len(latest) ** 2 / (len(latest) + 2 * pairs)


def allowed_by_chance(independent: int, probability: float) -> tuple[float, float]:
    """Return the lowest and the highest fraction of successes that chance allows, by the binomial distribution."""
    below = 0.0
    low: int | None = None
    for successes in range(independent + 1):
        ways = math.comb(independent, successes)
        below += ways * probability**successes * (1 - probability) ** (independent - successes)
        if low is None and below > _TAIL:
            low = successes
        if below >= 1 - _TAIL:
            return (low or 0) / independent, successes / independent
    return (low or 0) / independent, 1.0


def _correlation(one: ScoredForecast, other: ScoredForecast) -> float:
    """Return the most that the two events "the close is in the interval" are correlated."""
    ends = one.target_date.toordinal(), other.target_date.toordinal()
    common = min(ends) - max(ends[0] - one.days, ends[1] - other.days)
    if common <= 0:
        return 0.0
    of_returns = common / math.sqrt(one.days * other.days)
    return float((of_returns if one.ticker == other.ticker else _BETWEEN_STOCKS * of_returns) ** 2)


def _level(percent: int, latest: Sequence[ScoredForecast], independent: int) -> LevelCalibration:
    inside = sum(getattr(one, f"inside_{percent}") for one in latest)
    low, high = allowed_by_chance(independent, percent / 100)
    return LevelCalibration(percent=percent, coverage=inside / len(latest), low=low, high=high)
