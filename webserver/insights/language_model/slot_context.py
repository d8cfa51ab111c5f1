"""The rule for the words beside a slot: none may change the value that stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from common.insights.fact import Fact
from webserver.insights.language_model.words import BEFORE_SLOT, BETWEEN, DOWN, MOVING, NEAR_TO, UP

_BEFORE = re.compile(r"((?:[a-z]+ )*)\(?\0")
_AFTER = re.compile(r"\0\)?,? (?:or\b|(?:and|even) (?:even|further|more|so)\b)")
_LEVELS = frozenset({"last_close", "volume", "volatility"})
"""The facts of which a price or a volume may be said to move to them."""


def changes_a_value(text: str, facts: Sequence[Fact]) -> bool:
    """Return whether words before or after a slot make another claim of it, such as "more than the {move_day}".

    Args:
        text: the sentence, with U+0000 for each slot.
        facts: the facts of the slots, in their order.
    """
    lower = text.lower()
    if _AFTER.search(lower):
        return True
    before = [found.split() for found in _BEFORE.findall(lower)]
    return any(_changes(words, fact) for words, fact in zip(before, facts, strict=True))


def _changes(words: Sequence[str], fact: Fact) -> bool:
    said, has_to = list(words), False
    while said and said[-1] in BETWEEN:
        has_to |= said.pop() == "to"
    last = said[-1] if said else ""
    if has_to and (last in NEAR_TO or (last in UP | DOWN | MOVING and fact.id not in _LEVELS)):
        return True
    return last in BEFORE_SLOT
