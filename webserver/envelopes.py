"""The JSON around a record: the finished result with its picture, or how far it is."""

from __future__ import annotations

from common.records import Record, Result
from webserver.answers import Progress


def url_of(request_id: str) -> str:
    """Where a request's record is found."""
    return f"/api/v1/forecasts/{request_id}"


def plot_url_of(request_id: str) -> str:
    """Where a request's picture is found."""
    return f"{url_of(request_id)}/plot.png"


def finished(record: Record, result: Result) -> list[bytes]:
    """A result and the envelope behind it; in parts, so that all who ask for one result share its bytes."""
    return [result.json, _envelope(record)]


def finished_gzip(record: Record, result: Result) -> bytes:
    """The same, compressed."""
    return result.gzip.ended(_envelope(record))


def under_way(record: Record) -> bytes:
    """Say how far a request is."""
    progress = Progress(
        request_id=record.request_id,
        status=record.status,
        ticker=record.question.ticker,
        days=record.question.days,
        deadline_in_ms=record.remaining_ms,
        url=url_of(record.request_id),
    )
    return progress.model_dump_json().encode()


def _envelope(record: Record) -> bytes:
    """The last fields of a result: whose it is."""
    # Both are of letters that JSON does not escape.
    request_id, plot_url = record.request_id, plot_url_of(record.request_id)
    return f', "request_id": "{request_id}", "status": "done", "plot_url": "{plot_url}"}}'.encode()
