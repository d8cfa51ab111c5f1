"""The probability of any price, computed from the percentiles of a finished forecast."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import NormalDist

from pydantic import BaseModel, ConfigDict, Field

from common.domain.results import Distribution

DECIMALS = 4
"""The decimals of a probability. The percentiles carry no more."""
_NORMAL = NormalDist()
_SCORES = [_NORMAL.inv_cdf(percentile / 100) for percentile in range(1, 100)]
"""The normal scores of the percentiles."""
_TAIL = 0.01
"""The probability below the first percentile."""


class PriceChance(BaseModel):
    """A price and the probability of reaching it, from 0 to 1, as far as the model knows."""

    model_config = ConfigDict(frozen=True)

    price: float = Field(description="The price of the question.")
    probability: float = Field(description="The probability, from 0 to 1.")


class PriceChances(BaseModel):
    """The probabilities of a close above one price and of touching another. None stands for a price not asked for."""

    model_config = ConfigDict(frozen=True)

    above: PriceChance | None
    touch: PriceChance | None


def price_chances(
    distribution: Distribution, last_close: float, above: float | None = None, touch: float | None = None
) -> PriceChances:
    """Return the probabilities of a close above ``above`` and of touching ``touch``.

    Both prices are positive and finite.
    """
    return PriceChances(
        above=None if above is None else chance_above(distribution, above),
        touch=None if touch is None else chance_of_touch(distribution, last_close, touch),
    )


def chance_above(distribution: Distribution, price: float) -> PriceChance:
    """Return the probability of a close above ``price`` on the target date."""
    return _rounded(price, _probability_above(distribution.end, price))


def chance_below(distribution: Distribution, price: float) -> PriceChance:
    """Return the probability of a close below ``price`` on the target date."""
    return _rounded(price, probability_below(distribution.end, price))


def chance_of_touch(distribution: Distribution, last_close: float, price: float) -> PriceChance:
    """Return the probability that a close up to the target date reaches ``price``.

    The last close counts as reached. Of a higher price, the highest close on the way decides, and of a lower one the
    lowest. A touch is never less likely than a close at or beyond the price on the target date.
    """
    if price == last_close:
        return PriceChance(price=price, probability=1.0)
    is_higher = price > last_close
    extremes, beyond = (distribution.highest, _at_or_above) if is_higher else (distribution.lowest, _at_or_below)
    return _rounded(price, max(beyond(extremes, price), beyond(distribution.end, price)))


def equally_likely_prices(distribution: Distribution, count: int) -> list[float]:
    """Return ``count`` equally likely prices on the target date, ascending: 20 have 2.5 %, 7.5 %, … 97.5 % below them.

    Args:
        distribution: the percentiles.
        count: at most 50, so that none lies beyond the outer percentiles.
    """
    return [_price_at(distribution.end, (index + 0.5) / count) for index in range(count)]


def chance_words(probability: float) -> str:
    """Return a probability in whole percent, as the page rounds it: half a percent is rounded up.

    The model does not tell probabilities below 1 % from each other.
    """
    if probability < 0.01:
        return "less than 1 %"
    return "more than 99 %" if probability > 0.99 else f"{math.floor(100 * probability + 0.5)} %"


def _rounded(price: float, probability: float) -> PriceChance:
    return PriceChance(price=price, probability=round(probability, DECIMALS))


def _at_or_above(percentiles: Sequence[float], price: float) -> float:
    return max(1 - probability_below(percentiles, price), _probability_above(percentiles, price))


def _at_or_below(percentiles: Sequence[float], price: float) -> float:
    return max(1 - _probability_above(percentiles, price), probability_below(percentiles, price))


def probability_below(percentiles: Sequence[float], price: float) -> float:
    """Return the probability of a price below ``price``, from the 99 percentiles, ascending."""
    return _below([math.log(percentile) for percentile in percentiles], math.log(price))


def _probability_above(percentiles: Sequence[float], price: float) -> float:
    """Return the probability of a price above ``price``: that below it in the mirror image."""
    return _below([-math.log(percentile) for percentile in reversed(percentiles)], -math.log(price))


def _price_at(percentiles: Sequence[float], probability: float) -> float:
    """Return the price at a probability from 1 to 99 %; the inverse of :func:`probability_below`."""
    score = _NORMAL.inv_cdf(probability)
    after = min(max(bisect_left(_SCORES, score), 1), len(_SCORES) - 1)
    fraction = (score - _SCORES[after - 1]) / (_SCORES[after] - _SCORES[after - 1])
    lower, upper = math.log(percentiles[after - 1]), math.log(percentiles[after])
    return math.exp(lower + (upper - lower) * fraction)


def _below(percentiles: Sequence[float], value: float) -> float:
    """Return the probability of a value below ``value``.

    Between two percentiles, the value is linear in the normal score of the probability, as in the engine's
    distribution. Beyond the first and the last one, the probability falls exponentially.
    """
    position = bisect_left(percentiles, value)
    if position == 0:
        return _tail(percentiles[0] - value, percentiles[1] - percentiles[0])
    if position == len(percentiles):
        return 1 - _tail(value - percentiles[-1], percentiles[-1] - percentiles[-2])
    lower, upper = percentiles[position - 1], percentiles[position]
    score, next_score = _SCORES[position - 1], _SCORES[position]
    return _NORMAL.cdf(score + (next_score - score) * (value - lower) / (upper - lower))


def _tail(distance: float, last_step: float) -> float:
    """Return the probability beyond a price in the tail.

    Args:
        distance: how far the price is beyond the outermost percentile.
        last_step: the distance of the two outermost percentiles, over which the probability halves.
    """
    return _TAIL * 0.5 ** (distance / last_step) if last_step > 0 else 0.0
