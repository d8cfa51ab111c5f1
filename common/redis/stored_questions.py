"""Questions as Redis holds them, which this version of the services, an older or a newer one may have written."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from common.domain.questions import Question, canonical_hash


class DamagedQuestionError(ValueError):
    """The stored value is no question of any version."""


class NewerQuestionError(ValueError):
    """A newer version stored it, with more than this version understands."""


@lru_cache(maxsize=1000)
def understood_question(text: bytes, key: bytes) -> Question:
    """Return a stored question that this version can answer.

    Fields that this version lacks are ignored where the key shows that they have their defaults.

    Args:
        text: the question as JSON.
        key: the key that its writer computed; empty where none is stored.

    Raises:
        DamagedQuestionError: it is no question.
        NewerQuestionError: it asks for something that this version does not know.
    """
    fields = _fields(text)
    try:
        question = Question.model_validate(fields)
    except ValidationError as exc:
        is_whole = canonical_hash(fields).encode() == key
        raise (NewerQuestionError if is_whole else DamagedQuestionError) from exc
    keys = {b"", question.key.encode(), question.older_key.encode()}
    if fields.keys() <= Question.model_fields.keys() or key in keys:
        return question
    raise NewerQuestionError


@lru_cache(maxsize=1000)
def shown_question(text: bytes) -> Question | None:
    """Return a stored question as far as a reader of its record needs it; None where that cannot be read."""
    try:
        fields = _fields(text)
    except DamagedQuestionError:
        return None
    try:
        return Question.model_validate(fields)
    except ValidationError:
        ticker, days = fields.get("ticker"), fields.get("days")
        if not isinstance(ticker, str) or type(days) is not int:
            return None
        # A newer version's, such as one with a model that this version lacks.
        return Question.model_construct(ticker=ticker, days=days)


def is_same_question(question: Question, text: bytes, key: bytes) -> bool:
    """Whether a stored question is this one, where their keys differ: another version may have written it.

    A version without canonical keys stores fields in another order, and later fields with their defaults.
    """
    try:
        return understood_question(text, key) == question
    except (DamagedQuestionError, NewerQuestionError):
        return False


def _fields(text: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise DamagedQuestionError from exc
    if not isinstance(fields, dict):
        raise DamagedQuestionError
    return fields
