"""Where requests are taken in: recorded, dispatched to ingestion, and waited for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

from prometheus_client import Counter

from common.domain.errors import BadRequest, Busy, Failure
from common.domain.questions import Question
from common.redis.quotas import QuotaCheck
from common.redis.requests.records import Record
from common.redis.requests.request_store import Acceptance
from common.redis.requests.results import Result
from common.redis.stores import RedisStores
from common.rpc.addresses import Address
from common.rpc.messages import Order
from common.rpc.tcp import NoReply, Unreachable, deliver
from common.runtime.metrics import KNOWN_RESULTS
from common.runtime.supervision import AnyLoop
from webserver.forecasts.completion_poller import CompletionPoller
from webserver.forecasts.record_cache import RecordCache
from webserver.forecasts.result_cache import ResultCache
from webserver.http.cooperative_work import before_costly_work

DISPATCH_PATIENCE_S = 5.0
"""How long ingestion may be unreachable (a restart, a roll-out) before a request fails for it."""

_log = logging.getLogger(__name__)


class ForecastService:
    """Takes questions in and gives records out.

    Args:
        stores: requests and results in Redis.
        kept: the same, as far as they never change again.
        ingestion: where orders go.
        deadline_s: seconds from acceptance to the latest end.
        most_waiting: how many requests of this process may wait for their end, or for an ingestion that cannot be
            reached; the rest of its connections is for polls and health checks.
    """

    def __init__(
        self, stores: RedisStores, kept: RecordCache, ingestion: Address, deadline_s: float, most_waiting: int
    ) -> None:
        self._stores = stores
        self._ingestion = ingestion
        self._deadline_ms = round(deadline_s * 1000)
        self._watch = CompletionPoller(stores.requests.ends, stores.requests.ended)
        self._results = ResultCache(stores.results.result)
        self._kept = kept
        self._places = threading.BoundedSemaphore(most_waiting)

    @property
    def loops(self) -> tuple[AnyLoop, ...]:
        """The background loops on which waiting requests depend."""
        return (self._watch.loop,)

    def submit(self, request_id: str, question: Question, patience_s: float, charge: QuotaCheck) -> Record:
        """Accept a request and dispatch it, which lasts up to ``patience_s`` seconds where nobody is there to take it.

        Raises:
            RateLimited: its client may not ask for more.
            RequestConflict: the id was used for another question.
            Busy: the request could not be accepted.
        """
        return self._submitted(request_id, question, patience_s, charge).record

    def submit_chosen(self, request_id: str, question: Question, patience_s: float, charge: QuotaCheck) -> Record:
        """Accept and dispatch a request as :meth:`submit` does, under an id that the client chose.

        It may be the id of an earlier request whose record was lost, and which other processes still keep.
        """
        accepted = self._submitted(request_id, question, patience_s, charge)
        if accepted.is_first:
            self._kept.outlast()
        return accepted.record

    def _submitted(self, request_id: str, question: Question, patience_s: float, charge: QuotaCheck) -> Acceptance:
        with before_costly_work():
            accepted = self._stores.requests.accept(request_id, question, self._deadline_ms, charge)
        record = accepted.record
        _counter("new" if accepted.is_new else "known" if record.ended else "joined").inc()
        if accepted.is_new:
            _log.info("accepted")
            self._dispatch(request_id, question, min(DISPATCH_PATIENCE_S, patience_s))
        return accepted

    def wait(self, record: Record, seconds: float) -> Record:
        """The record once it has ended, or as it is after ``seconds``, or by now where no more can wait.

        Raises:
            NotFound: it is no longer kept.
        """
        with self._place() as placed:
            ended = self._watch.wait(record.request_id, seconds) if placed else None
        return ended or self._seen(record)

    def record(self, request_id: str) -> Record:
        """Read a record; raises NotFound where there is none."""
        return self._kept.record(request_id)

    def cancel(self, request_id: str) -> Record:
        """End a request as cancelled, unless it has ended; return its record. Raises NotFound where there is none."""
        self._stores.requests.cancel(request_id)
        return self._stores.requests.read(request_id)

    def result(self, record: Record) -> Result:
        """The result of a record that is done."""
        return self._results.result(record.result_key)

    @contextmanager
    def _place(self) -> Iterator[bool]:
        """Have a place among those who may wait, if there is one."""
        placed = self._places.acquire(blocking=False)
        try:
            yield placed
        finally:
            if placed:
                self._places.release()

    def _seen(self, record: Record) -> Record:
        """The record as it is by now; as it was, where Redis is away: what was accepted can be asked for again."""
        with suppress(Busy):
            return self._stores.requests.read(record.request_id)
        return record

    def _dispatch(self, request_id: str, question: Question, patience_s: float) -> None:
        """Send the request's order to ingestion.

        Where ingestion does not answer, the request's lease runs out, and ingestion claims the request as a lost one.
        The same happens where it does not understand the order: the request was checked here, so that ingestion is an
        older version, and a newer replica may claim it. The deadline ends a request that no replica claims.
        """
        order = Order(**question.model_dump(), request_id=request_id, attempt=1, budget_ms=self._deadline_ms)
        try:
            with self._place() as placed:
                deliver(self._ingestion, order, patience_s if placed else 0.0)
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
