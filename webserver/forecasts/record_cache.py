"""The record cache of each process: finished requests, compared with Redis before they are used again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from common.domain.errors import NotFound
from common.redis.requests.records import Record

MOST_KEPT = 2000
TRUSTED_FOR_S = 0.005
"""Seconds for which a record is used without another comparison with Redis: it can be so stale.

The first answer under a client's own id waits as long (:meth:`outlast`): no process then shows an older record of it.
"""
_MARGIN_S = 5.0
"""So much earlier than Redis a record is forgotten here."""


@dataclass(frozen=True)
class _Kept:
    record: Record
    until: float
    compared_at: float


@dataclass
class _Comparison:
    """One comparison with Redis, shared by the requests that came before it began."""

    records: dict[int, Record] = field(default_factory=dict)
    changed: Future[set[int]] = field(default_factory=Future)


class RecordCache:
    """Reads records by their ids; those that are done are read once, and from then on only compared with Redis.

    After a loss of data in Redis an id may be used for another question. A record is therefore compared before it is
    used, unless that was done less than :data:`TRUSTED_FOR_S` ago. A record is at most so stale.

    Args:
        read_all: reads several records; None for one that is not there, or no longer.
        unchanged: says of several records whether Redis still has them as they are.
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
        self._kept: dict[str, _Kept] = {}
        self._comparing = threading.Lock()
        self._next: _Comparison | None = None

    def record(self, request_id: str) -> Record:
        """The record of this id; raises NotFound where there is none, or no longer."""
        (record,) = self.records([request_id])
        if record is None:
            raise NotFound
        return record

    def records(self, request_ids: Sequence[str]) -> list[Record | None]:
        """The record of each of these ids; None where there is none, or no longer."""
        now = self._clock()
        found: dict[str, Record | None] = dict(self._known(request_ids, now))
        missing = [request_id for request_id in request_ids if request_id not in found]
        if missing:
            read = self._read_all(missing)
            found.update(zip(missing, read, strict=True))
            self._keep([record for record in read if record and record.status == "done"], now)
        return [found[request_id] for request_id in request_ids]

    @staticmethod
    def outlast() -> None:
        """Wait until no process uses an older record of an id that was accepted just now."""
        time.sleep(TRUSTED_FOR_S)

    def _known(self, request_ids: Sequence[str], now: float) -> dict[str, Record]:
        """Return the cached records that Redis still has."""
        with self._lock:
            kept = [self._kept[request_id] for request_id in request_ids if request_id in self._kept]
        kept = [one for one in kept if now < one.until]
        old = [one for one in kept if now - one.compared_at >= TRUSTED_FOR_S]
        if not old:
            return {one.record.request_id: one.record for one in kept}
        changed = self._changed([one.record for one in old])
        return {one.record.request_id: one.record for one in kept if one.record.request_id not in changed}

    def _changed(self, records: Sequence[Record]) -> set[str]:
        """Return the ids of those records that Redis no longer has as they are.

        Requests that come while a comparison is under way share the next one, so that there is one at a time under any
        load. They cannot share the one under way, which may have read Redis before they came.
        """
        with self._lock:
            is_first = self._next is None
            shared = self._next = self._next or _Comparison()
            shared.records.update({id(record): record for record in records})
        if is_first:
            with self._comparing:
                self._compare(shared)
        changed = shared.changed.result()
        return {record.request_id for record in records if id(record) in changed}

    def _compare(self, comparison: _Comparison) -> None:
        """Compare records, and note when each was compared; forget those that changed."""
        with self._lock:
            self._next = None
        now, records = self._clock(), list(comparison.records.values())
        try:
            unchanged = self._unchanged(records)
            with self._lock:
                for record, is_same in zip(records, unchanged, strict=True):
                    self._note_comparison(record, now, is_same=is_same)
            comparison.changed.set_result(
                {id(record) for record, is_same in zip(records, unchanged, strict=True) if not is_same}
            )
        except BaseException as exc:
            comparison.changed.set_exception(exc)
            raise

    def _note_comparison(self, record: Record, now: float, *, is_same: bool) -> None:
        one = self._kept.get(record.request_id)
        if one is None or one.record is not record:
            return
        if is_same:
            self._kept[record.request_id] = _Kept(record, one.until, max(now, one.compared_at))
        else:
            del self._kept[record.request_id]

    def _keep(self, records: Sequence[Record], now: float) -> None:
        with self._lock:
            for record in records:
                self._kept.pop(record.request_id, None)
                until = now + record.kept_ms / 1000 - _MARGIN_S
                self._kept[record.request_id] = _Kept(record, until, now)
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
