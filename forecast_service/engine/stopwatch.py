"""How long the parts of a piece of work took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Milliseconds by the name of the part, in the order in which the parts ended."""

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
