"""A sentence of a language model with the texts of facts in its slots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from common.insights.fact import Fact
from webserver.insights.language_model.words import DOWN, UP

_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class ModelSentence:
    """A sentence, and the ids of the facts that it states."""

    text: str
    facts: tuple[str, ...]


def fill_slots(sentence: str, facts: Mapping[str, Fact]) -> ModelSentence:
    """Return a checked sentence with the texts of its facts.

    Beside a word of direction, a change has no sign: "fell by −3.2 %" would be a rise.

    Args:
        sentence: the sentence, with slots that are all among the facts.
        facts: the facts by their ids.
    """
    has_direction = not (UP | DOWN).isdisjoint(_WORD.findall(_SLOT.sub("", sentence).lower()))

    def text_of(slot: re.Match[str]) -> str:
        text = facts[slot[1]].text
        return text.lstrip("+−") if has_direction else text

    return ModelSentence(_SLOT.sub(text_of, sentence), tuple(_SLOT.findall(sentence)))
