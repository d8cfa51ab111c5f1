"""A cache that is bounded by the bytes of what it holds; what was used last stays longest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class ByteCache(Generic[V]):
    """Holds values that never change under their keys.

    Args:
        most_bytes: how much all values together may take.
        size_of: how many bytes a value takes at the most.
    """

    def __init__(self, most_bytes: int, size_of: Callable[[V], int]) -> None:
        self._most_bytes = most_bytes
        self._size_of = size_of
        self._lock = threading.Lock()
        self._values: dict[Hashable, V] = {}
        self._bytes = 0

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return the value of a key; make it where it is not there."""
        known = self.known(key)
        if known is not None:
            return known
        value = make()
        with self._lock:
            self._add(key, value)
        return value

    def known(self, key: Hashable) -> V | None:
        """Return the value of a key, or None where it is not there."""
        with self._lock:
            if key not in self._values:
                return None
            value = self._values[key] = self._values.pop(key)
            return value

    def _add(self, key: Hashable, value: V) -> None:
        if key in self._values:
            return
        self._values[key] = value
        self._bytes += self._size_of(value)
        while self._bytes > self._most_bytes:
            self._bytes -= self._size_of(self._values.pop(next(iter(self._values))))
