"""What comes back from a worker process; light, so that the parent imports no mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


class PricesGone(Exception):
    """The stored prices are no longer there, or are damaged."""


class WorkerLost(Exception):
    """The worker process died of its task, or was ended at it."""


@dataclass(frozen=True)
class WorkerOutput:
    """A finished forecast as bytes, what it is filed under, and what it was made of in what time.

    ``version`` is the revision of the prices: two answers differ where only the flags do.
    """

    body: bytes
    png: bytes
    svg_gzip: bytes
    version: str
    counted_from: date
    timings_ms: Mapping[str, float]
    age_days: int
