"""Requests, leases, results and price pointers in Redis: the one module that talks to it.

Each change of a request is one Lua script in ``common/redis/scripts/``, so that no reader sees half of it and no older
attempt can overwrite a newer one. All times are Redis's own.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from common.domain.dates import STALE_AFTER_DAYS, exchange_day
from common.domain.errors import Busy, Cancelled, Failure, ForecastFailed, NotFound, RequestConflict
from common.domain.questions import Question
from common.redis.claims import Claim
from common.redis.client.connections import connection_class
from common.redis.client.replies import (
    GarbledReplyError,
    bytes_or_none,
    checked_replies,
    listed,
    some_bytes,
    whole_number,
)
from common.redis.client.script_runner import RedisScripts
from common.redis.price_notes import PriceNotes
from common.redis.quotas import QuotaCheck
from common.redis.record_values import (
    DAMAGED,
    Acceptance,
    BatchMember,
    BatchTimes,
    PricesPointer,
    Record,
    Result,
    Stage,
    question_keys,
    question_words,
    record_from,
    result_key,
    stored_failure,
)
from common.redis.stored_questions import (
    DamagedQuestionError,
    NewerQuestionError,
    is_same_question,
    shown_question,
    understood_question,
)
from common.rpc.messages import Order

__all__ = [
    "KEEP_MS",
    "LEASE_MS",
    "Acceptance",
    "BatchMember",
    "BatchTimes",
    "NeedsNewerVersion",
    "PricesPointer",
    "Record",
    "Records",
    "Result",
    "connected",
    "result_key",
]

LEASE_MS = 2_000
"""How long an attempt counts as alive after the last sign of life."""
MAX_ATTEMPTS = 3
KEEP_MS = 3_600_000
"""How long a record is kept after its deadline."""
RESULT_MS = 2 * 3_600_000
"""How long a result is kept; longer than any record that points to it."""

FULL = "There is more to do than can be done in time; please try again in a moment."
FULL_RETRY_S = 2
CONNECTIONS = 32
"""To Redis, of one process."""
CONNECTION_PATIENCE_S = 2
CLOCK_S = 10.0
"""Seconds for which our own clock carries on Redis's before it is read again."""
DAMAGED_ENDS = -1
"""The value of a number of ends that cannot be read; no number of ends is negative."""
OTHER_QUESTION = -2
"""The return value of begin.lua where the record seems to ask another question."""
_log = logging.getLogger(__name__)

_SCRIPTS = (
    "accept",
    "advertise_capacity",
    "accept_batch",
    "give_up_claim",
    "read",
    "unchanged",
    "ended",
    "begin",
    "renew",
    "finish",
    "fail",
    "cancel",
    "requeue",
    "reclaim",
)


