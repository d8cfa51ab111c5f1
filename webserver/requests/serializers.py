"""The JSON of a request's progress, and of a finished result."""

from __future__ import annotations

from common.domain.kinds import FORECAST, KINDS
from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.schemas import Progress


def url_of(record: Record) -> str:
    """Return the address of a request. A damaged question has no kind, and counts as that of a forecast."""
    kind = KINDS.get(record.question.kind, FORECAST)
    return f"/api/v1/{kind.path}/{record.request_id}"


def progress(record: Record) -> bytes:
    """Return the JSON of a request's progress."""
    question, work = record.question, record.progress
    is_forecast = isinstance(question, ForecastQuestion)
    body = Progress(
        request_id=record.request_id,
        status="computing" if record.status == "forecasting" and not is_forecast else record.status,
        ticker=question.ticker,
        days=question.days if isinstance(question, ForecastQuestion) else None,
        deadline_in_ms=record.remaining_ms,
        progress=work.fraction if work else None,
        step=work.step if work else None,
        url=url_of(record),
    )
    return body.model_dump_json(exclude_none=True).encode()


def finished_json(record: Record, result: Result) -> bytes:
    """Return the JSON of a finished result, with the fields of the request."""
    # Neither value has a character that JSON escapes.
    return result.body[:-1] + f', "request_id": "{record.request_id}", "status": "done"}}'.encode()
