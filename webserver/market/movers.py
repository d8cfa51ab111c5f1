"""The lists of the board: moves, broken ranges, calm and nervous stocks, wide and narrow ranges, sectors."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from webserver.market.board.board import Board

OUTSIDE = 0.05
"""The part of days whose close is outside of the day's range of 95 %."""
LEAST_DAYS = 21
"""Ranges are compared over a month at least, where the board has such a horizon."""
ROWS_OF_SECTOR = 12


@dataclass(frozen=True)
class Sector:
    """The rows of a sector that have a move.

    Args:
        name: the sector.
        stocks: their number.
        rising: the number of those with a positive change, and ``falling`` with a negative one.
        median_usual_moves: the median of the moves in usual ones, negative for a fall.
        rows: the rows with the largest moves.
    """

    name: str
    stocks: int
    rising: int
    falling: int
    median_usual_moves: float
    rows: Sequence[int]


@dataclass(frozen=True)
class Movers:
    """Numbers of rows, the most remarkable first.

    Args:
        lists: the rows by the name of their list.
        broken_total: the number of rows with a broken range.
        expected_broken: how many of them are usual.
        sectors: the sectors, by name.
    """

    lists: Mapping[str, Sequence[int]]
    broken_total: int
    expected_broken: float
    sectors: Sequence[Sector]


def find_movers(board: Board, limit: int, between: Callable[[], None]) -> Movers:
    """Return the first ``limit`` rows of each list. Where fresh prices are, only their rows count.

    Args:
        board: the board.
        limit: the most rows of each list.
        between: called between the lists, each of which takes a few milliseconds.
    """
    change, broken = board.columns["change_pct"].values, board.columns["day_range_broken"].values
    moves, volatility = board.columns["usual_moves"].values, board.columns["volatility_percentile"].values
    ranges = _ranges(board)
    rows, days = board.current, board.columns["as_of"].values
    newest = [row for row in rows if days[row] == board.as_of]  # the ranges of another day are no news
    out = [row for row in newest if broken[row] is not None]
    chosen: dict[str, tuple[Iterable[int], Sequence[float], bool]] = {
        "up": ([row for row in rows if change[row] > 0], moves, True),
        "down": ([row for row in rows if change[row] < 0], moves, True),
        "broken": (out, moves, True),
        "nervous": (rows, volatility, True),
        "calm": (rows, volatility, False),
        "widest": (rows, ranges, True),
        "narrowest": (rows, ranges, False),
    }
    lists = {}
    for name, (candidates, values, largest) in chosen.items():
        lists[name] = _first(candidates, values, limit, largest=largest)
        between()
    lower = board.columns["day_range_lower"].values
    with_range = sum(1 for row in newest if lower[row] == lower[row])
    return Movers(lists, len(out), round(OUTSIDE * with_range, 1), _sectors(board, rows))


def _ranges(board: Board) -> Any:
    days = next((days for days in board.horizons if days >= LEAST_DAYS), max(board.horizons, default=0))
    column = board.columns.get(f"range_pct_{days}d")
    return column.values if column else [float("nan")] * len(board.rows)


def _first(rows: Iterable[int], values: Sequence[float], limit: int, *, largest: bool) -> list[int]:
    known = [row for row in rows if values[row] == values[row]]  # NaN is not equal to itself
    choose = heapq.nlargest if largest else heapq.nsmallest
    return choose(limit, known, key=values.__getitem__)


def _sectors(board: Board, rows: Iterable[int]) -> list[Sector]:
    sectors, moves = board.columns["sector"].values, board.columns["usual_moves"].values
    change = board.columns["change_pct"].values
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        if sectors[row] is not None and moves[row] == moves[row]:
            members[sectors[row]].append(row)
    return [
        Sector(
            name=name,
            stocks=len(of_sector),
            rising=sum(1 for row in of_sector if change[row] > 0),
            falling=sum(1 for row in of_sector if change[row] < 0),
            median_usual_moves=median(-moves[row] if change[row] < 0 else moves[row] for row in of_sector),
            rows=_first(of_sector, moves, ROWS_OF_SECTOR, largest=True),
        )
        for name, of_sector in sorted(members.items())
    ]
