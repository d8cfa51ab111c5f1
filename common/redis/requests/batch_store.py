"""Batches in Redis: many requests, of any kind, that are accepted together and begin in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from common.domain.errors import NotFound, RequestConflict
from common.domain.kinds import CostClass, kind_of
from common.domain.questions import Question
from common.redis.client.replies import check_replies, expect_bytes, expect_bytes_or_none, expect_list
from common.redis.client.script_runner import RedisScripts
from common.redis.clock import RedisClock
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.requests.stored_questions import days_at, question_arguments
from common.redis.schema.keys import KeyPrefix


@dataclass(frozen=True)
class BatchMember:
    """A request of a batch.

    Args:
        request_id: the UUID.
        question: the question, of any kind.
        each_ms: the milliseconds that it may take once it has begun; None for the time of the batch's requests.
    """

    request_id: str
    question: Question
    each_ms: int | None = None


@dataclass(frozen=True)
class StoredBatch:
    """A batch as it is stored.

    Args:
        body: the request body.
        owner: the account that sent it; empty for none.
    """

    body: str
    owner: str


class BatchStore:
    """The batches of all clients. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis, clock: RedisClock) -> None:
        self._redis = redis
        self._clock = clock
        self._scripts = RedisScripts(redis, ["requests/accept_batch"], copied=["requests/accept_batch"])

    def accept(
        self,
        batch_id: str,
        asked: str,
        members: Sequence[BatchMember],
        sender: Sender,
        times: QueueTimes,
    ) -> bool:
        """Write the records of a batch, unless there is one; return whether it is new.

        Args:
            batch_id: a UUID, the idempotency key.
            asked: the request body, which identifies a repetition.
            members: the requests.
            sender: the client and its account.
            times: the time limits of the batch and its requests.

        Raises:
            RequestConflict: the id belongs to another batch, or to one of another owner.
        """
        now = self._clock.now()
        pointers = [KeyPrefix.PRICES_POINTER.key(member.question.ticker) for member in members]
        arguments: tuple[str | int, ...] = (
            *(batch_id, asked, sender.client),
            *(times.budget_ms, times.queued_ms, times.longest_ms),
            sender.owner or "",
            *(part for member in members for part in _arguments(member, now, times)),
        )
        with check_replies(self._redis):
            keys = [KeyPrefix.BATCH.key(batch_id), *pointers]
            reply = expect_list(self._scripts.run("requests/accept_batch", keys, arguments), 2)
            status, stored_owner = (expect_bytes(part) for part in reply)
        is_foreign = sender.owner is not None and stored_owner.decode(errors="replace") != sender.owner
        if status == b"conflict" or is_foreign:
            raise RequestConflict
        return status == b"new"

    def read_batch(self, batch_id: str) -> StoredBatch:
        """Return a batch as it is stored.

        Raises:
            NotFound: there is no such batch, or no longer.
        """
        with check_replies(self._redis):
            reply: Any = self._redis.hmget(KeyPrefix.BATCH.key(batch_id), ["asked", "owner"])
            asked, owner = (expect_bytes_or_none(part) for part in expect_list(reply, 2))
        if asked is None:
            raise NotFound
        return StoredBatch(asked.decode(errors="replace"), (owner or b"").decode(errors="replace"))


def _arguments(member: BatchMember, now: datetime, times: QueueTimes) -> tuple[str | int, ...]:
    question = member.question
    text, key, _, *result_key = question_arguments(question)
    each_ms = times.each_ms if member.each_ms is None else member.each_ms
    is_long = kind_of(question).cost is CostClass.LONG
    days = days_at(now, question.ticker)
    return member.request_id, text, key, *result_key, *days, each_ms, "1" if is_long else ""
