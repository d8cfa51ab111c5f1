"""Requests, leases, results and price pointers in Redis: the one module that talks to it.

Each change of a request is one Lua script in ``common/scripts/``, so that no reader sees half of it and no older
attempt can overwrite a newer one. All times are Redis's own.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Literal, cast

from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from common.dates import STALE_AFTER_DAYS, exchange_day
from common.errors import Busy, Cancelled, Failure, NotFound, RequestConflict, failure_from
from common.gzipping import GzipBeginning
from common.locks import holding
from common.messages import Order
from common.questions import Question
from common.quotas import Charge
from common.redis_connections import connection_class
from common.redis_failures import translated
from common.redis_scripts import RedisScripts
from common.results import ENGINE

LEASE_MS = 2_000
"""How long an attempt counts as alive after the last sign of life."""
MAX_ATTEMPTS = 3
KEEP_MS = 3_600_000
"""How long a record is kept after its deadline."""
RESULT_MS = 2 * 3_600_000
"""How long a result is kept; longer than any record that points to it."""

DISTRUST_MS = 600_000
FULL = "There is more to do than can be done in time; please try again in a moment."
FULL_RETRY_S = 2
CONNECTIONS = 32
"""To Redis, of one process."""
CONNECTION_PATIENCE_S = 2
CLOCK_S = 10.0
"""How long Redis's clock is carried on by our own before it is looked at again."""

Status = Literal["accepted", "ingesting", "forecasting", "done", "failed", "cancelled"]
Stage = Literal["ingesting", "forecasting"]
ENDS: frozenset[Status] = frozenset({"done", "failed", "cancelled"})
_SCRIPTS = (
    "accept",
    "announce",
    "accept_batch",
    "read",
    "ended",
    "begin",
    "renew",
    "finish",
    "fail",
    "cancel",
    "hand_back",
    "take_over",
)


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
    """For how long nobody can use its id for another question."""

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
    """How long a batch may take, in milliseconds.

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
    """A record as it is when it is accepted, and whether it is new, which means that it has to be dispatched."""

    record: Record
    is_new: bool


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
        """How many bytes it takes at the most, in all its forms."""
        return 3 * (len(self.body) + len(self.png) * 4 // 3)


@dataclass(frozen=True)
class PricesPointer:
    """Which version of a ticker's prices to use while nobody needs to look for newer ones."""

    version: str
    last: date


def result_key(question: Question, version: str, counted_from: date) -> str:
    """The key of the one result for a question, a version of the prices and a day from which days are counted."""
    before, after = _around_version(question)
    return f"{before}{version}{after}{counted_from.isoformat()}"


@lru_cache(maxsize=1000)
def _words(question: Question) -> tuple[str, ...]:
    """A question as it is stored; its key; the key of the pointer to its prices; :func:`_around_version`."""
    return question.model_dump_json(), question.key, f"prices:{question.ticker}", *_around_version(question)


def _around_version(question: Question) -> tuple[str, str]:
    """A result's key before the version of the prices, and from there to the day."""
    return f"result:{question.ticker}:", f":{question.days}:{question.model}:{question.level!r}:{ENGINE}:"


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


