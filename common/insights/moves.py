"""Facts on how the price moved: on the last day, over a week, a month and a year, at the opening, and in a row."""

from __future__ import annotations

import numpy as np

from common.domain.formats import format_change, format_price
from common.insights.comparison import Finding, compare, state
from common.insights.history import MONTH, WEEK, YEAR, Floats, History
from common.insights.values import LeftOut

GAP = "The close before is of too long ago to tell a day's move."
_WINDOWS = (("move_week", "Move of the last week", WEEK), ("move_month", "Move of the last month", MONTH),
            ("move_year", "Move of the last year", YEAR))  # fmt: skip
_LEAST_STEPS = 0.75
"""The fewest prices in a window: weekly ones without some holidays have a week's move, and monthly ones have none."""


def move_facts(history: History) -> list[Finding]:
    """Return the facts on moves. Moves are of the close, so that a dividend lowers them."""
    return [
        state(history, "last_close", "Last close", float(history.closes[-1]), history.currency, _price(history)),
        *_last_move(history),
        *(_window(history, *window) for window in _WINDOWS),
        _gap(history),
        _run(history),
    ]


def last_move_ratios(history: History) -> Floats:
    """Return the size of each move in units of the move that was usual before it; NaN where none is known."""
    usual = np.concatenate([[np.nan], history.usual_moves[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(usual > 0, np.abs(history.last_moves) / usual, np.nan)


def percent(logs: Floats) -> Floats:
    """Return moves of the logarithm in percent."""
    return 100 * np.expm1(logs)


def change_text(value: float) -> str:
    """Return a change in percent with its sign and two significant digits or more."""
    return format_change(value, 1 if abs(value) >= 1 else 2)


def size_text(value: float) -> str:
    """Return the size of a percentage without a sign."""
    return f"{abs(value):.{1 if abs(value) >= 1 else 2}f} %"


def _price(history: History) -> str:
    return f"{format_price(float(history.closes[-1]))} {history.currency}"


def _last_move(history: History) -> list[Finding]:
    reason = GAP if history.is_after_gap[-1] else "There is one price."
    move = compare(history, "move_day", "Move of the last close", percent(history.last_moves), "%", change_text, reason)
    is_known = np.isfinite(history.last_moves[-1])
    flat = "The price did not move before, or its history is too short for a usual move." if is_known else reason
    ratio = compare(
        history,
        "move_day_usual",
        "Move of the last close in usual moves",
        last_move_ratios(history),
        "usual moves",
        lambda value: f"{value:.1f} times its usual move",
        flat,
    )
    return [move, ratio]


def _window(history: History, fact_id: str, name: str, days: int) -> Finding:
    if days * history.rows_a_day < _LEAST_STEPS:
        return LeftOut(id=fact_id, name=name, reason=f"The prices are further apart than {days} days.")
    reason = f"There is no price from {days} days before the last one."
    return compare(history, fact_id, name, percent(history.moves(days)), "%", change_text, reason)


def _gap(history: History) -> Finding:
    if not history.is_daily:
        return LeftOut(id="gap", name="Gap at the opening", reason="The prices are not daily.")
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.log(history.opens[1:]) - history.logs[:-1]
    gaps = np.concatenate([[np.nan], np.where(np.isfinite(gaps), gaps, np.nan)])
    gaps[history.is_after_gap] = np.nan
    reason = GAP if history.is_after_gap[-1] else "The last opening price is missing."
    return compare(history, "gap", "Opening against the close before", percent(gaps), "%", change_text, reason)


def _run(history: History) -> Finding:
    moves = history.last_moves
    if history.is_after_gap[-1] or len(history) < 2:
        return LeftOut(id="run", name="Closes in a row", reason=GAP)
    return compare(
        history,
        "run",
        "Closes in a row in one direction",
        _runs(moves),
        "closes, negative for falls",
        lambda value: f"{abs(value):.0f} times in a row" if abs(value) > 1 else "once" if value else "not at all",
        GAP,
    )


def _runs(moves: Floats) -> Floats:
    """Return the number of moves in one direction that end at each row, negative for falls, 0 without a move."""
    signs = np.sign(np.nan_to_num(moves)).astype(int).tolist()
    found, run = [], 0
    for sign in signs:
        run = run + sign if sign and run * sign > 0 else sign
        found.append(float(run))
    return np.array(found)
