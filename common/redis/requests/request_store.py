"""Requests in Redis, for the web server: accept, read, cancel.

Each change of a request is one Lua script, so that no reader sees a partial change and no older attempt overwrites a
newer one. All times are those of Redis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from common.domain.errors import Busy, Cancelled, NotFound, RequestConflict
from common.domain.questions import Question
from common.redis.client.replies import (
    GarbledReplyError,
    check_replies,
    expect_bytes,
    expect_bytes_or_none,
    expect_integer,
    expect_list,
)
from common.redis.client.script_runner import RedisScripts, ScriptCall
from common.redis.clock import RedisClock
from common.redis.rate_windows import QuotaCheck, parse_windows_left
from common.redis.requests.queueing import JOB, QueueTimes, Sender
from common.redis.requests.records import Record, parse_record
from common.redis.requests.stored_questions import (
    days_at,
    is_same_question,
    parse_question_for_display,
    question_arguments,
)
from common.redis.schema import lifetimes
from common.redis.schema.keys import KeyPrefix, SharedKey
from common.redis.schema.stored_failures import encode_failure

FULL = "The forecast services are working at capacity. Try again in a moment."
FULL_RETRY_S = 2
DAMAGED_ENDS = -1
"""The count of ends that stands for a damaged one; a real count is never negative."""


@dataclass(frozen=True)
class Acceptance:
    """The result of accepting a request.

    Args:
        record: the record.
        is_new: whether the caller must dispatch the request.
        is_first: whether the id was not in use before.
        is_queued: whether the request is new and waits for its turn. Ingestion reclaims it when its turn comes.
    """

    record: Record
    is_new: bool
    is_first: bool = True
    is_queued: bool = False


class RequestStore:
    """The requests of all clients. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis, clock: RedisClock) -> None:
        self._redis = redis
        self._clock = clock
        self._scripts = RedisScripts(
            redis,
            [f"requests/{name}" for name in ("accept", "read", "unchanged", "ended", "cancel", "share")],
            copied=["requests/accept", "requests/cancel"],
        )

    def accept(
        self,
        request_id: str,
        question: Question,
        times: int | QueueTimes,
        quota_check: QuotaCheck | None = None,
        sender: Sender = JOB,
    ) -> Acceptance:
        """Write the record of a request, unless there is one. A request with a current result is done at once.

        Args:
            request_id: a UUID, the idempotency key.
            question: the question.
            times: the milliseconds until the deadline of quick work; the times of long work, which waits for its turn.
            quota_check: the client's quotas. The same round trip counts the request against them.
            sender: the client and its account.

        Raises:
            RateLimited: a quota is used up.
            RequestConflict: the id belongs to a request with another question, or of another owner.
            Busy: the forecast services are at capacity.
        """
        windows = quota_check.windows if quota_check else []
        budget_ms: int
        turn: tuple[str, int, int]
        if isinstance(times, int):
            budget_ms, turn = times, ("", 0, 0)
        else:
            budget_ms, turn = times.budget_ms, (sender.client, times.queued_ms, times.longest_ms)
        keys = [KeyPrefix.PRICES_POINTER.key(question.ticker), *(window.key for window in windows)]
        arguments = (
            *(request_id, *question_arguments(question)),
            *(budget_ms, lifetimes.LEASE_MS, *days_at(self._clock.now(), question.ticker)),
            sender.owner or "",
            *turn,
            quota_check.cost if quota_check else 1,
            *(part for window in windows for part in window.arguments),
        )
        with check_replies(self._redis):
            status, reply, *found = expect_list(self._scripts.run("requests/accept", keys, arguments))
            left = parse_windows_left(reply, len(windows))
            record = parse_record(request_id, found[0]) if status not in {b"limited", b"full"} else None
            stored = (expect_bytes(found[0][0]), expect_bytes(found[1])) if status == b"other" else (b"", b"")
        if quota_check:
            quota_check.record(allowed=status != b"limited", left=left)
        if record is None:
            raise Busy(FULL, retry_after_s=FULL_RETRY_S)
        if sender.owner is not None and record.owner != sender.owner:
            raise RequestConflict
        if status == b"other" and not _is_joinable(record, question, *stored):
            raise RequestConflict
        is_first = status not in {b"other", b"known"}
        return Acceptance(record, status == b"new", is_first, is_queued=status == b"queued")

    def read(self, request_id: str) -> Record:
        """Return a record; a request past its deadline is ended first.

        Raises:
            NotFound: there is none, or no longer.
        """
        (record,) = self.read_all([request_id])
        if record is None:
            raise NotFound
        return record

    def read_all(self, request_ids: Sequence[str]) -> list[Record | None]:
        """Return several records in one round trip; None for one that does not exist, or no longer."""
        with check_replies(self._redis):
            found = self._scripts.run_each("requests/read", [ScriptCall(args=[one]) for one in request_ids])
            return [
                None if reply is None else parse_record(request_id, reply)
                for request_id, reply in zip(request_ids, found, strict=True)
            ]

    def check_unchanged(self, done: Sequence[Record]) -> list[bool]:
        """Return whether each of several finished requests is still finished, with the same result and sharing."""
        facts = [part for record in done for part in _facts(record)]
        with check_replies(self._redis):
            reply = self._scripts.run("requests/unchanged", args=facts)
            return [bool(expect_integer(one)) for one in expect_list(reply, len(done))]

    def count_ends(self) -> int:
        """Return the count of recently ended requests. A different count means that a further request has ended.

        It is :data:`DAMAGED_ENDS` if the stored count is damaged; the next end replaces it.
        """
        with check_replies(self._redis):
            try:
                reply: Any = self._redis.get(SharedKey.ENDS)
            except ResponseError as exc:
                if not str(exc).startswith("WRONGTYPE"):
                    raise
                return DAMAGED_ENDS
            ends = expect_bytes_or_none(reply) or b"0"
        try:
            return int(ends)
        except ValueError:
            return DAMAGED_ENDS

    def read_ended(self, request_ids: Sequence[str]) -> dict[str, Record | None]:
        """Return the records of the requests that have ended, by id; None for one that is no longer kept."""
        with check_replies(self._redis):
            found = [expect_list(one) for one in expect_list(self._scripts.run("requests/ended", args=request_ids))]
            ended = {expect_bytes(request_id).decode(): reply for request_id, *reply in found}
            if not ended.keys() <= set(request_ids):
                raise GarbledReplyError("the reply names other requests than the call")
            return {
                request_id: parse_record(request_id, reply[0]) if reply else None for request_id, reply in ended.items()
            }

    def cancel(self, request_id: str) -> None:
        """End a request as cancelled, unless it has ended; requests that joined it continue.

        Raises:
            NotFound: there is none, or no longer.
        """
        with check_replies(self._redis):
            arguments = (request_id, encode_failure(Cancelled()))
            is_there = expect_integer(self._scripts.run("requests/cancel", args=arguments))
        if not is_there:
            raise NotFound

    def share(self, request_id: str, *, is_shared: bool) -> None:
        """Let all readers see a request, or end that.

        Raises:
            NotFound: there is none, or no longer.
        """
        with check_replies(self._redis):
            arguments = (request_id, "1" if is_shared else "")
            is_there = expect_integer(self._scripts.run("requests/share", args=arguments))
        if not is_there:
            raise NotFound

    def cancel_all(self, request_ids: Sequence[str]) -> None:
        """End several requests as cancelled, except those that have ended or are no longer kept."""
        failure = encode_failure(Cancelled())
        self._scripts.run_each("requests/cancel", [ScriptCall(args=[one, failure]) for one in request_ids])


def _facts(record: Record) -> tuple[str, str, str, str]:
    return record.request_id, record.result_key, record.owner, "1" if record.is_shared else ""


def _is_joinable(record: Record, question: Question, text: bytes, key: bytes) -> bool:
    """Return whether a record with another key has the same question, or failed because its question was lost."""
    is_lost = record.failure is not None and parse_question_for_display(text) is None
    return is_lost or is_same_question(question, text, key)
