"""The result cache of each process: the last results; a result never changes under its key."""

from __future__ import annotations

import threading
from collections.abc import Callable

from common.redis.requests.results import Result
from webserver.http.byte_cache import ByteCache

MOST_BYTES = 4_000_000
"""Room for a dozen results of the usual size."""
READ_ALONE_S = 0.5
"""Seconds for which one read at a time runs; then each request reads for itself."""


class ResultCache:
    """Reads results by their keys; a cached result needs no read of Redis."""

    def __init__(self, read: Callable[[str], Result], most_bytes: int = MOST_BYTES) -> None:
        self._read = read
        self._cache: ByteCache[Result] = ByteCache(most_bytes, lambda result: result.size)
        self._reading = threading.Lock()

    def result(self, key: str) -> Result:
        """Return the result of this key; raise NotFound if there is none."""
        cached = self._cache.cached(key)
        if cached is not None:
            return cached
        alone = self._reading.acquire(timeout=READ_ALONE_S)
        try:
            return self._cache.get(key, lambda: self._read(key))
        finally:
            if alone:
                self._reading.release()
