"""The tally of one pattern over all stocks: counts, outcomes, and the newest or nearest hits."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from common.domain.patterns.results import HORIZONS, Hit
from forecast_service.patterns.hits import describe_hit
from forecast_service.patterns.occurrences import Occurrences
from forecast_service.patterns.outcomes.horizon_outcomes import HorizonOutcomes
from forecast_service.patterns.stocks import Stock


@dataclass
class Tally:
    """The hits of one pattern, and what followed them.

    Args:
        most: the most hits to describe: the newest ones, or those with the smallest distances.
    """

    most: int
    total: int = 0
    stocks: int = 0
    outcomes: list[HorizonOutcomes] = field(default_factory=lambda: [HorizonOutcomes(days) for days in HORIZONS])
    _days: set[int] = field(default_factory=set)
    _kept: list[tuple[float, str, int, Hit]] = field(default_factory=list)

    @property
    def dates(self) -> int:
        """The number of distinct dates of the hits."""
        return len(self._days)

    @property
    def hits(self) -> list[Hit]:
        """The hits that are described, the newest or nearest first."""
        return [hit for *_, hit in sorted(self._kept, key=lambda entry: (-entry[0], entry[1], entry[2]))]

    def add(self, stock: Stock, found: Occurrences) -> None:
        """Add the hits of a stock, with its other days."""
        if len(found) == 0:
            return
        self.total += len(found)
        self.stocks += 1
        self._days.update(stock.days[found.known].tolist())
        for outcome in self.outcomes:
            outcome.add(stock.closes, stock.days, found.known)
        ranks = -found.distance if len(found.distance) else stock.days[found.known].astype(float)
        order = np.argsort(-ranks, kind="stable")
        order = order[found.is_listed[order]] if len(found.is_listed) else order
        for place in order[: self.most].tolist():
            self._keep(stock, found, place, float(ranks[place]))

    def _keep(self, stock: Stock, found: Occurrences, place: int, rank: float) -> None:
        """Describe a hit if its rank is among the highest."""
        is_full = len(self._kept) == self.most
        if is_full and rank <= self._kept[0][0]:
            return
        entry = (rank, stock.ticker, int(found.known[place]), describe_hit(stock, found, place))
        (heapq.heapreplace if is_full else heapq.heappush)(self._kept, entry)
