"""A stock's daily closes, and how unusual the latest ones are against the stock's own past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

HALF_LIFE_DAYS = 30.0
"""The half-life of a squared move in the volatility, as in the forecast's."""
LEAST_MOVES = 60
"""Fewer moves do not tell a usual one."""
LARGEST_MOVE = 4.0
"""Larger moves count as this many usual ones, so that one day does not change the usual move for months."""
YEARS_COMPARED = 2
TRADING_DAYS_A_YEAR = 252


@dataclass(frozen=True)
class Closes:
    """Daily closes, oldest first.

    Args:
        ticker: the stock.
        currency: the unit of the closes.
        days: the dates, strictly ascending.
        values: the closes, positive, one for each date.
    """

    ticker: str
    currency: str
    days: Sequence[date]
    values: Sequence[float]

    @property
    def last_day(self) -> date:
        """The date of the newest close."""
        return self.days[-1]

    @property
    def last(self) -> float:
        """The newest close."""
        return self.values[-1]

    def until(self, day: date) -> Closes:
        """Return the closes up to and with ``day``."""
        if day >= self.last_day:
            return self  # with all that it has computed
        count = sum(1 for each in self.days if each <= day)
        return Closes(self.ticker, self.currency, self.days[:count], self.values[:count])

    @cached_property
    def last_move(self) -> float | None:
        """The logarithm of the last close over the one before; None for a single close."""
        return math.log(self.values[-1] / self.values[-2]) if len(self.values) > 1 else None

    @cached_property
    def usual_move(self) -> float | None:
        """The standard deviation of a daily move as it was known before the last close; None for a short history."""
        return self._volatilities[-2] if len(self._volatilities) > 1 else None

    @cached_property
    def volatility_percentile(self) -> float | None:
        """The percentage of the last :data:`YEARS_COMPARED` years' days with a lower volatility than now."""
        compared = self._volatilities[-YEARS_COMPARED * TRADING_DAYS_A_YEAR - 1 : -1]
        if len(compared) < TRADING_DAYS_A_YEAR:
            return None
        now = self._volatilities[-1]
        below = sum(each < now for each in compared) + sum(each == now for each in compared) / 2
        return 100 * below / len(compared)

    @cached_property
    def _volatilities(self) -> list[float]:
        """The standard deviation of a daily move as it was known after each close, from the first that tells it."""
        moves = [math.log(after / before) for before, after in zip(self.values, self.values[1:], strict=False)]
        if len(moves) < LEAST_MOVES:
            return []
        keep = 0.5 ** (1 / HALF_LIFE_DAYS)
        variance = sum(move * move for move in moves[:LEAST_MOVES]) / LEAST_MOVES
        found, new, largest = [variance], 1 - keep, LARGEST_MOVE**2
        for move in moves[LEAST_MOVES:]:  # the costliest loop of a run of alerts, so nothing in it is computed twice
            square, bound = move * move, largest * variance
            variance = keep * variance + new * (bound if square > bound > 0 else square)
            found.append(variance)
        return list(map(math.sqrt, found))
