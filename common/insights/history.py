"""A stock's daily prices as arrays, and the days that its windows reach back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from common.domain.usual_moves import LEAST_MOVES, usual_moves

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

WEEK, MONTH, SEASON, TEN_WEEKS, HALF_YEAR, FORTY_WEEKS, YEAR = 7, 30, 91, 70, 182, 280, 364
"""The windows in calendar days. Fifty trading days are ten weeks, and two hundred are forty."""
SLACK_DAYS = 7
"""A price is that of a day so long ago if it is at most this much older. Holidays and short halts are shorter."""
_EPOCH = date(1970, 1, 1).toordinal()


class UnusableHistory(ValueError):
    """The prices are not such that moves in percent mean anything."""


@dataclass(frozen=True, eq=False)
class History:
    """Prices, oldest first.

    Args:
        ticker: the stock.
        source: the name of the price source.
        currency: the unit of the prices.
        days: days since 1970-01-01, strictly ascending, shape (rows,).
        opens: opening prices, NaN where unknown; shape (rows,), as all that follow.
        closes: closing prices, adjusted for splits, positive.
        adjusted: closing prices, adjusted for dividends too, NaN where unknown.
        volumes: traded shares, NaN where unknown.

    Raises:
        UnusableHistory: a close is not a positive number, or there is none.
    """

    ticker: str
    source: str
    currency: str
    days: Rows
    opens: Floats
    closes: Floats
    adjusted: Floats
    volumes: Floats

    def __post_init__(self) -> None:
        if not len(self.closes) or not (np.isfinite(self.closes) & (self.closes > 0)).all():
            raise UnusableHistory(f"{self.ticker} has prices of 0 or less.")

    def __len__(self) -> int:
        return len(self.closes)

    @classmethod
    def from_columns(cls, ticker: str, source: str, currency: str, days: Any, columns: Mapping[str, Any]) -> History:
        """Return the history of columns by their names in a stored CSV, which may be those of a frame of prices.

        Args:
            ticker: the stock.
            source: the name of the price source.
            currency: the unit of the prices.
            days: dates, or an array of ``datetime64``; shape (rows,).
            columns: numbers by name, each of shape (rows,). Without a column, its values are unknown.
        """
        numbers = np.asarray(days, dtype="datetime64[D]").astype(np.int64)
        unknown = np.full(len(numbers), np.nan)
        opens, closes, adjusted, volumes = (
            np.asarray(columns.get(name, unknown), dtype=np.float64)
            for name in ("open", "close", "adj_close", "volume")
        )
        return cls(ticker, source, currency, numbers, opens, closes, adjusted, volumes)

    def until(self, row: int) -> History:
        """Return the history as it was known after the close of a row."""
        known = slice(row + 1)
        return replace(
            self,
            days=self.days[known],
            opens=self.opens[known],
            closes=self.closes[known],
            adjusted=self.adjusted[known],
            volumes=self.volumes[known],
        )

    def date_of(self, row: int) -> date:
        """Return the date of a row."""
        return date.fromordinal(_EPOCH + int(self.days[row]))

    @property
    def last_day(self) -> date:
        """The date of the newest close."""
        return self.date_of(-1)

    @cached_property
    def rows_a_day(self) -> float:
        """The number of prices a calendar day, without gaps of more than three weeks beyond the usual step."""
        steps = np.diff(self.days)
        if not len(steps):
            return 1.0
        return float(1 / np.mean(steps[steps <= np.median(steps) + 3 * WEEK]))

    @property
    def is_daily(self) -> bool:
        """Whether there is a price on most trading days."""
        return self.rows_a_day > 0.5

    def rows_of(self, days: int) -> int:
        """Return how many prices a window has."""
        return max(1, round(days * self.rows_a_day))

    @cached_property
    def logs(self) -> Floats:
        """The logarithms of the closes, shape (rows,)."""
        return np.log(self.closes)

    def moves(self, days: int) -> Floats:
        """Return the move to each close over a window of days, in logarithms; NaN where no price is so old.

        The move is from the newest close that is at least ``days`` older.
        """
        before = np.searchsorted(self.days, self.days - days, side="right") - 1
        moves = self.logs - self.logs[before]
        is_known = (before >= 0) & (self.days - self.days[before] <= days + self._slack)
        return np.where(is_known, moves, np.nan)

    @cached_property
    def last_moves(self) -> Floats:
        """The move from each close to the next, in logarithms; NaN for the first one and over a gap."""
        moves = np.diff(self.logs, prepend=np.nan)
        return np.where(self.is_after_gap, np.nan, moves)

    @cached_property
    def is_after_gap(self) -> npt.NDArray[np.bool_]:
        """Whether the close before is older than the series' steps and holidays explain."""
        steps = np.diff(self.days, prepend=self.days[:1])
        return np.asarray(steps > self._slack + 3)

    @cached_property
    def usual_moves(self) -> Floats:
        """The usual move as it was known after each close, in logarithms; NaN before the first that tells it."""
        found = np.array(usual_moves(self.closes.tolist()))
        return np.concatenate([np.full(min(LEAST_MOVES, len(self)), np.nan), found])

    @property
    def _slack(self) -> float:
        return max(SLACK_DAYS, 1.5 / self.rows_a_day)
