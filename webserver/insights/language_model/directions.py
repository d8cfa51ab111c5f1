"""The rules for words of direction and of size: they must agree with the facts of their sentence.

The direction of a fact is that of its number: a percentage is up if it is positive and down if it is negative; a ratio
("times") is up above one and down below one. Other facts have no direction.

In one sentence:

- Words of both directions make it unusable, because it is unclear to which slot each belongs. Two sentences can say it.
- A word of direction needs a fact with that direction, and no fact may have the opposite one.
- A word of size needs facts that are as large as it says, by their percentiles among the stock's own past days: "unusual"
  means the outer fifth on either side, "typical" the rest, "large" the highest fifth (of a fall, the lowest), "small"
  the rest. A ratio without a percentile is large above one and small below one.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Literal

from common.insights.fact import Fact

Direction = Literal["up", "down"]
UP = frozenset(
    """
    above advance advanced advances climb climbed climbing climbs gain gained gaining gains grew grow growing growth
    higher increase increased increases increasing jump jumped jumps lifted positive rallied rally recovered recovering
    recovery rise risen rises rising rose surge surged surges up upward upwards
    """.split()
)
DOWN = frozenset(
    """
    below decline declined declines declining decrease decreased decreases decreasing down downward downwards drop
    dropped dropping drops fall fallen falling falls fell lose loses losing loss losses lost lower negative plunge plunged
    sank shrank slid slide sliding slipped slump slumped
    """.split()
)
UNUSUAL = frozenset("exceptional exceptionally extraordinary extreme extremes rare rarely unusual unusually".split())
LARGE = frozenset(
    """
    big bigger brisk busier busy elevated heavier heavy large larger sharp sharply steep strong stronger volatile wide
    wider
    """.split()
)
SMALL = frozenset(
    "calm calmer light lighter modest muted narrow narrower quiet quieter slight slightly small smaller thin".split()
)
TYPICAL = frozenset("ordinary normal normally regular typical typically".split())
_PERCENT, _RATIO = frozenset({"%", "percent"}), frozenset({"times", "x", "×"})
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
    if isinstance(fact.value, str):
        return None
    if fact.unit in _PERCENT:
        change = float(fact.value)
    elif fact.unit in _RATIO:
        change = float(fact.value) - 1
    else:
        return None
    return "up" if change > 0 else "down" if change < 0 else None


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
    """Return whether a fact is large for its stock; None if it is compared with nothing.

    A fall is large if few days have a smaller value.
    """
    if isinstance(fact.value, str):
        return None
    if fact.percentile is not None:
        is_large_fall = fact.unit in _PERCENT and fact.value < 0 and fact.percentile <= _LOW
        return "large" if fact.percentile >= _HIGH or is_large_fall else "small"
    if fact.unit in _RATIO and fact.value != 1:
        return "large" if fact.value > 1 else "small"
    return None
