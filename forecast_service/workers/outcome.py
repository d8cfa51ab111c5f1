"""The outcomes of a worker process. The module imports no mathematics, because the parent process imports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


class PricesGone(Exception):
    """The stored prices are missing or damaged."""


class WorkerLost(Exception):
    """The worker process died of its task, or was ended during it."""


@dataclass(frozen=True)
class WorkerOutput:
    """A finished forecast: the stored bytes, the parts of its result key, the durations and the age of the prices.

    ``version`` is the revision of the prices, which changes with their flags too. ``ledger_entry`` is the
    forecast's entry for the track record.
    """

    body: bytes
    png: bytes
    svg_gzip: bytes
    version: str
    counted_from: date
    timings_ms: Mapping[str, float]
    age_days: int
    ledger_entry: bytes
