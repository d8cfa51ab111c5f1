"""The rules for the words that name a subject or a period: each belongs to a fact that stands beside it.

A sentence names each of its facts. The words up to a slot are about its fact; those between two slots are about either
fact, and those after the last slot about any in the clause. A clause without a slot is about one fact of the sentence.
So "The volume moved {move_week} in the week, and the price {volume}." names both subjects, but each at the wrong slot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from common.insights.fact import Fact

UNWORDED = frozenset({"season_chance", "drawdown_age"})
"""The facts that the allowed words cannot name, so that they are not given to the model."""
_OF_PRICE = ("price", "stock", "share", "clos")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "last_close": _OF_PRICE,
    "move_day": ("day", "daily", "session", *_OF_PRICE),
    "move_day_usual": ("move",),
    "move_week": ("week",),
    "move_month": ("month",),
    "move_year": ("year",),
    "gap": ("gap", "open"),
    "run": _OF_PRICE,
    "volatility": ("volatil", "swing", "swung"),
    "distance_high": _OF_PRICE,
    "distance_low": _OF_PRICE,
    "drawdown": ("drawdown", *_OF_PRICE),
    "trend": ("trend", "mean", "average"),
    "trend_change": ("trend",),
    "volume": ("volume", "traded"),
    "season": ("season",),
    "season_years": ("season",),
    "dividend": ("dividend",),
    "dividend_age": ("dividend",),
    "dividend_yield": ("dividend",),
    "split": ("split",),
    "split_age": ("split",),
    "report_ahead": ("report", "result", "earnings"),
    "forecasts_inside": ("forecast",),
    "band_broken": ("range", "forecast", *_OF_PRICE),
}
"""The beginnings of the words of which a sentence with the fact needs one."""
_SUBJECTS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("volume", "volumes", "traded"): ("volume",),
    ("volatility", "volatile", "swing", "swings", "swung"): ("volatility",),
    ("drawdown", "drawdowns"): ("drawdown",),
    ("dividend", "dividends"): ("dividend",),
    ("split", "splits"): ("split",),
    ("forecast", "forecasts", "band", "bands"): ("forecasts_inside", "band_broken"),
    ("range", "ranges"): ("forecasts_inside", "band_broken", "distance"),
    ("gap", "gaps", "opening"): ("gap",),
    ("trend", "trends", "momentum"): ("trend",),
    ("mean", "average", "averages"): ("trend", "season"),
    ("season", "seasonal", "seasonality"): ("season",),
    ("earnings", "report", "reports", "estimate", "estimates"): ("report_ahead",),
    ("move", "moves", "moved", "movement", "movements"): ("move", "run", "gap", "volatility", "season"),
    ("return", "returns"): ("move", "season"),
    ("row",): ("run",),
    ("day", "days", "daily", "session", "sessions"): ("move_day", "volume", "gap", "run", "trend_change"),
    ("week", "weeks", "weekly"): ("move_week",),
    ("month", "months"): ("move_month", "volatility", "season"),
    ("year", "years"): ("move_year", "dividend_yield", "season"),
}  # fmt: skip
"""Words that name a subject or a period, and the beginnings of the ids of the facts about it."""
_FACTS_OF: Mapping[str, tuple[str, ...]] = {word: ids for words, ids in _SUBJECTS.items() for word in words}
_ANOTHER_CLOSE = frozenset({"previous", "previously", "prior", "earlier", "past", "another", "other", "others"})
"""Words that would make the last close one of another day."""
_MOVE, _IN_USUAL_MOVES, _OF_DAY = "move_", "move_day_usual", "move_day"
_CLAUSE_ENDS = re.compile(r"[,;:()]|\b(?:and|as|but|or|when|where|while|with)\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")


def names_wrongly(text: str, facts: Sequence[Fact]) -> bool:
    """Return whether a sentence does not name one of its facts, or names a subject or a period of another one.

    Args:
        text: the sentence, with U+0000 for each slot.
        facts: the facts of the slots, in their order.
    """
    said = set(_WORD.findall(text.lower()))
    ids = [fact.id for fact in facts]
    return (
        _mixes_moves(set(ids))
        or not all(_is_named(name, said, ids) for name in ids)
        or ("last_close" in ids and bool(said & _ANOTHER_CLOSE))
        or _has_strange_subject(text.lower(), ids)
    )


def _mixes_moves(ids: Set[str]) -> bool:
    """Return whether moves over two periods stand in one sentence."""
    periods = {name for name in ids if name.startswith(_MOVE)} - {_IN_USUAL_MOVES}
    return len(periods) > 1 or (_IN_USUAL_MOVES in ids and not periods <= {_OF_DAY})


def _is_named(name: str, said: Set[str], ids: Sequence[str]) -> bool:
    if name == _IN_USUAL_MOVES and _OF_DAY in ids:
        return True
    return any(word.startswith(_NAMES.get(name, ())) for word in said)


def _has_strange_subject(text: str, ids: Sequence[str]) -> bool:
    left = list(ids)
    for clause in _CLAUSE_ENDS.split(text):
        *before, after = clause.split("\0")
        own, left = left[: len(before)], left[len(before) :]
        if not own:
            if not any(_fits(after, [name]) for name in ids):
                return True
            continue
        for place, segment in enumerate(before):
            if not _fits(segment, own[max(place - 1, 0) : place + 1]):
                return True
        if not _fits(after, own):
            return True
    return False


def _fits(segment: str, ids: Sequence[str]) -> bool:
    """Return whether each subject in some words is one of the facts."""
    subjects = (_FACTS_OF[word] for word in _WORD.findall(segment) if word in _FACTS_OF)
    return all(any(name.startswith(subject) for name in ids) for subject in subjects)
