"""The results that were answered last, cached by each process: a result never changes under its key."""

from __future__ import annotations

import threading
from collections.abc import Callable

from common.redis.requests.results import Result
from webserver.http.byte_cache import ByteCache

MOST_BYTES = 4_000_000
"""A dozen results of the usual size."""
READ_PATIENCE_S = 0.5


class ResultCache:
    """Reads results by their keys, those that are asked for again without Redis."""

    def __init__(self, read: Callable[[str], Result], most_bytes: int = MOST_BYTES) -> None:
        self._read = read
        self._cache: ByteCache[Result] = ByteCache(most_bytes, lambda result: result.size)
        self._reading = threading.Lock()

    def result(self, key: str) -> Result:
        """The result of this key; raises NotFound where there is none, or no longer."""
        known = self._cache.known(key)
        if known is not None:
            return known
        # Of many requests for the same result one reads it. Where that takes long, each reads for itself.
        alone = self._reading.acquire(timeout=READ_PATIENCE_S)
        try:
            return self._cache.get(key, lambda: self._read(key))
        finally:
            if alone:
                self._reading.release()
