"""A least-recently-used cache with a limit on the bytes of its values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class ByteCache(Generic[V]):
    """Caches values that never change under their keys. A value larger than the limit is not cached.

    Args:
        most_bytes: the limit on the bytes of all values together.
        size_of: returns the most bytes that a value takes.
    """

    def __init__(self, most_bytes: int, size_of: Callable[[V], int]) -> None:
        self._most_bytes = most_bytes
        self._size_of = size_of
        self._lock = threading.Lock()
        self._values: dict[Hashable, V] = {}
        self._bytes = 0

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of a key; make it if it is not cached."""
        cached = self.cached(key)
        if cached is not None:
            return cached
        value = make()
        with self._lock:
            self._add(key, value)
        return value

    def cached(self, key: Hashable) -> V | None:
        """Return the value of a key, or None if it is not cached."""
        with self._lock:
            if key not in self._values:
                return None
            value = self._values[key] = self._values.pop(key)
            return value

    def _add(self, key: Hashable, value: V) -> None:
        size = self._size_of(value)
        if key in self._values or size > self._most_bytes:
            return
        self._values[key] = value
        self._bytes += size
        while self._bytes > self._most_bytes:
            self._bytes -= self._size_of(self._values.pop(next(iter(self._values))))
