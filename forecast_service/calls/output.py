"""The outcomes of a worker process. The module imports no mathematics, because the parent process imports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


class PricesGone(Exception):
    """The stored prices are missing or damaged."""


@dataclass(frozen=True)
class CallOutput:
    """A finished analysis: the stored bytes, the prices that it used, and the durations.

    Args:
        body: the result, a JSON object.
        version: the revision of the prices of the question's ticker, which changes with their flags too.
        last: the day of their last close.
        timings_ms: the milliseconds of each stage.
        png: the chart; empty for a kind without one.
        svg_gzip: the chart as a gzipped SVG; empty for a kind without one.
        ledger_entry: a forecast's entry for the track record; empty for others.
        pdf: the document as a PDF; empty for a kind without one.
        html_gzip: the document as a gzipped HTML page; empty for a kind without one.
        is_reusable: whether an equal question may get the result later. One that a lack of time made incomplete is not.
    """

    body: bytes
    version: str
    last: date
    timings_ms: Mapping[str, float]
    png: bytes = b""
    svg_gzip: bytes = b""
    ledger_entry: bytes = b""
    is_reusable: bool = True
    pdf: bytes = b""
    html_gzip: bytes = b""
