"""The moves after the hits of a pattern, and after all other days of the same stocks, summed stock by stock.

The sums need little memory, however many stocks are searched: a histogram of each group, and sums for each block
of dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.domain.patterns.results import LEVELS, Moves
from forecast_service.patterns.occurrences import Floats, Places

BLOCK_HORIZONS = 2
"""The length of a block of dates in horizons: the outcomes of most hits end in their block or in the next one."""
FEWEST_OTHER_DAYS = 20
"""A stock with fewer other days has no usual move, and counts nowhere."""
_CALENDAR_DAYS = 7 / 5
_FIRST_DAY = -60_000
"""The day 1805-09-23, counted from 1970-01-01. Older days count as this one."""
_DAYS = 120_000
"""The days up to the year 2134. Later days count as the last one."""
_WIDEST_LOG = 3.0
_BINS = 12_000
"""The histogram's bins of the logarithm of the price's ratio: a twentieth of a percent each."""


class Histogram:
    """A weighted histogram of moves, from which a distribution is read."""

    def __init__(self) -> None:
        self._weights = np.zeros(_BINS)
        self._sum = self._gains = self._total = 0.0

    def add(self, moves: Floats, weight: float = 1.0) -> None:
        """Add moves, as fractions, with equal weights."""
        place = (np.log1p(moves) + _WIDEST_LOG) * (_BINS / (2 * _WIDEST_LOG))
        bins = np.clip(place, 0, _BINS - 1).astype(np.intp)
        self._weights += weight * np.bincount(bins, minlength=_BINS)
        self._sum += weight * float(moves.sum())
        self._gains += weight * float(np.count_nonzero(moves > 0))
        self._total += weight * len(moves)

    def summarise(self) -> Moves | None:
        """Return the distribution in percent; None if it is empty."""
        if self._total == 0:
            return None
        reached = np.cumsum(self._weights) / self._total
        bins = np.searchsorted(reached, np.array(LEVELS) - 1e-12)
        quantiles = 100 * np.expm1((bins + 0.5) * (2 * _WIDEST_LOG / _BINS) - _WIDEST_LOG)
        return Moves(
            mean_pct=round(100 * self._sum / self._total, 3),
            chance_of_gain=round(self._gains / self._total, 4),
            quantiles_pct=[round(float(value), 2) for value in quantiles],
        )


@dataclass(frozen=True)
class BlockSums:
    """Sums for each block of dates that has a hit or another day.

    Args:
        hits: the number of hits.
        hit_moves: the sum of their moves less the usual move of their stock.
        others: the number of other days, weighted so that each stock's weights sum to its number of hits.
        other_moves: the weighted sum of their moves less the usual move of their stock.
    """

    hits: Floats
    hit_moves: Floats
    others: Floats
    other_moves: Floats


@dataclass
class HorizonOutcomes:
    """The outcomes over one horizon.

    Args:
        days: the horizon in trading days.
    """

    days: int
    hits: int = 0
    non_overlapping: int = 0
    after: Histogram = field(default_factory=Histogram)
    usual: Histogram = field(default_factory=Histogram)
    _sums: NDArray[np.float64] = field(init=False)
    _dates: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self._length = max(1, round(BLOCK_HORIZONS * self.days * _CALENDAR_DAYS))
        self._sums = np.zeros((4, _DAYS // self._length + 1))
        self._dates = np.zeros(_DAYS, bool)

    @property
    def dates(self) -> int:
        """The number of distinct dates of the hits."""
        return int(np.count_nonzero(self._dates))

    def add(self, closes: Floats, days: Places, known: Places) -> None:
        """Add the hits of a stock, and its other days.

        Args:
            closes: the closes.
            days: their days, counted from 1970-01-01.
            known: the rows of the hits, in order.
        """
        count = len(closes) - self.days
        known = known[known < count]
        if len(known) == 0 or count - len(known) < FEWEST_OTHER_DAYS:
            return
        moves = closes[self.days :] / closes[: -self.days] - 1
        is_other = np.ones(count, bool)
        is_other[known] = False
        others = moves[is_other]
        weight = len(known) / len(others)
        self.after.add(moves[known])
        self.usual.add(others, weight)
        self.hits += len(known)
        self.non_overlapping += count_apart(known, self.days)
        places = np.clip(days[:count] - _FIRST_DAY, 0, _DAYS - 1)
        self._dates[places[known]] = True
        blocks = places // self._length
        excess = moves - others.mean()
        for row, rows, factor in ((0, known, 1.0), (2, np.flatnonzero(is_other), weight)):
            size = self._sums.shape[1]
            self._sums[row] += factor * np.bincount(blocks[rows], minlength=size)
            self._sums[row + 1] += factor * np.bincount(blocks[rows], excess[rows], minlength=size)

    def block_sums(self) -> BlockSums:
        """Return the sums of the blocks that are not empty."""
        used = (self._sums[0] > 0) | (self._sums[2] > 0)
        return BlockSums(*self._sums[:, used])


def count_apart(rows: Places, distance: int) -> int:
    """Return the most rows, the first among them, of which each is at least ``distance`` after the one before."""
    count, free_from = 0, 0
    for row in rows.tolist():
        if row >= free_from:
            count, free_from = count + 1, row + distance
    return count
