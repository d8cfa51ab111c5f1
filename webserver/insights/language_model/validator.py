"""The check of a language model's text: only sentences that state nothing but given facts pass.

The text is JSON of the form ``{"sentences": ["The price fell by {move_day}."]}``. A slot holds the id of a fact, whose
text replaces it later. The rules, in the order of their checks:

1. The answer is short and strict JSON with the one field ``sentences``, of few or no more sentences than asked for.
2. A sentence has only ASCII letters, spaces, ``, ; : ' ( ) -`` and slots, and one full stop, at its end. This excludes
   digits of every script, links, markup, control characters and other scripts.
3. Each slot is the id of a fact and stands between spaces or before punctuation. No word beside it changes its value.
   A sentence has one to three slots, and the text names several facts.
4. No word is one for a number, of advice, about the future, for a cause, or a negation. Every word is in
   the vocabulary.
5. A sentence names its facts, and no other subject or period beside them. It has the move over one period only. Words
   of direction and size agree with the facts.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from common.insights.fact import Fact
from webserver.insights.language_model import words
from webserver.insights.language_model.directions import find_contradiction
from webserver.insights.language_model.slot_context import changes_a_value
from webserver.insights.language_model.subjects import names_wrongly

MOST_CHARACTERS = 8_000
"""The most characters of an answer."""
LEAST_SENTENCES, MOST_SENTENCES = 3, 8
LONGEST_SENTENCE = 240
MOST_SLOTS = 3
LEAST_FACTS = 3
"""The least different facts of a text, unless there are fewer."""
_SLOT = re.compile(r"\{([^{}]*)\}")
_PLAIN = re.compile(r"[A-Za-z ,;:'()-]*\.")
_SLOT_PLACED = re.compile(r"(?:(?<=[ (])|^)\0(?=[ ,;:).]|$)")
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_LINK = re.compile(r"://|\bwww\b|\b(?:javascript|data|mailto):|\.[a-z]{2,}", re.IGNORECASE)
_CONTRACTION = re.compile(r"n't\b", re.IGNORECASE)


class Reason(StrEnum):
    """Why a text was refused; the labels of a metric."""

    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    SENTENCES = "sentences"
    DIGIT = "digit"
    LINK = "link"
    CHARACTERS = "characters"
    SLOT = "slot"
    NUMBER = "number"
    ADVICE = "advice"
    PREDICTION = "prediction"
    CAUSE = "cause"
    NEGATION = "negation"
    WORD = "word"
    SUBJECT = "subject"
    DIRECTION = "direction"


class TextRefused(Exception):
    """A text breaks a rule.

    Args:
        reason: the rule.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


_FORBIDDEN = (
    (words.NUMBERS | words.ROMAN, Reason.NUMBER),
    (words.ADVICE, Reason.ADVICE),
    (words.PREDICTIONS, Reason.PREDICTION),
    (words.CAUSES, Reason.CAUSE),
    (words.NEGATIONS, Reason.NEGATION),
)


def read_sentences(answer: str, facts: Sequence[Fact]) -> tuple[str, ...]:
    """Return the sentences of an answer, with their slots.

    Args:
        answer: the text of a language model.
        facts: the facts that it was given.

    Raises:
        TextRefused: the answer breaks a rule.
    """
    sentences = _parse(answer)
    by_id = {fact.id: fact for fact in facts}
    named: set[str] = set()
    for sentence in sentences:
        named.update(fact.id for fact in check_sentence(sentence, by_id))
    if len(named) < min(LEAST_FACTS, len(by_id)):
        raise TextRefused(Reason.SLOT)
    if len({sentence.casefold() for sentence in sentences}) < len(sentences):
        raise TextRefused(Reason.SENTENCES)
    return sentences


def check_sentence(sentence: str, facts: Mapping[str, Fact]) -> list[Fact]:
    """Check a sentence; return the facts of its slots.

    Args:
        sentence: the sentence, with slots.
        facts: the facts by their ids.

    Raises:
        TextRefused: the sentence breaks a rule.
    """
    if "\0" in sentence:  # it stands for a slot below
        raise TextRefused(Reason.CHARACTERS)
    ids, text = _SLOT.findall(sentence), _SLOT.sub("\0", sentence)
    _check_characters(text)
    if not 1 <= len(ids) <= MOST_SLOTS or len(set(ids)) < len(ids) or not set(ids) <= set(facts):
        raise TextRefused(Reason.SLOT)
    if len(_SLOT_PLACED.findall(text)) < len(ids):
        raise TextRefused(Reason.SLOT)
    _check_words(text)
    named = [facts[slot] for slot in ids]
    if changes_a_value(text, named):
        raise TextRefused(Reason.SLOT)
    said = {word.lower() for word in _WORD.findall(text)}
    if names_wrongly(text, named):
        raise TextRefused(Reason.SUBJECT)
    if find_contradiction(said, named):
        raise TextRefused(Reason.DIRECTION)
    return named


def _parse(answer: str) -> tuple[str, ...]:
    if len(answer) > MOST_CHARACTERS:
        raise TextRefused(Reason.TOO_LONG)
    try:
        fields = json.loads(answer, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        raise TextRefused(Reason.NOT_JSON) from None
    if not isinstance(fields, dict) or set(fields) != {"sentences"} or not isinstance(fields["sentences"], list):
        raise TextRefused(Reason.NOT_JSON)
    sentences = fields["sentences"]
    if not all(isinstance(sentence, str) for sentence in sentences):
        raise TextRefused(Reason.NOT_JSON)
    if not LEAST_SENTENCES <= len(sentences) <= MOST_SENTENCES:
        raise TextRefused(Reason.SENTENCES)
    if any(len(sentence) > LONGEST_SENTENCE for sentence in sentences):
        raise TextRefused(Reason.TOO_LONG)
    return tuple(sentences)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name is repeated")
    return fields


def _check_characters(text: str) -> None:
    """Check the characters of a sentence whose slots are replaced by U+0000."""
    if any(unicodedata.category(character).startswith("N") or character.isnumeric() for character in text):
        raise TextRefused(Reason.DIGIT)
    if _LINK.search(text):
        raise TextRefused(Reason.LINK)
    if not _PLAIN.fullmatch(text.replace("\0", "")) or not (text[0].isupper() or text[0] == "\0") or "  " in text:
        raise TextRefused(Reason.CHARACTERS)


def _check_words(text: str) -> None:
    """Check that every word is allowed, and none before a slot changes its value."""
    found = _WORD.findall(text)
    if _CONTRACTION.search(text):
        raise TextRefused(Reason.NEGATION)
    said = {part for word in found for part in (word.lower(), word.lower().partition("'")[0])}
    for forbidden, reason in _FORBIDDEN:
        if said & forbidden:
            raise TextRefused(reason)
    if _has_infinitive([word.lower() for word in found]):
        raise TextRefused(Reason.PREDICTION)
    vocabulary = words.load_vocabulary()
    for position, word in enumerate(found):
        is_name = word[0].isupper() and position > 0
        if is_name or word[1:] != word[1:].lower() or word.lower().removesuffix("'s") not in vocabulary:
            raise TextRefused(Reason.WORD)


def _has_infinitive(said: Sequence[str]) -> bool:
    """Return whether a verb follows "to", also after adverbs."""
    for position, word in enumerate(said):
        if word == "to":
            rest = (each for each in said[position + 1 :] if not (each.endswith("ly") or each in words.ADVERBS))
            if next(rest, "") in words.INFINITIVES:
                return True
    return False
