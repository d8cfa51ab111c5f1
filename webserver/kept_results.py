"""The results that were answered last, kept by each process: what is filed under a key never changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from common.records import Result

MOST_BYTES = 4_000_000
"""A dozen results of the usual size."""
READ_PATIENCE_S = 0.5


class KeptResults:
    """Reads results by their keys, those that are asked for again without Redis."""

    def __init__(self, read: Callable[[str], Result], most_bytes: int = MOST_BYTES) -> None:
        self._read = read
        self._most_bytes = most_bytes
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self._kept: dict[str, Result] = {}
        """The one that was asked for last is the last."""
        self._bytes = 0

    def result(self, key: str) -> Result:
        """The result of this key; raises NotFound where there is none, or no longer."""
        known = self._known(key)
        if known is not None:
            return known
        # Of a crowd that asks for the same, one reads; where that takes long, each for himself.
        alone = self._reading.acquire(timeout=READ_PATIENCE_S)
        try:
            return self._known(key) or self._read_and_kept(key)
        finally:
            if alone:
                self._reading.release()

    def _known(self, key: str) -> Result | None:
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept[key] = self._kept.pop(key)
            return known

    def _read_and_kept(self, key: str) -> Result:
        result = self._read(key)
        with self._lock:
            self._keep(key, result)
        return result

    def _keep(self, key: str, result: Result) -> None:
        if key in self._kept:
            return
        self._kept[key] = result
        self._bytes += result.size
        while self._bytes > self._most_bytes:
            self._bytes -= self._kept.pop(next(iter(self._kept))).size