class Records:
    """The requests of all services. Methods raise :class:`Busy` where Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._clock = (-math.inf, 0.0)
        self._scripts = RedisScripts(redis, _SCRIPTS)

    def ping(self) -> None:
        """Find out whether Redis answers."""
        with translated():
            self._redis.ping()

    def now(self) -> datetime:
        """Redis's clock, the one that all machines share (UTC)."""
        began, ahead_s = self._clock
        if time.monotonic() - began > CLOCK_S:
            with translated():
                seconds, micros = self._redis.time()
            began = time.monotonic()
            ahead_s = seconds + micros / 1e6 - began
            self._clock = (began, ahead_s)
        return datetime.fromtimestamp(time.monotonic() + ahead_s, UTC)

    def accept(self, request_id: str, question: Question, budget_ms: int, charge: Charge | None = None) -> Acceptance:
        """Write the record of a request, unless there is one; where a result answers it today, it is done.

        Args:
            request_id: a UUID, the idempotency key.
            question: what is asked.
            budget_ms: milliseconds until its deadline.
            charge: what its client may ask for; it is counted by the way.

        Raises:
            RateLimited: that is more than is left.
            RequestConflict: the id is taken by another question.
            Busy: as much is under way as the forecast services take.
        """
        said, left, *found = self._scripts.run(
            "accept",
            request_id,
            *_words(question),
            budget_ms,
            LEASE_MS,
            KEEP_MS,
            *self._days(),
            *(charge.arguments if charge else ()),
        )
        if charge:
            charge.settle(allowed=said != b"limited", numbers=left)
        if said == b"conflict":
            raise RequestConflict
        if said == b"full":
            raise Busy(FULL, retry_after_s=FULL_RETRY_S)
        return Acceptance(_record(request_id, found[0]), is_new=said == b"new")

    def accept_batch(
        self, batch_id: str, asked: str, members: Sequence[BatchMember], client: str, times: BatchTimes
    ) -> None:
        """Write the records of a batch, unless there is one; clients and batches begin their requests in turns.

        Args:
            batch_id: a UUID, the idempotency key.
            asked: what was asked, by which the batch is known again.
            members: the requests.
            client: the client that asks; all its batches share its turns.
            times: how long the batch and its requests may take.

        Raises:
            RequestConflict: the id is taken by another batch.
        """
        parts = [part for member in members for part in (member.request_id, *_words(member.question))]
        arguments = (times.budget_ms, times.each_ms, KEEP_MS, *self._days(), client, times.queued_ms, times.longest_ms)
        if self._scripts.run("accept_batch", batch_id, asked, *arguments, *parts) == b"conflict":
            raise RequestConflict

    def batch(self, batch_id: str) -> str:
        """What was asked in a batch.

        Raises:
            NotFound: there is none, or no longer.
        """
        with translated():
            asked = cast(bytes | None, self._redis.hget(f"batch:{batch_id}", "asked"))
        if asked is None:
            raise NotFound
        return asked.decode()

    def read_all(self, request_ids: Sequence[str]) -> list[Record | None]:
        """Read several records in one trip, each as :meth:`read` does; None where there is none, or no longer."""
        found = self._scripts.run_each("read", [(request_id,) for request_id in request_ids])
        return [
            None if fields is None else _record(request_id, fields)
            for request_id, fields in zip(request_ids, found, strict=True)
        ]

    def cancel_all(self, request_ids: Sequence[str]) -> None:
        """End several requests as cancelled, unless they have ended or are no longer kept."""
        self._scripts.run_each("cancel", [(request_id, _stored(Cancelled())) for request_id in request_ids])

    def read(self, request_id: str) -> Record:
        """Read a record, ending it where its deadline has passed.

        Raises:
            NotFound: there is none, or no longer.
        """
        found = self._scripts.run("read", request_id)
        if found is None:
            raise NotFound
        return _record(request_id, found)

    def ends(self) -> int:
        """How many requests have ended, of late: another number than before says that one has."""
        with translated():
            return int(cast(bytes | None, self._redis.get("ends")) or 0)

    def ended(self, request_ids: Sequence[str]) -> dict[str, Record | None]:
        """The records of those of several requests that have ended; None for one that is no longer kept."""
        return {
            request_id.decode(): _record(request_id.decode(), fields[0]) if fields else None
            for request_id, *fields in self._scripts.run("ended", *request_ids)
        }

    def result(self, key: str) -> Result:
        """Read a result.

        Raises:
            NotFound: there is none, or no longer.
        """
        with translated():
            body, png = cast(list[bytes | None], self._redis.hmget(key, ["body", "png"]))
        if body is None or png is None:
            raise NotFound
        return Result(body, png)

    def announce(self, service: str, room: int) -> None:
        """Say that for the next seconds a forecast service takes so many requests at once."""
        self._scripts.run("announce", service, room, LEASE_MS)

    def begin(self, order: Order, stage: Stage) -> int:
        """Begin a stage of an order's attempt; return the milliseconds left, or 0 where it is not (any longer) ours.

        Raises:
            NotFound: no such request was ever accepted, or it is no longer kept.
            RequestConflict: the request of this id asked another question.
        """
        question = order.question.model_dump_json()
        left_ms = int(self._scripts.run("begin", order.request_id, question, order.attempt, stage, LEASE_MS))
        if left_ms == -1:
            raise NotFound
        if left_ms == -2:
            raise RequestConflict
        return left_ms

    def renew(self, attempts: Mapping[str, int]) -> list[str]:
        """Renew the leases of attempts by request id; return the ids that are no longer the caller's."""
        if not attempts:
            return []
        pairs = [part for request_id, attempt in attempts.items() for part in (request_id, attempt)]
        return [request_id.decode() for request_id in self._scripts.run("renew", LEASE_MS, *pairs)]

    def finish(self, order: Order, key: str, result: Result) -> bool:
        """End an order's request as done; False where a newer attempt or another end came first."""
        arguments = (order.request_id, order.attempt, key, result.body, result.png, RESULT_MS)
        return bool(self._scripts.run("finish", *arguments))

    def fail(self, order: Order, failure: Failure) -> bool:
        """End an order's request with a reason; False where a newer attempt or another end came first."""
        return bool(self._scripts.run("fail", order.request_id, order.attempt, _stored(failure)))

    def cancel(self, request_id: str) -> None:
        """End a request as cancelled, unless it has ended; those that joined it go on.

        Raises:
            NotFound: there is none, or no longer.
        """
        if not self._scripts.run("cancel", request_id, _stored(Cancelled())):
            raise NotFound

    def hand_back(self, order: Order) -> None:
        """Give an order up, so that another attempt begins at once."""
        self._scripts.run("hand_back", order.request_id, order.attempt)

    def take_over(self, most: int) -> list[Order]:
        """Claim up to ``most`` requests whose attempt died, each for a new attempt; end those that had their tries."""
        claimed = self._scripts.run("take_over", LEASE_MS, MAX_ATTEMPTS, most)
        return [
            Order(
                **_question(question).model_dump(),
                request_id=request_id.decode(),
                attempt=attempt,
                budget_ms=remaining_ms,
            )
            for request_id, question, attempt, remaining_ms in claimed
        ]

    def prices_pointer(self, ticker: str) -> PricesPointer | None:
        """The version of a ticker's prices that may be used without looking further, if there is one."""
        with translated():
            version, last = cast(list[bytes | None], self._redis.hmget(f"prices:{ticker}", ["version", "last"]))
        if version is None or last is None:
            return None
        return PricesPointer(version.decode(), date.fromisoformat(last.decode()))

    def set_prices_pointer(self, ticker: str, pointer: PricesPointer, for_ms: int) -> None:
        """Say that for ``for_ms`` milliseconds nobody needs to look for newer prices."""
        with translated(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(f"prices:{ticker}", mapping={"version": pointer.version, "last": pointer.last.isoformat()})
            pipe.pexpire(f"prices:{ticker}", max(for_ms, 1))
            pipe.delete(f"distrusted:{ticker}")
            pipe.execute()

    def forget_prices_pointer(self, ticker: str) -> None:
        """Say that somebody has to look at what prices there are."""
        with translated():
            self._redis.delete(f"prices:{ticker}")

    def distrust_prices(self, ticker: str, version: str) -> None:
        """Say that the stored prices of this version are gone or damaged, so that they are fetched anew."""
        with translated(), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"prices:{ticker}")
            pipe.set(f"distrusted:{ticker}", version, px=DISTRUST_MS)
            pipe.execute()

    def distrusts(self, ticker: str, version: str) -> bool:
        """Whether somebody found the stored prices of this version gone or damaged."""
        with translated():
            return bool(self._redis.get(f"distrusted:{ticker}") == version.encode())

    def note_no_prices(self, ticker: str, failure: Failure, for_ms: int) -> None:
        """Say that for ``for_ms`` milliseconds nobody needs to ask the sources for this ticker, and why."""
        with translated():
            self._redis.set(f"nothing:{ticker}", _stored(failure), px=for_ms)

    def why_no_prices(self, ticker: str) -> Failure | None:
        """The failure with which somebody just found that there are no prices of a ticker, if so."""
        with translated():
            return _failure(cast(bytes | None, self._redis.get(f"nothing:{ticker}")))

    @contextmanager
    def refreshing(self, ticker: str, wait_s: float) -> Iterator[None]:
        """Be the only one, in all replicas, who refreshes a ticker's prices.

        Raises:
            Busy: somebody else was still at it after ``wait_s`` seconds.
        """
        with holding(self._redis, f"refreshing:{ticker}", wait_s) as held:
            if not held:
                raise Busy(f"The prices of {ticker} are being fetched; please try again in a moment.")
            yield

    def _days(self) -> tuple[str, str]:
        """Today, and the first day on which a last close is not stale."""
        return _days_of(int(self.now().timestamp() // 60))


def _record(request_id: str, found: Sequence[Any]) -> Record:
    """A record as the scripts return it."""
    question, status, error, result, remaining_ms, attempt, kept_ms = found
    return Record(
        request_id,
        _question(question),
        status.decode(),
        _failure(error),
        result.decode(),
        remaining_ms,
        attempt,
        kept_ms,
    )


@lru_cache(maxsize=2)
def _days_of(minute: int) -> tuple[str, str]:
    today = exchange_day(datetime.fromtimestamp(minute * 60, UTC))
    return today.isoformat(), (today - timedelta(days=STALE_AFTER_DAYS)).isoformat()


@lru_cache(maxsize=1000)
def _question(written: bytes) -> Question:
    """A question out of Redis; a crowd asks the same."""
    return Question.model_validate_json(written)


def _stored(failure: Failure) -> str:
    return json.dumps({"code": failure.code, "detail": failure.detail, "retry_after_s": failure.retry_after_s})


def _failure(error: bytes | None) -> Failure | None:
    if not error:
        return None
    stored = json.loads(error)
    return failure_from(stored["code"], stored.get("detail"), stored.get("retry_after_s"))
