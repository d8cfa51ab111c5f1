"""The fact on the season of the year: whether the present month differs from the others by more than chance.

Some month of twelve is always the best. The test therefore compares the present month with the most extreme month of
shuffled moves. Of twenty stocks without seasons, it finds one in any of the twelve months for one stock.
"""

from __future__ import annotations

import numpy as np

from common.insights.comparison import Finding, state
from common.insights.history import Floats, History, Rows
from common.insights.moves import change_text
from common.insights.values import LeftOut

LEAST_YEARS = 8
"""With fewer years, no month can differ by more than chance."""
LEVEL = 0.05
SHUFFLES = 1999
MONTH_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
               "November", "December")  # fmt: skip
_NAME = "Season of the year"


def season_facts(history: History) -> list[Finding]:
    """Return the mean move of the present month of the year against the others, if it is more than chance."""
    months, moves = _monthly_moves(history)
    month = history.last_day.month - 1
    counts = np.bincount(months, minlength=12)
    if counts.min() < LEAST_YEARS:
        reason = f"The prices have {counts.min()} complete years of months, and {LEAST_YEARS} are needed."
        return [LeftOut(id="season", name=_NAME, reason=reason)]
    chance = chance_of_season(months, moves, month)
    if not chance <= LEVEL:
        reason = f"{MONTH_NAMES[month]} does not differ from the other months by more than chance."
        return [LeftOut(id="season", name=_NAME, reason=reason)]
    difference = 100 * float(np.expm1(moves[months == month].mean() - moves[months != month].mean()))
    text = f"{change_text(difference)} in {MONTH_NAMES[month]}"
    return [
        state(history, "season", _NAME, difference, "% a month", text),
        state(history, "season_years", "Years of the season", int(counts[month]), "years", f"{counts[month]} years"),
        state(history, "season_chance", "Chance of such a season without one", chance, "", f"{100 * chance:.1f} %"),
    ]


def chance_of_season(months: Rows, moves: Floats, month: int) -> float:
    """Return how often shuffled months have one that differs as much from the others as ``month`` does.

    Args:
        months: the month of the year of each move, 0 to 11, each of them present.
        moves: moves of the logarithm.
        month: the month in question.
    """
    is_month = (months[:, None] == np.arange(12)).astype(np.float64)
    counts = is_month.sum(axis=0)
    centred = moves - moves.mean()
    scales = np.sqrt(counts * (1 - counts / len(moves)))
    shuffled = np.random.default_rng(0).permuted(np.tile(centred, (SHUFFLES, 1)), axis=1)
    largest = np.abs(np.einsum("sm,mk->sk", shuffled, is_month) / scales).max(axis=1)
    own = abs(centred @ is_month[:, month]) / scales[month]
    return float((1 + (largest >= own - 1e-12).sum()) / (1 + SHUFFLES))


def _monthly_moves(history: History) -> tuple[Rows, Floats]:
    """Return the complete months' moves and their months of the year; a month without prices has no move."""
    dates = history.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    is_last = np.diff(dates, append=dates[-1]) != 0  # the present month is not complete
    months, logs = dates[is_last], history.logs[is_last]
    follows = np.diff(months) == 1
    return np.asarray(months[1:][follows] % 12), np.diff(logs)[follows]
