"""The JSON of a request's progress, and of a finished result."""

from __future__ import annotations

from common.domain.kinds import FORECAST, KINDS
from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.schemas import AnalysisProgress, Progress


def url_of(record: Record) -> str:
    """Return the address of a request. A damaged question has no kind, and counts as that of a forecast."""
    kind = KINDS.get(record.question.kind, FORECAST)
    return f"/api/v1/{kind.path}/{record.request_id}"


def progress(record: Record) -> bytes:
    """Return the JSON of a request's progress. A damaged question has no days, which counts as 0."""
    is_forecast = KINDS.get(record.question.kind, FORECAST) is FORECAST
    return (_forecast_progress(record) if is_forecast else _analysis_progress(record)).model_dump_json().encode()


def _forecast_progress(record: Record) -> Progress:
    question = record.question
    return Progress(
        request_id=record.request_id,
        status=record.status,
        ticker=question.ticker,
        days=question.days if isinstance(question, ForecastQuestion) else 0,
        deadline_in_ms=record.remaining_ms,
        url=url_of(record),
    )


def _analysis_progress(record: Record) -> AnalysisProgress:
    work = record.progress
    return AnalysisProgress(
        request_id=record.request_id,
        status="computing" if record.status == "forecasting" else record.status,
        ticker=record.question.ticker,
        deadline_in_ms=record.remaining_ms,
        progress=work.fraction if work else None,
        step=work.step if work else None,
        url=url_of(record),
    )


def finished_json(record: Record, result: Result) -> bytes:
    """Return the JSON of a finished result, with the fields of the request."""
    # Neither value has a character that JSON escapes.
    return result.body[:-1] + f', "request_id": "{record.request_id}", "status": "done"}}'.encode()
