"""The progress of a batch: that of forecasts, or that of requests of any kinds."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from common.domain.errors import NotFound
from common.domain.kinds import FORECAST
from common.redis.requests.records import Record
from webserver.batches.questions import BatchItem, BatchQuestion
from webserver.batches.schemas import BatchedRequest, RequestBatch
from webserver.batches.service import Batch
from webserver.requests.serializers import url_of
from webserver.schemas import BatchEntry, BatchProgress

AnyProgress = BatchProgress | RequestBatch
AnyEntry = BatchEntry | BatchedRequest


def batch_url_of(batch_id: str) -> str:
    """Return the address of a batch."""
    return f"/api/v1/batches/{batch_id}"


def progress_of(batch: Batch) -> AnyProgress:
    """Return the progress of a batch."""
    pairs = list(zip(batch.question.items, batch.records, strict=True))
    status: Literal["ended", "running"] = "ended" if batch.ended else "running"
    url = batch_url_of(batch.batch_id)
    if isinstance(batch.question, BatchQuestion):
        entries = [_forecast_entry(item, record) for item, record in pairs]
        return BatchProgress(
            batch_id=batch.batch_id,
            status=status,
            days=batch.question.days,
            deadline_in_ms=batch.remaining_ms,
            url=url,
            counts=dict(Counter(entry.status for entry in entries)),
            forecasts=entries,
        )
    requests = [_request_entry(item, record) for item, record in pairs]
    return RequestBatch(
        batch_id=batch.batch_id,
        status=status,
        deadline_in_ms=batch.remaining_ms,
        url=url,
        counts=dict(Counter(entry.status for entry in requests)),
        requests=requests,
    )


def entries_of(progress: AnyProgress) -> tuple[str, list[BatchEntry] | list[BatchedRequest]]:
    """Return the name of the field with the entries of a batch, and the entries."""
    if isinstance(progress, BatchProgress):
        return "forecasts", progress.forecasts
    return "requests", progress.requests


def _forecast_entry(item: BatchItem, record: Record | None) -> BatchEntry:
    if record is None:
        failure = item.failure or NotFound()
        return BatchEntry(ticker=item.ticker, status="failed", code=failure.code, detail=failure.detail)
    return BatchEntry(
        ticker=item.ticker,
        status=record.status,
        request_id=record.request_id,
        url=url_of(record),
        code=record.failure.code if record.failure else None,
        detail=record.failure.detail if record.failure else None,
    )


def _request_entry(item: BatchItem, record: Record | None) -> BatchedRequest:
    kind, ticker = item.kind or None, item.ticker or None
    if record is None:
        failure = item.failure or NotFound()
        return BatchedRequest(kind=kind, ticker=ticker, status="failed", code=failure.code, detail=failure.detail)
    is_computing = record.status == "forecasting" and item.kind != FORECAST.name
    work = record.progress
    return BatchedRequest(
        kind=kind,
        ticker=ticker,
        status="computing" if is_computing else record.status,
        request_id=record.request_id,
        url=url_of(record),
        progress=work.fraction if work else None,
        step=work.step if work else None,
        code=record.failure.code if record.failure else None,
        detail=record.failure.detail if record.failure else None,
    )
