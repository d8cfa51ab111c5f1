"""Where requests are taken in: recorded, dispatched to ingestion, and waited for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from common.addresses import Address
from common.errors import Busy, Failure
from common.logs import following
from common.messages import Order
from common.metrics import KNOWN_RESULTS
from common.questions import Question
from common.records import Record, Records, Result
from common.tcp import Unanswered, Unreachable, deliver
from webserver.kept_records import KeptRecords
from webserver.kept_results import KeptResults
from webserver.watch import Watch

DISPATCH_PATIENCE_S = 5.0
"""How long ingestion may be unreachable (a restart, a roll-out) before a request fails for it."""

_log = logging.getLogger(__name__)


class Desk:
    """Takes questions in and gives records out.

    Args:
        records: the requests in Redis.
        ingestion: where orders go.
        deadline_s: seconds from acceptance to the latest end.
        most_waiting: how many threads of this process may be held by requests that wait; the rest is for polls and
            health checks.
    """

    def __init__(self, records: Records, ingestion: Address, deadline_s: float, most_waiting: int) -> None:
        self._records = records
        self._ingestion = ingestion
        self._deadline_ms = round(deadline_s * 1000)
        self._watch = Watch(records.ended)
        self._results = KeptResults(records.result)
        self._kept = KeptRecords(records.read)
        self._places = threading.BoundedSemaphore(most_waiting)

    def submit(self, request_id: str, question: Question, wait_s: float) -> Record:
        """Accept a request, dispatch it, and wait for its end for up to ``wait_s`` seconds.

        Raises:
            RequestConflict: the id was used for another question.
            Busy: the request could not be accepted.
        """
        with following(request_id, question.ticker, "accepting"):
            accepted = self._records.accept(request_id, question, self._deadline_ms)
            _log.info("accepted")
            record = self._seen_through(accepted.record, accepted.is_new, wait_s)
            _log.info("answered: %s", record.status)
            return record

    def _seen_through(self, record: Record, is_new: bool, wait_s: float) -> Record:
        """Dispatch what is new, and wait for the end."""
        KNOWN_RESULTS.labels("new" if is_new else "known" if record.ended else "joined").inc()
        with self._place() as placed:
            patience_s = wait_s if placed else 0.0
            if is_new:
                self._dispatch(record.request_id, record.question, min(DISPATCH_PATIENCE_S, patience_s))
            return self._waited(record, patience_s)

    def record(self, request_id: str) -> Record:
        """Read a record; raises NotFound where there is none."""
        return self._kept.record(request_id)

    def cancel(self, request_id: str) -> Record:
        """End a request as cancelled, unless it has ended; return its record. Raises NotFound where there is none."""
        self._records.cancel(request_id)
        return self._records.read(request_id)

    def result(self, record: Record) -> Result:
        """The result of a record that is done."""
        return self._results.result(record.result_key)

    def _dispatch(self, request_id: str, question: Question, patience_s: float) -> None:
        """Hand the request on; where nobody answers, its lease runs out and it is taken up as a lost one."""
        order = Order(**question.model_dump(), request_id=request_id, attempt=1, budget_ms=self._deadline_ms)
        try:
            deliver(self._ingestion, order, patience_s)
        except (Unreachable, Unanswered):
            _log.warning("nobody answered; left to its lease")
        except Failure as failure:
            self._refused(order, failure)

    def _refused(self, order: Order, failure: Failure) -> None:
        try:
            self._records.fail(order, failure)
        except Busy:
            _log.warning("the refusal could not be written")

    @contextmanager
    def _place(self) -> Iterator[bool]:
        placed = self._places.acquire(blocking=False)
        try:
            yield placed
        finally:
            if placed:
                self._places.release()

    def _waited(self, record: Record, wait_s: float) -> Record:
        """The record once it has ended, or after ``wait_s`` seconds; as it was, where Redis is away.

        What was accepted can be asked for again by its id.
        """
        if record.ended:
            return record
        if wait_s > 0:
            self._watch.wait(record.request_id, wait_s)
        with suppress(Busy):
            return self._records.read(record.request_id)
        return record
