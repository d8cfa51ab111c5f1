"""Records of requests, as readers get them from Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from common.domain.errors import Failure, ForecastFailed
from common.domain.progress import WorkProgress
from common.domain.questions import Question
from common.redis.client.replies import expect_bytes, expect_integer, expect_list
from common.redis.requests.stored_questions import parse_question_for_display
from common.redis.schema.statuses import ENDED, Status
from common.redis.schema.stored_failures import DAMAGED, decode_failure

_UNREADABLE = Question.model_construct(ticker="")
_RECORD_PARTS = 11
_REPLACED = "\ufffd"
"""The character that replaces bytes that are not UTF-8."""


@dataclass(frozen=True)
class Record:
    """A request as it is now.

    Args:
        request_id: the UUID.
        question: the question.
        status: the progress.
        failure: the reason of a failed or cancelled request; None otherwise.
        result_key: the key of the result of a finished request; empty otherwise.
        remaining_ms: milliseconds until its deadline.
        attempt: the number of the current attempt, from 1.
        kept_ms: milliseconds until the id may be used for another question.
        owner: the account that sent the request; empty for none.
        is_shared: whether the owner lets all readers see it.
        progress: the progress of the work; None if it reports none.
    """

    request_id: str
    question: Question
    status: Status
    failure: Failure | None
    result_key: str
    remaining_ms: int
    attempt: int
    kept_ms: int = 0
    owner: str = ""
    is_shared: bool = False
    progress: WorkProgress | None = None

    @property
    def ended(self) -> bool:
        """Whether the record is final."""
        return self.status in ENDED


def parse_record(request_id: str, reply: Any) -> Record:
    """Parse a record as read.lua returns it. A damaged record becomes a failed one.

    Raises:
        GarbledReplyError: the reply has another format.
    """
    question, status, error, result, remaining_ms, attempt, kept_ms, owner, shared, fraction, step = expect_list(
        reply, _RECORD_PARTS
    )
    shown = parse_question_for_display(expect_bytes(question))
    failure = decode_failure(expect_bytes(error))
    # A newer version may have other statuses.
    name = cast(Status, expect_bytes(status).decode(errors="replace"))
    key = expect_bytes(result).decode(errors="replace")
    is_readable = shown is not None and _REPLACED not in name + key and (name != "done" or key != "")
    if failure is None and not is_readable:
        name, failure, key = "failed", ForecastFailed(DAMAGED), ""
    return Record(
        request_id,
        _UNREADABLE if shown is None else shown,
        name,
        failure,
        key,
        expect_integer(remaining_ms),
        expect_integer(attempt),
        expect_integer(kept_ms),
        expect_bytes(owner).decode(errors="replace"),
        expect_bytes(shared) == b"1",
        _parse_progress(expect_bytes(fraction), expect_bytes(step)),
    )


def _parse_progress(fraction: bytes, step: bytes) -> WorkProgress | None:
    """Return the stored progress; None if there is none, or if it is damaged."""
    try:
        return WorkProgress(float(fraction), step.decode())
    except ValueError:
        return None
