"""A stock's daily closes, and how unusual the latest ones are against the stock's own past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from common.domain.usual_moves import usual_moves

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
        return usual_moves(self.values)
