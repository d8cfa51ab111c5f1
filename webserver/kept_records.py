"""The requests that were last seen done, kept by each process: they never change while their ids are theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from common.records import Record

MOST_KEPT = 2000
_MARGIN_S = 5.0
"""So much earlier than Redis a record is forgotten here."""


class KeptRecords:
    """Reads records by their ids, those that are done and asked for again without Redis."""

    def __init__(self, read: Callable[[str], Record], clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Record, float]] = {}

    def record(self, request_id: str) -> Record:
        """The record of this id; raises NotFound where there is none, or no longer."""
        now = self._clock()
        with self._lock:
            known = self._kept.get(request_id)
            if known is not None and now < known[1]:
                return known[0]
        record = self._read(request_id)
        if record.status == "done":
            self._keep(record, now)
        return record

    def _keep(self, record: Record, now: float) -> None:
        with self._lock:
            self._kept.pop(record.request_id, None)
            self._kept[record.request_id] = (record, now + record.kept_ms / 1000 - _MARGIN_S)
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
