"""The record cache of each process: finished records, compared with Redis before they are used again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from common.domain.errors import Busy, NotFound
from common.redis.requests.records import Record

MOST_RECORDS = 2000
TRUSTED_FOR_S = 0.005
"""Seconds for which a record is used without another comparison with Redis: the most that it can be stale.

The first response under an id that a client chose waits as long (:meth:`RecordCache.outlast`). No process then uses an
older record of the id.
"""
_MARGIN_S = 5.0
"""Seconds before its expiry in Redis at which a record leaves the cache."""


@dataclass(frozen=True)
class _CachedRecord:
    record: Record
    expires_at: float
    compared_at: float


@dataclass
class _Comparison:
    """One comparison with Redis, which the requests that came before its start share."""

    records: dict[int, Record] = field(default_factory=dict)
    changed: Future[set[int]] = field(default_factory=Future)


class RecordCache:
    """Reads records by their ids; a finished record is read once and then only compared with Redis.

    After a loss of data in Redis an id may be used for another question. A record is therefore compared before it is
    used, unless the last comparison is less than :data:`TRUSTED_FOR_S` old.

    Args:
        read_all: reads several records; None for one that does not exist or has expired.
        unchanged: returns for several records whether Redis still holds the same.
    """

    def __init__(
        self,
        read_all: Callable[[Sequence[str]], Sequence[Record | None]],
        unchanged: Callable[[Sequence[Record]], Sequence[bool]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read_all = read_all
        self._unchanged = unchanged
        self._clock = clock
        self._lock = threading.Lock()
        self._cached: dict[str, _CachedRecord] = {}
        self._comparing = threading.Lock()
        self._next: _Comparison | None = None

    def record(self, request_id: str) -> Record:
        """Return the record of this id; raise NotFound if there is none."""
        (record,) = self.records([request_id])
        if record is None:
            raise NotFound
        return record

    def records(self, request_ids: Sequence[str]) -> list[Record | None]:
        """Return the record of each of these ids; None where there is none."""
        now = self._clock()
        found: dict[str, Record | None] = dict(self._unchanged_cached(request_ids, now))
        missing = [request_id for request_id in request_ids if request_id not in found]
        if missing:
            read = self._read_all(missing)
            found.update(zip(missing, read, strict=True))
            self._add([record for record in read if record and record.status == "done"], now)
        return [found[request_id] for request_id in request_ids]

    @staticmethod
    def outlast() -> None:
        """Wait until no process uses an older record of an id that was accepted or shared just now."""
        time.sleep(TRUSTED_FOR_S)

    def _unchanged_cached(self, request_ids: Sequence[str], now: float) -> dict[str, Record]:
        """Return the cached records that Redis still holds."""
        with self._lock:
            cached = [self._cached[request_id] for request_id in request_ids if request_id in self._cached]
        cached = [one for one in cached if now < one.expires_at]
        old = [one for one in cached if now - one.compared_at >= TRUSTED_FOR_S]
        if not old:
            return {one.record.request_id: one.record for one in cached}
        changed = self._changed([one.record for one in old])
        return {one.record.request_id: one.record for one in cached if one.record.request_id not in changed}

    def _changed(self, records: Sequence[Record]) -> set[str]:
        """Return the ids of the records that changed in Redis or are gone.

        Requests that come during a comparison share the next one, so there is one at a time under any load. They cannot
        share the present one, which may have read Redis before they came.
        """
        with self._lock:
            is_first = self._next is None
            shared = self._next = self._next or _Comparison()
            shared.records.update({id(record): record for record in records})
        if is_first:
            self._carry_out(shared)
        changed = shared.changed.result()
        return {record.request_id for record in records if id(record) in changed}

    def _carry_out(self, comparison: _Comparison) -> None:
        """Compare once the comparison before has ended; however this ends, no request waits on."""
        try:
            with self._comparing:
                with self._lock:
                    self._next = None
                comparison.changed.set_result(self._compare(list(comparison.records.values())))
        except BaseException as exc:
            with self._lock:
                if self._next is comparison:
                    self._next = None
            # A request that is ended from outside must not end those that share its comparison.
            comparison.changed.set_exception(exc if isinstance(exc, Exception) else Busy())
            raise

    def _compare(self, records: Sequence[Record]) -> set[int]:
        """Return the identities of the records that changed in Redis; store when the others were compared."""
        now = self._clock()
        unchanged = self._unchanged(records)
        with self._lock:
            for record, is_same in zip(records, unchanged, strict=True):
                self._store_comparison(record, now, is_same=is_same)
        return {id(record) for record, is_same in zip(records, unchanged, strict=True) if not is_same}

    def _store_comparison(self, record: Record, now: float, *, is_same: bool) -> None:
        one = self._cached.get(record.request_id)
        if one is None or one.record is not record:
            return
        if is_same:
            self._cached[record.request_id] = _CachedRecord(record, one.expires_at, max(now, one.compared_at))
        else:
            del self._cached[record.request_id]

    def _add(self, records: Sequence[Record], now: float) -> None:
        with self._lock:
            for record in records:
                self._cached.pop(record.request_id, None)
                expires_at = now + record.kept_ms / 1000 - _MARGIN_S
                self._cached[record.request_id] = _CachedRecord(record, expires_at, now)
            while len(self._cached) > MOST_RECORDS:
                del self._cached[next(iter(self._cached))]
