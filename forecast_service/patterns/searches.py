"""The searches of a question: each finds one pattern in one direction, stock by stock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.domain.patterns.candlesticks import Candlestick, Sign
from common.domain.patterns.grammar import parse_candles
from common.domain.patterns.questions import CandleSearch, TurnaroundSearch
from forecast_service.patterns.finders.bars import make_bars
from forecast_service.patterns.finders.candles import find_candles
from forecast_service.patterns.finders.candlesticks import find_candlesticks
from forecast_service.patterns.finders.turnarounds import find_turnarounds
from forecast_service.patterns.occurrences import Occurrences
from forecast_service.patterns.stocks import Stock

Find = Callable[[Stock], Occurrences]
_ADJECTIVES = {"day": "daily", "week": "weekly", "month": "monthly"}


@dataclass(frozen=True)
class PatternFinder:
    """A pattern that is found in each stock for itself.

    Args:
        item: the place of the pattern in the question.
        name: the pattern in words.
        sign: the direction of a candlestick pattern; None for others.
        find: returns the places of the pattern in a stock.
    """

    item: int
    name: str
    sign: Sign | None
    find: Find
    drawing: list[float] | None = None
    """No shape is drawn."""


def candle_finders(item: int, search: CandleSearch) -> list[PatternFinder]:
    """Return the finder of candles; of a candlestick pattern, one for each of its directions."""
    parsed, candles = parse_candles(search.candles), f"{_ADJECTIVES[search.every]} candles"
    if isinstance(parsed, Candlestick):
        return [
            PatternFinder(item, f"{sign} {parsed.name} in {candles}", sign, _candlestick(search, parsed.name, sign))
            for sign in parsed.signs
        ]
    text = " ".join(candle.text for candle in parsed)

    def find(stock: Stock) -> Occurrences:
        return find_candles(make_bars(stock.frame, search.every), parsed)

    return [PatternFinder(item, f"{text} in {candles}", None, find)]


def _candlestick(search: CandleSearch, name: str, sign: Sign) -> Find:
    return lambda stock: find_candlesticks(make_bars(stock.frame, search.every), name, sign)


def turnaround_finder(item: int, search: TurnaroundSearch) -> PatternFinder:
    """Return the finder of a turnaround."""

    def find(stock: Stock) -> Occurrences:
        return find_turnarounds(stock.closes, stock.runs, search.turn, percent=search.percent, moves=search.usual_moves)

    size = f"{search.percent:g} %" if search.percent is not None else f"{search.usual_moves:g} usual daily moves"
    return PatternFinder(item, f"turn {search.turn} by {size}", None, find)
