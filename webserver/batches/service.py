"""Batches: one id for many requests, each an ordinary request of its kind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.domain.errors import ForecastFailed
from common.domain.kinds import kind_of
from common.redis.requests.batch_store import BatchMember
from common.redis.requests.queueing import Sender
from common.redis.requests.records import Record
from common.redis.schema.stored_failures import DAMAGED
from common.redis.stores import RedisStores
from common.runtime.logs import log_context
from webserver.batches.questions import AnyBatchQuestion, BatchItem, load_question
from webserver.http.cooperative_work import in_pieces
from webserver.request_deadlines import RequestDeadlines
from webserver.requests.request_access import RequestAccess

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """A batch with the record of each item; None for a refused item, and for an expired record."""

    batch_id: str
    question: AnyBatchQuestion
    records: Sequence[Record | None]

    @property
    def ended(self) -> bool:
        """Whether every request of the batch has ended."""
        return all(record is None or record.ended for record in self.records)

    @property
    def remaining_ms(self) -> int:
        """The milliseconds until the deadline of its last request; 0 once it has ended."""
        return max((record.remaining_ms for record in self.records if record and not record.ended), default=0)


class Batches:
    """Accepts, reads and cancels batches; ingestion starts their requests, a few at a time.

    Args:
        stores: batches and their requests in Redis.
        access: the batches and requests that the present caller may use.
        deadlines: the deadlines of batches and their requests.
    """

    def __init__(self, stores: RedisStores, access: RequestAccess, deadlines: RequestDeadlines) -> None:
        self._stores = stores
        self._access = access
        self._deadlines = deadlines

    def submit(self, batch_id: str, question: AnyBatchQuestion, client: str) -> Batch:
        """Accept a batch of a client.

        Raises:
            RequestConflict: the id was used for another batch.
            Busy: it could not be accepted.
        """
        times = self._deadlines.batch_times(len(question.items))
        members = self._members(batch_id, question.items)
        if self._stores.batches.accept(batch_id, question.text, members, Sender(client, self._access.owner()), times):
            self._access.outlast()
        for member in in_pieces(members):
            with log_context(member.request_id, member.question.ticker, "accepting"):
                _log.info("accepted")
        # Read Redis, not the cache: after a loss of data the cached records may be those of another batch.
        return self._read(batch_id, question, self._access.uncached_records)

    def batch(self, batch_id: str) -> Batch:
        """Return a batch; raise NotFound if there is none."""
        return self._read(batch_id, self._asked(batch_id), self._access.records)

    def cancel(self, batch_id: str) -> Batch:
        """Cancel the unfinished requests of a batch; raise NotFound if there is no such batch."""
        question = self._asked(batch_id)
        self._access.cancel_all(_request_ids(batch_id, question))
        return self._read(batch_id, question, self._access.records)

    def _members(self, batch_id: str, items: Sequence[BatchItem]) -> list[BatchMember]:
        """Return the requests of the items; equal items have one request."""
        members: dict[str, BatchMember] = {}
        for item in in_pieces(items):
            if item.question is not None and item.name not in members:
                each_ms = self._deadlines.budget_ms(kind_of(item.question))
                members[item.name] = BatchMember(item.request_id(batch_id), item.question, each_ms)
        return list(members.values())

    def _asked(self, batch_id: str) -> AnyBatchQuestion:
        try:
            return load_question(self._access.batch_body(batch_id))
        except ValueError as exc:
            raise ForecastFailed(DAMAGED) from exc

    def _read(
        self, batch_id: str, question: AnyBatchQuestion, read: Callable[[Sequence[str]], Sequence[Record | None]]
    ) -> Batch:
        ids = _request_ids(batch_id, question)
        found = dict(zip(ids, read(ids), strict=True))
        records = [found.get(item.request_id(batch_id)) if item.name else None for item in question.items]
        return Batch(batch_id, question, records)


def _request_ids(batch_id: str, question: AnyBatchQuestion) -> list[str]:
    """Return the id of each request of a batch, once."""
    return list(dict.fromkeys(item.request_id(batch_id) for item in question.items if item.name))
