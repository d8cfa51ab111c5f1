"""Questions as Redis stores them. This version of the services, an older one or a newer one may have written them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from common.domain.dates import STALE_AFTER_DAYS, exchange_day
from common.domain.questions import Question, hash_canonical
from common.redis.schema.keys import result_key_parts


class DamagedQuestionError(ValueError):
    """The stored value is not a question of any version."""


class NewerQuestionError(ValueError):
    """A newer version stored the question, with more than this version understands."""


@lru_cache(maxsize=1000)
def question_arguments(question: Question) -> tuple[str, str, str, str, str]:
    """Return a question as accept.lua takes it.

    Returns:
        The question as it is stored; its key; the key that an older version computes; the key of its result up to the
        version of the prices, and from there to the day.
    """
    return question.text, question.key, question.older_key, *result_key_parts(question)


def question_keys(question: Question) -> tuple[str, str]:
    """Return the keys by which scripts recognise a question: its own, and the one that an older version computes."""
    _, key, older_key, *_ = question_arguments(question)
    return key, older_key


def days_at(now: datetime) -> tuple[str, str]:
    """Return the exchange's day at a moment, and the first day on which a last close is not stale then."""
    return _days_in(int(now.timestamp() // 60))


@lru_cache(maxsize=2)
def _days_in(minute: int) -> tuple[str, str]:
    today = exchange_day(datetime.fromtimestamp(minute * 60, UTC))
    return today.isoformat(), (today - timedelta(days=STALE_AFTER_DAYS)).isoformat()


@lru_cache(maxsize=1000)
def parse_question(text: bytes, key: bytes) -> Question:
    """Return a stored question that this version can answer.

    Fields that this version lacks are ignored where the key shows that they have their defaults.

    Args:
        text: the question as JSON.
        key: the key that its writer computed; empty where none is stored.

    Raises:
        DamagedQuestionError: it is not a question.
        NewerQuestionError: it asks for something that this version does not understand.
    """
    fields = _fields(text)
    try:
        question = Question.model_validate(fields)
    except ValidationError as exc:
        is_whole = hash_canonical(fields).encode() == key
        raise (NewerQuestionError if is_whole else DamagedQuestionError) from exc
    keys = {b"", question.key.encode(), question.older_key.encode()}
    if fields.keys() <= Question.model_fields.keys() or key in keys:
        return question
    raise NewerQuestionError


@lru_cache(maxsize=1000)
def parse_question_for_display(text: bytes) -> Question | None:
    """Return what a reader of a record needs of its question; None where it cannot be read."""
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
        # A newer version's question, such as one with a model that this version lacks.
        return Question.model_construct(ticker=ticker, days=days)


def is_same_question(question: Question, text: bytes, key: bytes) -> bool:
    """Return whether a stored question equals this one although their keys differ.

    A version without canonical keys stores the fields in another order, and later fields with their defaults.
    """
    try:
        return parse_question(text, key) == question
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
