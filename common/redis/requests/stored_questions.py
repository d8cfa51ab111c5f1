"""Questions in the format of Redis. This, an older or a newer version of the services may have written them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from common.domain.kinds import FORECAST, find_kind
from common.domain.markets.dates import STALE_AFTER_DAYS, exchange_day
from common.domain.questions import ForecastQuestion, Question, hash_canonical
from common.redis.schema.keys import reusable_key_parts


class DamagedQuestionError(ValueError):
    """The stored value is not a question of any version."""


class NewerQuestionError(ValueError):
    """A newer version stored the question, with fields or values that this version does not understand."""


@lru_cache(maxsize=1000)
def question_arguments(question: Question) -> tuple[str, str, str, str, str]:
    """Return the arguments of accept.lua for a question.

    Returns:
        The question as JSON; its key; the key that an older version computes; the result's key before the revision of
        the prices; and the part between the revision and the day. The last two are empty if no result is reused.
    """
    return question.text, question.key, question.older_key, *reusable_key_parts(question)


def question_keys(question: Question) -> tuple[str, str]:
    """Return the keys that identify a question: its own, and the one that an older version computes."""
    _, key, older_key, *_ = question_arguments(question)
    return key, older_key


def days_at(now: datetime, ticker: str) -> tuple[str, str]:
    """Return the exchange's day at ``now`` (aware), and the first day on which a last close is not stale, as text."""
    return _days_in(int(now.timestamp() // 60), ticker)


@lru_cache(maxsize=1000)
def _days_in(minute: int, ticker: str) -> tuple[str, str]:
    today = exchange_day(datetime.fromtimestamp(minute * 60, UTC), ticker)
    return today.isoformat(), (today - timedelta(days=STALE_AFTER_DAYS)).isoformat()


@lru_cache(maxsize=1000)
def parse_question(text: bytes, key: bytes) -> Question:
    """Parse a stored question that this version can process.

    Unknown fields are ignored if the key proves that they have their defaults.

    Args:
        text: the question as JSON.
        key: the key that its writer computed; empty if none is stored.

    Raises:
        DamagedQuestionError: the text is not a question.
        NewerQuestionError: this version does not understand the question.
    """
    fields = _fields(text)
    kind = find_kind(fields)
    try:
        question = kind.question.model_validate(fields) if kind else None
    except ValidationError:
        question = None
    if kind is None or question is None:
        is_whole = hash_canonical(fields).encode() == key
        raise NewerQuestionError if is_whole else DamagedQuestionError
    keys = {b"", question.key.encode(), question.older_key.encode()}
    if fields.keys() <= kind.question.model_fields.keys() | {"kind"} or key in keys:
        return question
    raise NewerQuestionError


@lru_cache(maxsize=1000)
def parse_question_for_display(text: bytes) -> Question | None:
    """Parse a stored question for display; return None if it is damaged.

    The result may have only some fields, as for the question of a newer version.
    """
    try:
        fields = _fields(text)
    except DamagedQuestionError:
        return None
    kind = find_kind(fields)
    try:
        return (kind.question if kind else Question).model_validate(fields)
    except ValidationError:
        # A newer version's question, such as one with a model that this version lacks.
        ticker, days = fields.get("ticker"), fields.get("days")
        if not isinstance(ticker, str):
            return None
        if kind is not None and kind is not FORECAST:
            return kind.question.model_construct(ticker=ticker)
        if kind is None or type(days) is not int:
            return None
        return ForecastQuestion.model_construct(ticker=ticker, days=days)


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
