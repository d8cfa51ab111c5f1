"""The places of a pattern in one series."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
LONGEST_GAP_DAYS = 10
"""A pattern does not reach across a longer time without prices, in calendar days: the stock did not trade."""
LONGEST_MEAN_GAP_DAYS = 2.5
"""Prices are daily if they are at most so many days apart on average: of trading days it is 1.4 days."""
LEAST_SHORT_GAPS = 0.9
"""The least share of gaps in daily prices that are not long."""


@dataclass(frozen=True)
class Occurrences:
    """The places of a pattern as rows of its series, in order of time.

    Args:
        begin: the first rows.
        end: the last rows.
        known: the rows after whose closes the pattern could be known.
        similarity: the correlation with a shape; empty for other patterns.
        distance: the distance from a shape; empty for other patterns.
        is_listed: whether each place is described; all are if it is empty.
    """

    begin: Places
    end: Places
    known: Places
    similarity: Floats
    distance: Floats
    is_listed: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))

    @classmethod
    def of(cls, begin: Places, end: Places, known: Places) -> Occurrences:
        """Return places without distances."""
        return cls(begin, end, known, np.empty(0), np.empty(0))

    def __len__(self) -> int:
        return len(self.known)


def number_runs(days: NDArray[np.int64], longest_gap: int = LONGEST_GAP_DAYS) -> NDArray[np.int64]:
    """Return for each row the number of its run of prices without a longer gap, from 0.

    Args:
        days: the days, or the periods, as increasing numbers.
        longest_gap: the largest difference within a run.
    """
    return np.concatenate(([0], np.cumsum(np.diff(days) > longest_gap)))


def are_daily(days: NDArray[np.int64]) -> bool:
    """Return whether prices on these days are those of trading days.

    Weekly, monthly and rare prices are not: horizons and blocks of dates count trading days.

    Args:
        days: the days as increasing numbers.
    """
    gaps = np.diff(days)
    if len(gaps) == 0:
        return True
    short = gaps[gaps <= LONGEST_GAP_DAYS]
    return len(short) >= LEAST_SHORT_GAPS * len(gaps) and float(short.mean()) <= LONGEST_MEAN_GAP_DAYS


def days_of(index: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return dates as days since 1970."""
    return index.astype("datetime64[D]").astype(np.int64)