def connected(url: str) -> Redis:
    """Make a client that gives up soon: a request has a deadline. Nothing is connected until it is used.

    A crowd shares few connections: to make one costs more than to wait for one, which is used for less than a
    millisecond.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        connection_class=connection_class(url),
        max_connections=CONNECTIONS,
        timeout=CONNECTION_PATIENCE_S,
        socket_connect_timeout=1,
        socket_timeout=2,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=1),
    )
    return Redis.from_pool(pool)


class NeedsNewerVersion(Busy):
    """A request asks for something that only a newer version of the services knows; another replica may be one."""


class Records(PriceNotes):
    """The requests of all services. Methods raise :class:`Busy` where Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self._clock = (-math.inf, 0.0)
        self._scripts = RedisScripts(redis, _SCRIPTS)

    def ping(self) -> None:
        """Find out whether Redis answers."""
        with checked_replies(self._redis):
            if self._redis.ping() is not True:
                raise GarbledReplyError("PONG was expected")

    def now(self) -> datetime:
        """Redis's clock, the one that all machines share (UTC)."""
        began, ahead_s = self._clock
        if time.monotonic() - began > CLOCK_S:
            with checked_replies(self._redis):
                seconds, micros = self._redis.time()
                began = time.monotonic()
                ahead_s = seconds + micros / 1e6 - began
            self._clock = (began, ahead_s)
        return datetime.fromtimestamp(time.monotonic() + ahead_s, UTC)

    def accept(
        self, request_id: str, question: Question, budget_ms: int, charge: QuotaCheck | None = None
    ) -> Acceptance:
        """Write the record of a request, unless there is one; where a result answers it today, it is done.

        Args:
            request_id: a UUID, the idempotency key.
            question: what is asked.
            budget_ms: milliseconds until its deadline.
            charge: what its client may ask for; it is counted in the same round trip.

        Raises:
            RateLimited: that is more than is left.
            RequestConflict: the id is taken by another question.
            Busy: as much is under way as the forecast services take.
        """
        words = question_words(question)
        times = (budget_ms, LEASE_MS, KEEP_MS, *self._days())
        quotas = charge.arguments if charge else ()
        with checked_replies(self._redis):
            status, left, *found = listed(self._scripts.run("accept", request_id, *words, *times, *quotas))
            numbers = charge.numbers_in(left) if charge else []
            record = record_from(request_id, found[0]) if status not in {b"limited", b"full"} else None
            stored = (some_bytes(found[0][0]), some_bytes(found[1])) if status == b"other" else (b"", b"")
        if charge:
            charge.settle(allowed=status != b"limited", numbers=numbers)
        if record is None:
            raise Busy(FULL, retry_after_s=FULL_RETRY_S)
        if status == b"other" and not _is_joinable(record, question, *stored):
            raise RequestConflict
        return Acceptance(record, is_new=status == b"new", is_first=status not in {b"other", b"known"})

    def accept_batch(
        self, batch_id: str, asked: str, members: Sequence[BatchMember], client: str, times: BatchTimes
    ) -> bool:
        """Write the records of a batch, unless there is one; clients and batches begin their requests in turns.

        Args:
            batch_id: a UUID, the idempotency key.
            asked: what was asked, by which the batch is known again.
            members: the requests.
            client: the client that asks; all its batches share its turns.
            times: how long the batch and its requests may take.

        Returns:
            Whether the batch is new.

        Raises:
            RequestConflict: the id is taken by another batch.
        """
        parts = [part for member in members for part in (member.request_id, *question_words(member.question))]
        arguments = (times.budget_ms, times.each_ms, KEEP_MS, *self._days(), client, times.queued_ms, times.longest_ms)
        with checked_replies(self._redis):
            status = some_bytes(self._scripts.run("accept_batch", batch_id, asked, *arguments, *parts))
        if status == b"conflict":
            raise RequestConflict
        return status == b"new"

    def batch(self, batch_id: str) -> str:
        """What was asked in a batch.

        Raises:
            NotFound: there is none, or no longer.
        """
        with checked_replies(self._redis):
            reply: Any = self._redis.hget(f"batch:{batch_id}", "asked")
            asked = bytes_or_none(reply)
        if asked is None:
            raise NotFound
        return asked.decode(errors="replace")

    def read_all(self, request_ids: Sequence[str]) -> list[Record | None]:
        """Read several records in one trip, each as :meth:`read` does; None where there is none, or no longer."""
        with checked_replies(self._redis):
            found = self._scripts.run_each("read", [(request_id,) for request_id in request_ids])
            return [
                None if reply is None else record_from(request_id, reply)
                for request_id, reply in zip(request_ids, found, strict=True)
            ]

    def unchanged(self, done: Sequence[Record]) -> list[bool]:
        """Which of several records that were done are so still, with the same result."""
        pairs = [part for record in done for part in (record.request_id, record.result_key)]
        with checked_replies(self._redis):
            return [bool(whole_number(one)) for one in listed(self._scripts.run("unchanged", *pairs), len(done))]

    def cancel_all(self, request_ids: Sequence[str]) -> None:
        """End several requests as cancelled, unless they have ended or are no longer kept."""
        self._scripts.run_each("cancel", [(request_id, stored_failure(Cancelled())) for request_id in request_ids])

    def read(self, request_id: str) -> Record:
        """Read a record, ending it where its deadline has passed.

        Raises:
            NotFound: there is none, or no longer.
        """
        (record,) = self.read_all([request_id])
        if record is None:
            raise NotFound
        return record

    def ends(self) -> int:
        """Return the number of requests that have ended of late: a changed number means that another has ended.

        A damaged number is :data:`DAMAGED_ENDS`; the next end replaces it.
        """
        with checked_replies(self._redis):
            try:
                reply: Any = self._redis.get("ends")
            except ResponseError as exc:
                if not str(exc).startswith("WRONGTYPE"):
                    raise
                return DAMAGED_ENDS
            ends = bytes_or_none(reply) or b"0"
        try:
            return int(ends)
        except ValueError:
            return DAMAGED_ENDS

    def ended(self, request_ids: Sequence[str]) -> dict[str, Record | None]:
        """The records of those of several requests that have ended; None for one that is no longer kept."""
        with checked_replies(self._redis):
            found = [listed(one) for one in listed(self._scripts.run("ended", *request_ids))]
            ended = {some_bytes(request_id).decode(): reply for request_id, *reply in found}
            if not ended.keys() <= set(request_ids):
                raise GarbledReplyError("other requests than those that were asked for")
            return {
                request_id: record_from(request_id, reply[0]) if reply else None for request_id, reply in ended.items()
            }

    def result(self, key: str) -> Result:
        """Read a result.

        Raises:
            NotFound: there is none, or no longer.
        """
        with checked_replies(self._redis):
            reply: Any = self._redis.hmget(key, ["body", "png"])
            body, png = map(bytes_or_none, listed(reply, 2))
        if body is None or png is None:
            raise NotFound
        return Result(body, png)

    def advertise_capacity(self, service: str, room: int) -> None:
        """Say that for the next seconds a forecast service takes so many requests at once."""
        with checked_replies(self._redis):
            whole_number(self._scripts.run("advertise_capacity", service, room, LEASE_MS))

    def begin(self, order: Order, stage: Stage) -> int:
        """Begin a stage of an order's attempt; return the milliseconds left, or 0 where it is not (any longer) ours.

        Raises:
            NotFound: no such request was ever accepted, or it is no longer kept.
            RequestConflict: the request of this id asked another question.
            NeedsNewerVersion: the request asks for something that this version does not know.
        """
        question = order.question
        left_ms, stored = self._begun(order, question_keys(question), stage)
        if stored is not None:
            text, key = stored
            if not _is_understood(question, text, key):
                raise RequestConflict
            # The record is that of another version, which computed another key.
            left_ms, _ = self._begun(order, (key.decode(errors="replace"), ""), stage)
        if left_ms == -1:
            raise NotFound
        return max(left_ms, 0)

    def _begun(self, order: Order, keys: tuple[str, str], stage: Stage) -> tuple[int, tuple[bytes, bytes] | None]:
        """Run begin.lua; return the milliseconds left, and the stored question and its key where these are others."""
        arguments = (order.request_id, *keys, order.attempt, stage, LEASE_MS)
        with checked_replies(self._redis):
            left_ms, *stored = listed(self._scripts.run("begin", *arguments))
            if whole_number(left_ms) != OTHER_QUESTION:
                return whole_number(left_ms), None
            text, key = map(some_bytes, stored)
            return OTHER_QUESTION, (text, key)

    def renew(self, attempts: Mapping[str, int]) -> list[str]:
        """Renew the leases of attempts by request id; return the ids that are no longer the caller's."""
        if not attempts:
            return []
        pairs = [part for request_id, attempt in attempts.items() for part in (request_id, attempt)]
        with checked_replies(self._redis):
            lost = [some_bytes(one).decode() for one in listed(self._scripts.run("renew", LEASE_MS, *pairs))]
            if not attempts.keys() >= set(lost):
                raise GarbledReplyError("other requests than those whose leases were renewed")
            return lost

    def finish(self, order: Order, key: str, result: Result) -> bool:
        """End an order's request as done; False where a newer attempt or another end came first."""
        return self._end("finish", order, key, result.body, result.png, RESULT_MS)

    def fail(self, order: Order, failure: Failure) -> bool:
        """End an order's request with a reason; False where a newer attempt or another end came first."""
        return self._end("fail", order, stored_failure(failure))

    def _end(self, script: str, order: Order, *end: str | bytes | int) -> bool:
        arguments = (order.request_id, order.attempt, *question_keys(order.question), *end)
        with checked_replies(self._redis):
            return bool(whole_number(self._scripts.run(script, *arguments)))

    def cancel(self, request_id: str) -> None:
        """End a request as cancelled, unless it has ended; those that joined it go on.

        Raises:
            NotFound: there is none, or no longer.
        """
        with checked_replies(self._redis):
            is_there = whole_number(self._scripts.run("cancel", request_id, stored_failure(Cancelled())))
        if not is_there:
            raise NotFound

    def requeue(self, order: Order) -> None:
        """Give an order up, so that another attempt begins at once."""
        self._scripts.run("requeue", order.request_id, order.attempt, *question_keys(order.question))

    def reclaim(self, most: int) -> list[Order]:
        """Claim up to ``most`` requests whose attempt died, each for a new attempt; end those that had their tries.

        A damaged one is ended by itself. One that only a newer version understands is left to such a replica.
        """
        with checked_replies(self._redis):
            reply = self._scripts.run("reclaim", LEASE_MS, MAX_ATTEMPTS, most)
            claims = [Claim.read(one) for one in listed(reply)]
        orders = [self._ordered(claim) for claim in claims]
        return [order for order in orders if order is not None]

    def _ordered(self, claim: Claim) -> Order | None:
        """The order of a claim; None where there is none to carry out."""
        try:
            return claim.order()
        except NewerQuestionError:
            _log.warning("a request needs a newer version; it is left to one")
            self._settle(claim, "give_up_claim", LEASE_MS)
        except ValueError:
            _log.warning("the record of a request is damaged; it is ended")
            self._settle(claim, "fail", "", "", stored_failure(ForecastFailed(DAMAGED)))
        return None

    def _settle(self, claim: Claim, script: str, *arguments: str | int) -> None:
        """Run a script on a claim without an order; a failure of Redis leaves this claim to its lease, and no other."""
        try:
            self._scripts.run(script, claim.request_id, claim.attempt, *arguments)
        except Busy as failure:
            _log.warning("a claim without an order is left to its lease: %s", failure)

    def _days(self) -> tuple[str, str]:
        """Today, and the first day on which a last close is not stale."""
        return _days_of(int(self.now().timestamp() // 60))


def _is_joinable(record: Record, question: Question, text: bytes, key: bytes) -> bool:
    """Whether a record whose key differs asks the same, or has failed because its question was lost."""
    is_lost = record.failure is not None and shown_question(text) is None
    return is_lost or is_same_question(question, text, key)


def _is_understood(question: Question, text: bytes, key: bytes) -> bool:
    """Whether a stored question is this one, as far as this version can tell.

    Raises:
        NeedsNewerVersion: it asks for more than this version knows.
    """
    try:
        return understood_question(text, key) == question
    except NewerQuestionError as exc:
        raise NeedsNewerVersion from exc
    except DamagedQuestionError:
        return False


@lru_cache(maxsize=2)
def _days_of(minute: int) -> tuple[str, str]:
    today = exchange_day(datetime.fromtimestamp(minute * 60, UTC))
    return today.isoformat(), (today - timedelta(days=STALE_AFTER_DAYS)).isoformat()
