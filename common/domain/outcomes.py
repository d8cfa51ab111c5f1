"""The outcome of a forecast on its target day: its scores, or the reason why there are none.

The functions are pure Python, so that the web server loads no library of arrays for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict

from common.domain.price_chances import probability_below
from common.domain.split_ratios import nearest_split
from common.domain.track_record import LEVELS, LedgerEntry

Status = Literal["scored", "no_close", "ended", "revised", "other_source", "no_prices", "not_refreshed"]
"""``no_close``: the source has later closes and none of the target day. ``ended``: the source has no close on or after
it, as after a delisting. ``revised``: the close from which the forecast was made is gone, or differs by more than a
rounding and no split explains it. ``other_source``: the stored prices are of another source. ``no_prices``: none are
stored. ``not_refreshed``: nobody has fetched them since."""
_PERCENTILES = [LEVELS.index(percent / 100) for percent in range(1, 100)]
_BOUNDS = {50: (LEVELS.index(0.25), LEVELS.index(0.75)), 80: (LEVELS.index(0.1), LEVELS.index(0.9)),
           95: (LEVELS.index(0.025), LEVELS.index(0.975))}  # fmt: skip
_EDGES = [0.0, *((lower + upper) / 2 for lower, upper in pairwise(LEVELS)), 1.0]
_WEIGHTS = [upper - lower for lower, upper in pairwise(_EDGES)]
"""The weights of the trapezoid rule over the probabilities."""
_SAME_ACTUAL = 0.001
"""Closes that differ by less, as a fraction, are the same close with another rounding."""
_DECIMALS = 6


@dataclass(frozen=True)
class Scores:
    """The scores of a forecast and of the last price as the forecast. Errors are in percent of the last close.

    An error is positive if the predicted price was too high. ``crps_pct`` is the continuous ranked probability score.
    ``pit`` is the probability that the forecast gave to a close at or below the actual one. The last price has the
    spread of the forecast around the last close; its Brier score of a rise is always 0.25.
    """

    error_pct: float
    crps_pct: float
    pit: float
    inside_50: bool
    inside_80: bool
    inside_95: bool
    brier_up: float
    last_price_error_pct: float
    last_price_crps_pct: float
    last_price_pit: float
    last_price_inside_50: bool
    last_price_inside_80: bool
    last_price_inside_95: bool


class Outcome(BaseModel):
    """The outcome of a forecast.

    ``actual`` is the close of the target day in the shares of the day on which the forecast was made: the stored close
    divided by ``split_factor``. A later split of 2:1 has the factor 0.5. All fields but ``status`` are None without a
    score.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    actual: float | None = None
    split_factor: float | None = None
    prices_version: str | None = None
    error_pct: float | None = None
    crps_pct: float | None = None
    pit: float | None = None
    inside_50: bool | None = None
    inside_80: bool | None = None
    inside_95: bool | None = None
    brier_up: float | None = None
    last_price_error_pct: float | None = None
    last_price_crps_pct: float | None = None
    last_price_pit: float | None = None
    last_price_inside_50: bool | None = None
    last_price_inside_80: bool | None = None
    last_price_inside_95: bool | None = None

    def differs_from(self, earlier: Outcome) -> bool:
        """Return whether this outcome corrects an earlier one."""
        if self.status != earlier.status:
            return True
        if self.actual is None or earlier.actual is None:
            return False
        return abs(math.log(self.actual / earlier.actual)) > _SAME_ACTUAL


def scored_outcome(entry: LedgerEntry, origin_close: float | None, close: float, prices_version: str) -> Outcome:
    """Return the outcome of a forecast whose target day has a close.

    Args:
        entry: the forecast.
        origin_close: the stored close of the day from which the forecast was made; None if it is gone.
        close: the stored close of the target day.
        prices_version: the version of the stored prices.
    """
    factor = None if origin_close is None else nearest_split(origin_close / entry.last_close)
    if factor is None:
        return Outcome(status="revised")
    actual = close / factor
    return Outcome(
        status="scored",
        actual=actual,
        split_factor=factor,
        prices_version=prices_version,
        **asdict(score(entry, actual)),
    )


def score(entry: LedgerEntry, actual: float) -> Scores:
    """Return the scores of a forecast, for a close in the shares of its own day."""
    last, rose = entry.last_close, actual > entry.last_close
    around_last = [price * last / entry.median for price in entry.quantiles]
    return Scores(
        error_pct=_percent(entry.median - actual, last),
        crps_pct=_percent(crps(entry.quantiles, actual), last),
        pit=_pit(entry.quantiles, actual),
        inside_50=_is_inside(entry.quantiles, actual, 50),
        inside_80=_is_inside(entry.quantiles, actual, 80),
        inside_95=_is_inside(entry.quantiles, actual, 95),
        brier_up=round((entry.chance_up - rose) ** 2, _DECIMALS),
        last_price_error_pct=_percent(last - actual, last),
        last_price_crps_pct=_percent(crps(around_last, actual), last),
        last_price_pit=_pit(around_last, actual),
        last_price_inside_50=_is_inside(around_last, actual, 50),
        last_price_inside_80=_is_inside(around_last, actual, 80),
        last_price_inside_95=_is_inside(around_last, actual, 95),
    )


def crps(quantiles: Sequence[float], value: float) -> float:
    """Return the continuous ranked probability score, in the unit of the values, of the quantiles at ``LEVELS``.

    The score is twice the pinball loss, integrated over the probabilities, as in the backtest.
    """
    losses = (
        weight * ((value < quantile) - level) * (quantile - value)
        for quantile, level, weight in zip(quantiles, LEVELS, _WEIGHTS, strict=True)
    )
    return 2 * math.fsum(losses)


def _pit(quantiles: Sequence[float], value: float) -> float:
    return round(probability_below([quantiles[index] for index in _PERCENTILES], value), _DECIMALS)


def _is_inside(quantiles: Sequence[float], value: float, percent: int) -> bool:
    lower, upper = _BOUNDS[percent]
    return quantiles[lower] <= value <= quantiles[upper]


def _percent(difference: float, last_close: float) -> float:
    return round(100 * difference / last_close, _DECIMALS)
