"""The description of single hits: dates, what followed each, and a small chart."""

from __future__ import annotations

import numpy as np

from common.domain.patterns.results import HORIZONS, MOST_POINTS, Hit, HitChart
from forecast_service.patterns.occurrences import Occurrences
from forecast_service.patterns.stocks import Stock

DAYS_BEFORE = 20
"""The trading days that a chart shows before a pattern."""


def describe_hit(stock: Stock, found: Occurrences, place: int) -> Hit:
    """Return the hit at one place of a stock.

    Args:
        stock: the stock.
        found: the places.
        place: the number of the place among them.
    """
    begin, end, known = (int(rows[place]) for rows in (found.begin, found.end, found.known))
    has_distance = len(found.distance) > 0
    return Hit(
        ticker=stock.ticker,
        begin=stock.date_of(begin),
        end=stock.date_of(end),
        known=stock.date_of(known),
        close=_round(stock.closes[known]),
        similarity=round(float(found.similarity[place]), 4) if has_distance else None,
        distance=round(float(found.distance[place]), 3) if has_distance else None,
        followed_pct=[_move_pct(stock, known, days) for days in HORIZONS],
        chart=_chart(stock, begin, end, known),
    )


def _move_pct(stock: Stock, known: int, days: int) -> float | None:
    if known + days >= len(stock.closes):
        return None
    return round(100 * float(stock.closes[known + days] / stock.closes[known] - 1), 2)


def _chart(stock: Stock, begin: int, end: int, known: int) -> HitChart:
    first, last = max(begin - DAYS_BEFORE, 0), min(known + HORIZONS[-1], len(stock.closes) - 1)
    rows = np.arange(first, last + 1)
    if len(rows) > MOST_POINTS:
        marked = np.array([begin, end, known])
        even = np.linspace(first, last, MOST_POINTS - len(marked)).round().astype(np.intp)
        rows = np.union1d(even, marked)
    begin_place, end_place, known_place = np.searchsorted(rows, [begin, end, known]).tolist()
    return HitChart(
        first=stock.date_of(first),
        last=stock.date_of(last),
        closes=[_round(close) for close in stock.closes[rows].tolist()],
        begin=begin_place,
        end=end_place,
        known=known_place,
    )


def _round(price: float) -> float:
    """Return a price with five significant digits."""
    return float(f"{price:.5g}")
