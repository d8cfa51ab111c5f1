"""The JSON around a record: the finished result with its picture, or how far it is."""

from __future__ import annotations

import json

from common.records import Record, Result
from webserver.answers import Progress


def url_of(request_id: str) -> str:
    """Where a request's record is found."""
    return f"/api/v1/forecasts/{request_id}"


def plot_url_of(request_id: str) -> str:
    """Where a request's picture is found."""
    return f"{url_of(request_id)}/plot.png"


def finished(record: Record, result: Result) -> bytes:
    """Put the envelope around a result; its body, made once, is copied and not parsed."""
    head = {"request_id": record.request_id, "status": "done"}
    tail = {"plot_url": plot_url_of(record.request_id)}
    picture = b', "plot_png_base64": "' + result.png_base64 + b'"}'
    return _inside(head) + b"," + result.body[1:-1] + b"," + _inside(tail)[1:] + picture


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


def _inside(fields: dict[str, str]) -> bytes:
    """The fields as JSON with the opening brace and without the closing one."""
    return json.dumps(fields).encode()[:-1]
