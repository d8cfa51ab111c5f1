"""The dividends in the stored prices: what closes and adjusted closes tell. Pure Python, for the web server too."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

NO_DIVIDENDS = "no dividends in adj_close"
"""The flag of prices whose adjusted close is not adjusted for dividends."""
_LEAST_SHARE = 2e-4
"""The smallest dividend that is found, as a share of the price: smaller steps are rounding."""
_LARGEST_SHARE = 0.8
_MOST_DECIMALS = 6
_AMOUNT_DECIMALS = 4


@dataclass(frozen=True)
class Dividend:
    """A dividend of one share of today, computed from the prices.

    Args:
        day: the first trading day without the dividend (ex-date).
        amount: the amount for each share, after later splits, in the currency of the prices.
        share: the amount as a share of the close before.
    """

    day: date
    amount: float
    share: float


def find_dividends(
    days: Sequence[date], closes: Sequence[float], adjusted: Sequence[float | None]
) -> tuple[Dividend, ...]:
    """Return the dividends that the adjustment of the closes contains, oldest first.

    Before a dividend D, sources multiply the adjusted closes by 1 - D/C, where C is the close of the day before. The
    ratio of both columns steps up there. A step must exceed twice the error that the rounding of the adjusted closes
    can make. A spin-off may show as a dividend, because sources adjust for it in the same way.

    Args:
        days: the trading days, oldest first.
        closes: the closes, adjusted for splits.
        adjusted: the closes, adjusted also for dividends; NaN or None where unknown.
    """
    rows = [
        (day, close, adj)
        for day, close, adj in zip(days, closes, adjusted, strict=True)
        if adj is not None and 0 < close < math.inf and 0 < adj < math.inf
    ]
    half = _resolution([adj for _, _, adj in rows]) / 2
    found = []
    for (_, before, adj_before), (day, close, adj) in pairwise(rows):
        share = 1 - (adj_before / before) / (adj / close)
        error = half / adj_before + half / adj
        if max(2 * error, _LEAST_SHARE) < share < _LARGEST_SHARE:
            found.append(Dividend(day, _rounded(share * before, error * before), round(share, 6)))
    return tuple(found)


def tells_dividends(flags: Iterable[str]) -> bool:
    """Return whether the adjusted closes of prices with these flags are adjusted for dividends."""
    return not any(flag == NO_DIVIDENDS or _lacks_adjusted(flag) for flag in flags)


def _lacks_adjusted(flag: str) -> bool:
    return flag.startswith("no usable ") and "adj_close" in flag and flag.endswith("on any day")


def _resolution(values: Sequence[float]) -> float:
    """Return the step to which values are rounded, such as 0.01; the smallest that is distinguished if none is."""
    for decimals in range(_MOST_DECIMALS):
        scale = 10**decimals
        if all(abs(value * scale - round(value * scale)) < 1e-6 for value in values):
            return float(10.0**-decimals)
    return float(10.0**-_MOST_DECIMALS)


def _rounded(amount: float, error: float) -> float:
    """Round an amount to the decimals that its error leaves, at least two."""
    return round(amount, min(max(math.floor(-math.log10(max(error, 1e-9))), 2), _AMOUNT_DECIMALS))
