"""Turnarounds: zig-zag reversals, dated at the day that confirms them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import numpy as np

from forecast_service.patterns.finders.usual_moves import usual_moves
from forecast_service.patterns.occurrences import Floats, Occurrences, Places

Turn = Literal["up", "down"]
_MARGIN = 1e-12
"""A move of exactly the threshold may be computed as slightly less, as logarithms are rounded."""


def find_turnarounds(
    closes: Floats, runs: Places, turn: Turn, *, percent: float | None = None, moves: float | None = None
) -> Occurrences:
    """Return the confirmed reversals in one direction. The first of a run without gaps does not count.

    Args:
        closes: the closes.
        runs: the number of the run without gaps of each day; a reversal lies in one run.
        turn: ``up`` for a rise from a low, ``down`` for a fall from a high.
        percent: the threshold in percent of the extreme; None to use ``moves``.
        moves: the threshold in usual daily moves.

    Returns:
        For each reversal the extreme before, its own extreme, and the day on which a close passed the threshold.
    """
    logs = np.log(closes)
    if percent is not None:
        ups = np.full(len(logs), math.log1p(percent / 100) - _MARGIN)
        downs = np.full(len(logs), -math.log1p(-percent / 100) - _MARGIN)
    else:
        ups = downs = (moves or 0.0) * np.nan_to_num(usual_moves(logs), nan=np.inf)
    starts = np.flatnonzero(np.diff(runs, prepend=-1)).tolist()
    found = [
        (start + before, start + extreme, start + known)
        for start, stop in pairwise([*starts, len(logs)])
        for is_up, before, extreme, known in _zigzag(*(part[start:stop].tolist() for part in (logs, ups, downs)))
        if is_up == (turn == "up")
    ]
    begin, end, known = np.array(found, np.intp).reshape(-1, 3).T
    return Occurrences.of(begin, end, known)


def _zigzag(logs: list[float], ups: list[float], downs: list[float]) -> list[tuple[bool, int, int, int]]:
    """Return each reversal after the first: whether it is up, the extreme before, its extreme, its confirmation."""
    turns: list[tuple[bool, int, int, int]] = []
    low = high = 0
    rising: bool | None = None
    before = -1
    for day, value in enumerate(logs):
        if rising is not True:
            if value < logs[low]:
                low = day
            elif value - logs[low] >= ups[day] > 0:
                if before >= 0:
                    turns.append((True, before, low, day))
                rising, before, high = True, low, day
                continue
        if rising is not False:
            if value > logs[high]:
                high = day
            elif logs[high] - value >= downs[day] > 0:
                if before >= 0:
                    turns.append((False, before, high, day))
                rising, before, low = False, high, day
    return turns
