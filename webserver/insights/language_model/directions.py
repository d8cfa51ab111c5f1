"""The rules for words of direction and of size: they must agree with the facts of their sentence.

The direction of a move, a distance, a gap, a trend or a run is its sign. The volume is up above its usual one, and down
below it. Other facts have no direction, so that a new fact is safe until it is added here.

In one sentence:

- Words of both directions make it unusable, because it is unclear to which slot each belongs. Two sentences can say it.
- A word of direction needs a fact with that direction, and no fact may have the opposite one.
- The direction of the volume is none of the price.
- A word of size needs facts that are as large as it says, by their percentiles among the stock's own past days:
  "unusual" means the outer fifth on either side, "typical" the rest, "large" the highest fifth (of a fall, the lowest),
  "small" the rest.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Literal

from common.insights.fact import Fact
from webserver.insights.language_model.words import DOWN, LARGE, PRICE, SMALL, TYPICAL, UNUSUAL, UP

Direction = Literal["up", "down"]
_NEUTRAL = {
    **dict.fromkeys(("move_day", "move_week", "move_month", "move_year"), 0.0),
    **dict.fromkeys(("gap", "distance_high", "distance_low", "drawdown", "trend", "run", "season"), 0.0),
    "volume": 1.0,
}
"""The facts with a direction, and the value between up and down."""
_LOW, _HIGH = 20.0, 80.0


def find_contradiction(words: Set[str], facts: Sequence[Fact]) -> str | None:
    """Return the rule that a sentence breaks, or None.

    Args:
        words: the words of the sentence, in lower case.
        facts: the facts of its slots.
    """
    return _check_direction(words, facts) or _check_size(words, facts)


def direction_of(fact: Fact) -> Direction | None:
    """Return the direction of a fact; None if it has none."""
    neutral = _NEUTRAL.get(fact.id)
    if neutral is None or isinstance(fact.value, str) or fact.value == neutral:
        return None
    return "up" if fact.value > neutral else "down"


def _check_direction(words: Set[str], facts: Sequence[Fact]) -> str | None:
    said: set[Direction] = set()
    if words & UP:
        said.add("up")
    if words & DOWN:
        said.add("down")
    if len(said) == 2:
        return "a sentence has words of both directions"
    directions = {direction_of(fact) for fact in facts} - {None}
    if said and said != directions:
        return "a word of direction contradicts the facts of its sentence"
    if said and words & PRICE and {fact.id for fact in facts if direction_of(fact)} == {"volume"}:
        return "the direction of the volume is said of the price"
    return None


def _check_size(words: Set[str], facts: Sequence[Fact]) -> str | None:
    sizes = {size for fact in facts if (size := _size_of(fact))}
    if words & UNUSUAL and not any(map(_is_unusual, facts)):
        return "the sentence calls a fact unusual that is not"
    if words & TYPICAL and (not sizes or any(map(_is_unusual, facts))):
        return "the sentence calls a fact ordinary that is not"
    if words & LARGE and sizes != {"large"}:
        return "the sentence calls a fact large that is not"
    if words & SMALL and sizes != {"small"}:
        return "the sentence calls a fact small that is not"
    return None


def _is_unusual(fact: Fact) -> bool:
    return fact.percentile is not None and not _LOW < fact.percentile < _HIGH


def _size_of(fact: Fact) -> Literal["large", "small"] | None:
    """Return whether a fact is large for its stock; None if it is compared with nothing."""
    if fact.percentile is None:
        return None
    if direction_of(fact) == "down" and fact.percentile <= _LOW and fact.id != "volume":
        return "large"  # few days have a smaller value, so few have a larger fall
    return "large" if fact.percentile >= _HIGH else "small"
