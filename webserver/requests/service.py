"""The service of requests: accepts one, sends its order to ingestion, waits for its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from uuid import UUID, uuid4, uuid5

from prometheus_client import Counter

from common.domain.errors import BadRequest, Busy, Failure, Unavailable
from common.domain.kinds import CostClass, Kind, kind_of
from common.domain.questions import Question
from common.redis.rate_windows import QuotaCheck
from common.redis.requests.records import Record
from common.redis.requests.request_store import Acceptance
from common.redis.requests.results import Result
from common.redis.stores import RedisStores
from common.rpc.addresses import Address
from common.rpc.messages import Order
from common.rpc.tcp import NoReply, Unreachable, deliver
from common.runtime.metrics import KNOWN_RESULTS
from common.runtime.supervision import AnyLoop
from webserver.http.cooperative_work import before_costly_work
from webserver.request_deadlines import RequestDeadlines
from webserver.requests.completion_poller import CompletionPoller
from webserver.requests.request_access import RequestAccess
from webserver.requests.result_cache import ResultCache

DISPATCH_PATIENCE_S = 5.0
"""Seconds for which an order is sent again while ingestion cannot be reached (a restart, a roll-out)."""
MOST_SHARED_FOLLOW_UPS = 3
"""The most requests for the same work on a result that callers share. All but the last have failed."""
_FOLLOW_UPS = UUID("5d0b6f3a-5b0e-4c5e-9f0a-6f8a1d1c2b77")
"""The namespace of the ids of such requests."""
_log = logging.getLogger(__name__)


class RequestService:
    """Accepts questions and returns records.

    Args:
        stores: requests and results in Redis.
        access: the requests that the present caller may use.
        ingestion: the address of the ingestion service.
        deadlines: the deadlines of requests.
        most_waiting: the most requests of this process that may wait for their end or for ingestion; the other
            connections are for polls and health checks.
    """

    def __init__(
        self,
        stores: RedisStores,
        access: RequestAccess,
        ingestion: Address,
        deadlines: RequestDeadlines,
        most_waiting: int,
    ) -> None:
        self._stores = stores
        self._ingestion = ingestion
        self._deadlines = deadlines
        self._poller = CompletionPoller(stores.requests.count_ends, stores.requests.read_ended)
        self._results = ResultCache(stores.results.result)
        self._access = access
        self._wait_slots = threading.BoundedSemaphore(most_waiting)

    @property
    def loops(self) -> tuple[AnyLoop, ...]:
        """The background loops on which waiting requests depend."""
        return (self._poller.loop,)

    def submit(self, request_id: str, question: Question, wait_s: float, quota_check: QuotaCheck) -> Record:
        """Accept a request and send its order to ingestion, for at most ``wait_s`` seconds.

        Raises:
            RateLimited: the client has reached its limit.
            RequestConflict: the id was used for another question.
            Busy: the request could not be accepted.
        """
        return self._submitted(request_id, question, wait_s, quota_check).record

    def submit_with_client_id(
        self, request_id: str, question: Question, wait_s: float, quota_check: QuotaCheck
    ) -> Record:
        """Accept a request as :meth:`submit` does, with an id that the client chose.

        Redis may have lost an earlier record of this id that other processes still cache. A new record is therefore
        returned only after those caches must have compared theirs with Redis.
        """
        accepted = self._submitted(request_id, question, wait_s, quota_check)
        if accepted.is_first:
            self._access.outlast()
        return accepted.record

    def submit_follow_up(self, record: Record, question: Question, engine: str) -> Record:
        """Accept a request about the result of a finished one, or return the record of an equal earlier request.

        Its id follows from the result and the caller, so that the work is done once while the result is stored. A
        request that may succeed later is repeated under a further id, and in the end under one of its own each time:
        no earlier failure stands in the way of a later caller.

        Raises:
            Busy: the request could not be accepted.
        """
        name = f"{record.request_id} {record.result_key} {engine} {self._access.sender().owner or ''}"
        shared = [str(uuid5(_FOLLOW_UPS, f"{name} {attempt}")) for attempt in range(MOST_SHARED_FOLLOW_UPS)]
        for request_id in (*shared, str(uuid4())):
            follow_up = self.submit(request_id, question, DISPATCH_PATIENCE_S, QuotaCheck(()))
            if not isinstance(follow_up.failure, Unavailable):
                break
        return follow_up

    def _submitted(self, request_id: str, question: Question, wait_s: float, quota_check: QuotaCheck) -> Acceptance:
        kind = kind_of(question)
        is_quick = kind.cost is CostClass.QUICK
        times = self._deadlines.budget_ms(kind) if is_quick else self._deadlines.queue_times(kind)
        with before_costly_work():
            accepted = self._stores.requests.accept(request_id, question, times, quota_check, self._access.sender())
        record = accepted.record
        is_new = accepted.is_new or accepted.is_queued
        _counter("new" if is_new else "known" if record.ended else "joined").inc()
        if accepted.is_queued:
            _log.info("accepted, and waits for its turn")
        if accepted.is_new:
            _log.info("accepted")
            self._dispatch(request_id, question, min(DISPATCH_PATIENCE_S, wait_s))
        return accepted

    def wait(self, record: Record, seconds: float) -> Record:
        """Return the record once it has ended, or its state after ``seconds``.

        If too many requests wait already, it returns the present state at once.

        Raises:
            NotFound: the record has expired.
        """
        with self._wait_slot() as has_slot:
            ended = self._poller.wait(record.request_id, seconds) if has_slot else None
        return ended or self._present(record)

    def record(self, kind: Kind, request_id: str) -> Record:
        """Return the record of a request of a kind; raise NotFound if there is none."""
        return self._access.record(kind, request_id)

    def cancel(self, kind: Kind, request_id: str) -> Record:
        """Cancel a request unless it has ended; return its record, or raise NotFound if there is none."""
        return self._access.cancel(kind, request_id)

    def share(self, kind: Kind, request_id: str, *, is_shared: bool) -> None:
        """Let all readers see a request of the caller, or end that; raise NotFound without such a request."""
        self._access.share(kind, request_id, is_shared=is_shared)

    def result(self, record: Record) -> Result:
        """Return the result of a finished record."""
        return self._results.result(record.result_key)

    @contextmanager
    def _wait_slot(self) -> Iterator[bool]:
        """Hold one of the slots for waiting requests; yield whether there was a free one."""
        has_slot = self._wait_slots.acquire(blocking=False)
        try:
            yield has_slot
        finally:
            if has_slot:
                self._wait_slots.release()

    def _present(self, record: Record) -> Record:
        """Return the present state of a record, or the given one while Redis cannot be reached."""
        with suppress(Busy):
            return self._stores.requests.read(record.request_id)
        return record

    def _dispatch(self, request_id: str, question: Question, wait_s: float) -> None:
        """Send the request's order to ingestion.

        If ingestion does not reply, the request's lease expires, and a replica of ingestion reclaims the request. The
        same happens if ingestion does not understand the order: it is then an older version, and a newer replica can
        reclaim the request. The deadline ends a request that no replica reclaims.
        """
        budget_ms = self._deadlines.budget_ms(kind_of(question))
        order = Order(question=question, request_id=request_id, attempt=1, budget_ms=budget_ms)
        try:
            with self._wait_slot() as has_slot:
                deliver(self._ingestion, order, wait_s if has_slot else 0.0)
        except (Unreachable, NoReply):
            _log.warning("ingestion did not answer; the request is left to its lease")
        except BadRequest as failure:
            _log.warning("ingestion did not understand the order; the request is left to its lease: %s", failure)
        except Failure as failure:
            self._refused(order, failure)

    def _refused(self, order: Order, failure: Failure) -> None:
        try:
            self._stores.attempts.fail(order, failure)
        except Busy:
            _log.warning("the refusal could not be written")


@cache
def _counter(outcome: str) -> Counter:
    return KNOWN_RESULTS.labels(outcome)
