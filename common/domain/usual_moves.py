"""The usual size of a stock's moves, as it was known on each day, in pure Python for the alerts on many stocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

HALF_LIFE_DAYS = 30.0
"""The half-life of a squared move in the volatility, as in the forecast's."""
LEAST_MOVES = 60
"""Fewer moves do not tell a usual one."""
LARGEST_MOVE = 4.0
"""Larger moves count as this many usual ones, so that one day does not change the usual move for months."""


def usual_moves(closes: Sequence[float]) -> list[float]:
    """Return the standard deviation of a move as it was known after each close, from the first that tells it.

    Args:
        closes: positive prices, oldest first.

    Returns:
        Moves of the logarithm, one for each close after the first :data:`LEAST_MOVES`; empty for a shorter history.
    """
    moves = [math.log(after / before) for before, after in pairwise(closes)]
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
