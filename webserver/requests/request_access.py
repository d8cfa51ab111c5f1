"""Access to requests and batches by their ids: the one place that decides which of them the present caller may use.

With accounts, a request belongs to the account that sent it. For other callers its id does not exist, unless the owner
shares it. A request without an owner is protected by its random id alone: one that a visitor sent with ``PUBLIC_READ``,
or one from before the server had accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.domain.errors import NotFound
from common.domain.kinds import Kind
from common.redis.requests.queueing import JOB, Sender
from common.redis.requests.records import Record
from common.redis.stores import RedisStores
from webserver.requests.record_cache import RecordCache


def nobody_owns() -> None:
    """Return the owner on a server without accounts."""
    return


class RequestAccess:
    """Reads, cancels and shares what the present caller may use.

    Args:
        stores: requests and batches in Redis.
        record_cache: the finished records.
        owner: returns the account of the present caller, or an empty text for nobody; None without accounts.
        client: returns the key of the present client. Clients take turns with long work.
    """

    def __init__(
        self,
        stores: RedisStores,
        record_cache: RecordCache,
        owner: Callable[[], str | None] = nobody_owns,
        client: Callable[[], str] = lambda: JOB.client,
    ) -> None:
        self._requests = stores.requests
        self._batches = stores.batches
        self._record_cache = record_cache
        self.owner = owner
        self._client = client

    def sender(self) -> Sender:
        """Return the present client with its account."""
        return Sender(self._client(), self.owner())

    def record(self, kind: Kind, request_id: str) -> Record:
        """Return the record of a request of a kind; raise NotFound if the caller may see none with this id."""
        return self.reader(kind)(request_id)

    def reader(self, kind: Kind) -> Callable[[str], Record]:
        """Return :meth:`record` for the present caller, which also works when the request's context has ended."""
        owner = self.owner()

        def read(request_id: str) -> Record:
            (record,) = _visible(self._record_cache.records([request_id]), owner)
            return _of_kind(record, kind)

        return read

    def records(self, request_ids: Sequence[str]) -> list[Record | None]:
        """Return the record of each of these ids; None where the caller may see none."""
        return _visible(self._record_cache.records(request_ids), self.owner())

    def uncached_records(self, request_ids: Sequence[str]) -> list[Record | None]:
        """Return the record of each of these ids as Redis has it now."""
        return _visible(self._requests.read_all(request_ids), self.owner())

    def cancel(self, kind: Kind, request_id: str) -> Record:
        """Cancel a request of the caller unless it has ended, and return its record; raise NotFound without one."""
        self._check_own(kind, request_id)
        self._requests.cancel(request_id)
        return self._requests.read(request_id)

    def cancel_all(self, request_ids: Sequence[str]) -> None:
        """Cancel the requests of the caller's batch, except those that have ended."""
        owner = self.owner()
        own = self._requests.read_all(request_ids) if owner is not None else []
        foreign = {record.request_id for record in own if record is not None and record.owner != owner}
        self._requests.cancel_all([request_id for request_id in request_ids if request_id not in foreign])

    def share(self, kind: Kind, request_id: str, *, is_shared: bool) -> None:
        """Let all callers who may read see a request of the caller, or end that; raise NotFound without one.

        When this returns, no process serves the record as it was before.
        """
        self._check_own(kind, request_id)
        self._requests.share(request_id, is_shared=is_shared)
        self._record_cache.outlast()

    def batch_body(self, batch_id: str) -> str:
        """Return the body of a batch of the caller; raise NotFound if there is none with this id."""
        stored, owner = self._batches.read_batch(batch_id), self.owner()
        if owner is not None and stored.owner not in {"", owner}:
            raise NotFound
        return stored.body

    def outlast(self) -> None:
        """Wait until no process uses an older record of an id that was accepted just now."""
        self._record_cache.outlast()

    def _check_own(self, kind: Kind, request_id: str) -> None:
        owner, (record,) = self.owner(), self._requests.read_all([request_id])
        if _of_kind(record, kind).owner != owner and owner is not None:
            raise _not_found(kind)


def _of_kind(record: Record | None, kind: Kind) -> Record:
    """Return a record of a kind; raise NotFound where there is none, or one of another kind.

    A damaged question has no kind, and its record has the failure.
    """
    if record is None or record.question.kind not in {"", kind.name}:
        raise _not_found(kind)
    return record


def _not_found(kind: Kind) -> NotFound:
    return NotFound(f"No {kind.name} has this id. Results expire after an hour; request the {kind.name} again.")


def _visible(records: Sequence[Record | None], owner: str | None) -> list[Record | None]:
    """Return the records that a caller may see; None for the others."""
    return [record if record is None or _is_visible(record, owner) else None for record in records]


def _is_visible(record: Record, owner: str | None) -> bool:
    return owner is None or record.owner in {"", owner} or record.is_shared
