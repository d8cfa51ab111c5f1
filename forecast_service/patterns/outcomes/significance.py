"""Whether chance explains that the prices after the hits moved otherwise than usual.

Hits on one date in many stocks, and hits within one horizon, have outcomes in common. So whole blocks of dates are
drawn, each two horizons long, with all hits and all other days of all stocks in them. The statistic is studentised, so
that it keeps its level with few blocks.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecast_service.patterns.occurrences import Floats
from forecast_service.patterns.outcomes.horizon_outcomes import BLOCK_HORIZONS, BlockSums

DRAWS = 1999
LEVEL = 0.95
FEWEST_HITS = 20
"""Fewer hits that are a horizon apart have no verdict."""
FEWEST_BLOCKS = 8
"""Hits in fewer blocks of dates have no verdict either. Blocks count by the evenness of the hits in them."""
_OVERLAP = (1 - 1 / (3 * BLOCK_HORIZONS)) ** -0.5
"""The factor of the standard error for outcomes that reach into the next block."""
_SEED = 20_251_129


@dataclass(frozen=True)
class Difference:
    """The mean move after the hits minus the usual one, as fractions, with its interval and p-value."""

    mean: float
    lower: float
    upper: float
    p_value: float


def compare(sums: BlockSums) -> Difference:
    """Return the difference with the interval of a studentised bootstrap over the blocks."""
    blocks = len(sums.hits)
    difference, error = _difference(np.ones((1, blocks)), sums)
    drawn = _draw(blocks)
    drawn = drawn[(drawn @ sums.hits > 0) & (drawn @ sums.others > 0)]
    differences, errors = _difference(drawn, sums)
    usable = errors > 0
    if not usable.any():  # all outcomes are equal
        return Difference(float(difference[0]), float(difference[0]), float(difference[0]), 1.0)
    scores = np.abs(differences[usable] - difference[0]) / errors[usable]
    mean, spread = float(difference[0]), float(error[0]) * _OVERLAP
    half = float(np.quantile(scores, LEVEL)) * spread
    score = abs(mean) / spread if spread > 0 else 0.0
    p_value = (1 + int(np.count_nonzero(scores >= score))) / (1 + len(scores))
    return Difference(mean, mean - half, mean + half, p_value)


@lru_cache(maxsize=8)
def _draw(blocks: int) -> Floats:
    """Return how often each block is drawn, a draw in each row: the same draws for each pattern."""
    return np.random.default_rng(_SEED).multinomial(blocks, np.full(blocks, 1 / blocks), DRAWS).astype(float)


def _difference(drawn: Floats, sums: BlockSums) -> tuple[Floats, Floats]:
    """Return the difference of each draw, and its standard error. A row of ``drawn`` has the count of each block."""
    hits, others = drawn @ sums.hits, drawn @ sums.others
    after, usual = drawn @ sums.hit_moves / hits, drawn @ sums.other_moves / others
    influence = (sums.hit_moves - after[:, None] * sums.hits) / hits[:, None]
    influence -= (sums.other_moves - usual[:, None] * sums.others) / others[:, None]
    blocks = drawn.shape[1]
    squares = np.einsum("ij,ij,ij->i", drawn, influence, influence)
    return after - usual, np.sqrt(squares * blocks / (blocks - 1))


def is_enough(non_overlapping: int, sums: BlockSums) -> bool:
    """Return whether hits are enough for a verdict: in number, and in how they are spread over the blocks."""
    if non_overlapping < FEWEST_HITS:
        return False
    return float(sums.hits.sum() ** 2 / (sums.hits**2).sum()) >= FEWEST_BLOCKS
