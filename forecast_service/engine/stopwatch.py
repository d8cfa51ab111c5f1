"""The durations of the parts of a piece of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Records the milliseconds of each part, in the order in which the parts end."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}

    @contextmanager
    def lap(self, part: str) -> Iterator[None]:
        """Measure the body of a ``with`` statement as ``part``."""
        start = perf_counter()
        try:
            yield
        finally:
            self.timings_ms[part] = round((perf_counter() - start) * 1000, 2)
