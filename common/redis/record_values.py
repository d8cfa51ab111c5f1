"""The values that Redis holds for requests: records, results and pointers to prices, each with its encoding."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Literal, cast

from common.domain.errors import Failure, ForecastFailed, failure_from
from common.domain.questions import Question
from common.domain.results import ENGINE
from common.redis.client.replies import listed, some_bytes, whole_number
from common.redis.stored_questions import shown_question
from common.runtime.gzipping import GzipBeginning

Status = Literal["accepted", "ingesting", "forecasting", "done", "failed", "cancelled"]
Stage = Literal["ingesting", "forecasting"]
ENDS: frozenset[Status] = frozenset({"done", "failed", "cancelled"})
DAMAGED = "A part of this request was lost. Please ask again."
"""For the client of a request whose record cannot be read; `prelude.lua` has the same sentence."""
_UNREADABLE = Question.model_construct(ticker="", days=0)
_RECORD_PARTS = 7
_REPLACED = "\ufffd"
"""The character that replaces bytes that are no UTF-8."""


@dataclass(frozen=True)
class Record:
    """A request as a reader sees it; ``failure`` is set where it failed, ``result_key`` where it is done."""

    request_id: str
    question: Question
    status: Status
    failure: Failure | None
    result_key: str
    remaining_ms: int
    attempt: int
    kept_ms: int = 0
    """Milliseconds for which its id cannot be used for another question."""

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in ENDS


@dataclass(frozen=True)
class BatchMember:
    """A request of a batch."""

    request_id: str
    question: Question


@dataclass(frozen=True)
class BatchTimes:
    """The time that a batch may take, in milliseconds.

    Args:
        budget_ms: until the deadline of the whole batch where no other request waits.
        each_ms: for each request once it has begun.
        queued_ms: by how much each request that waits already moves the deadline.
        longest_ms: the most that ``budget_ms`` and what is added to it may be.
    """

    budget_ms: int
    each_ms: int
    queued_ms: int
    longest_ms: int


@dataclass(frozen=True)
class Acceptance:
    """A record as it is when it is accepted.

    ``is_new`` means that it has to be dispatched, ``is_first`` that its id was free until now.
    """

    record: Record
    is_new: bool
    is_first: bool = True


@dataclass(frozen=True)
class Result:
    """A finished forecast: a JSON object without its envelope, and its picture."""

    body: bytes
    png: bytes

    @cached_property
    def json(self) -> bytes:
        """The object with its picture inside, but for its closing brace: an envelope follows."""
        return self.body[:-1] + b', "plot_png_base64": "' + base64.b64encode(self.png) + b'"'

    @cached_property
    def gzip(self) -> GzipBeginning:
        """The same, compressed."""
        return GzipBeginning.of(self.json)

    @property
    def size(self) -> int:
        """The most bytes that it takes, in all its forms."""
        return 3 * (len(self.body) + len(self.png) * 4 // 3)


@dataclass(frozen=True)
class PricesPointer:
    """The revision of a ticker's prices to use until a look-up for newer ones is due."""

    version: str
    last: date


def result_key(question: Question, version: str, counted_from: date) -> str:
    """The key of the one result for a question, a version of the prices and a day from which days are counted."""
    before, after = _around_version(question)
    return f"{before}{version}{after}{counted_from.isoformat()}"


@lru_cache(maxsize=1000)
def question_words(question: Question) -> tuple[str, ...]:
    """A question as the scripts take it.

    Returns:
        The question as it is stored; its key; the key of an older version; the key of the pointer to its prices; the
        key of its result before the version of the prices, and after it.
    """
    pointer = f"prices:{question.ticker}"
    return question.text, question.key, question.older_key, pointer, *_around_version(question)


def question_keys(question: Question) -> tuple[str, str]:
    """The keys by which the scripts recognise a question: its own, and that of an older version."""
    _, key, older_key, *_ = question_words(question)
    return key, older_key


def _around_version(question: Question) -> tuple[str, str]:
    """A result's key before the version of the prices, and from there to the day."""
    # Only the hash covers the fields that later versions added to a question.
    later = "" if question.older_key else f"{question.key}:"
    return (
        f"result:{question.ticker}:",
        f":{question.days}:{question.model}:{question.level!r}:{later}{ENGINE}:",
    )


def record_from(request_id: str, reply: Any) -> Record:
    """Read a record as the scripts return it; one with a damaged part has failed, and costs other records nothing.

    Raises:
        GarbledReplyError: it is no such reply.
    """
    question, status, error, result, remaining_ms, attempt, kept_ms = listed(reply, _RECORD_PARTS)
    shown = shown_question(some_bytes(question))
    failure = failure_in(some_bytes(error))
    # A newer version may have other statuses.
    name = cast(Status, some_bytes(status).decode(errors="replace"))
    key = some_bytes(result).decode(errors="replace")
    is_readable = shown is not None and _REPLACED not in name + key and (name != "done" or key != "")
    if failure is None and not is_readable:
        name, failure, key = "failed", ForecastFailed(DAMAGED), ""
    return Record(
        request_id,
        _UNREADABLE if shown is None else shown,
        name,
        failure,
        key,
        whole_number(remaining_ms),
        whole_number(attempt),
        whole_number(kept_ms),
    )


def stored_failure(failure: Failure) -> str:
    """A failure as JSON; without its sentence where that is the one of its code, which keeps records small."""
    fields: dict[str, object] = {"code": failure.code}
    if failure.detail != failure.default_detail:
        fields["detail"] = failure.detail
    if failure.retry_after_s is not None:
        fields["retry_after_s"] = failure.retry_after_s
    return json.dumps(fields)


def failure_in(error: bytes | None) -> Failure | None:
    """Read a stored failure; None where there is none."""
    if not error:
        return None
    try:
        stored = json.loads(error)
    except (ValueError, RecursionError):
        stored = None
    if not isinstance(stored, dict) or not isinstance(stored.get("code"), str):
        return ForecastFailed(DAMAGED)
    detail, retry_after_s = stored.get("detail"), stored.get("retry_after_s")
    return failure_from(
        stored["code"],
        detail if isinstance(detail, str) else None,
        retry_after_s if type(retry_after_s) is int else None,
    )
