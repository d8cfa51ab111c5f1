"""The requests that were last seen done, kept by each process: they never change while their ids are theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from common.errors import NotFound
from common.records import Record

MOST_KEPT = 2000
_MARGIN_S = 5.0
"""So much earlier than Redis a record is forgotten here."""


class KeptRecords:
    """Reads records by their ids, those that are done and asked for again without Redis.

    Args:
        read_all: reads several records; None for one that is not there, or no longer.
    """

    def __init__(
        self,
        read_all: Callable[[Sequence[str]], Sequence[Record | None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read_all = read_all
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Record, float]] = {}

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

    def _known(self, request_ids: Sequence[str], now: float) -> dict[str, Record]:
        with self._lock:
            known = {request_id: self._kept[request_id] for request_id in request_ids if request_id in self._kept}
        return {request_id: record for request_id, (record, until) in known.items() if now < until}

    def _keep(self, records: Sequence[Record], now: float) -> None:
        with self._lock:
            for record in records:
                self._kept.pop(record.request_id, None)
                self._kept[record.request_id] = (record, now + record.kept_ms / 1000 - _MARGIN_S)
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
