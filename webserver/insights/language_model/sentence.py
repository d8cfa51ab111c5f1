"""A sentence of a language model with the texts of facts in its slots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from common.insights.fact import Fact

_SLOT = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True)
class ModelSentence:
    """A sentence, and the ids of the facts that it states."""

    text: str
    facts: tuple[str, ...]


def fill_slots(sentence: str, facts: Mapping[str, Fact]) -> ModelSentence:
    """Return a checked sentence with the texts of its facts.

    Args:
        sentence: the sentence, with slots that are all among the facts.
        facts: the facts by their ids.
    """
    return ModelSentence(_SLOT.sub(lambda slot: facts[slot[1]].text, sentence), tuple(_SLOT.findall(sentence)))
