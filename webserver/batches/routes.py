"""Batches over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, request
from pydantic import ConfigDict

from common.domain.access import Scope
from common.domain.errors import Busy, Failure, InvalidDays, InvalidRequest, InvalidTicker, NotFound, RequestConflict
from common.domain.questions import RequestId, validate_as
from common.redis.requests.records import Record
from webserver.batches.results import BatchResultsQuery, ReadResult, ResultFormat, requested_format, with_results
from webserver.batches.service import Batch, Batches, BatchQuestion
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import client_request_id, json_of
from webserver.requests.serializers import url_of
from webserver.schemas import BatchEntry, BatchProgress, BatchResults
from webserver.stocks.serializers import json_response

TAG = "batches"
RESULTS_COST = 10
"""The cost of a batch's results against the limits of the client, in requests."""


class BatchRequest(BatchQuestion):
    """The body of a request for a batch: the tickers, the question, and optionally an id of the client's choice."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"tickers": ["AAPL", "MSFT", "BRK-B"], "days": 30}]}
    )

    request_id: RequestId | None = None


def batches_api(batches: Batches, read: ReadResult, client: Callable[[], str]) -> Blueprint:
    """Return the routes of batches below ``/api/v1``.

    Args:
        batches: the batches.
        read: reads the result of a finished record.
        client: returns the name of the present request's client.
    """
    api = Blueprint("batches", __name__, url_prefix="/api/v1")

    @api.post("/forecasts:batch")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            {
                200: OperationResponse(
                    "The batch has ended.", (BatchProgress, BatchResults, "text/csv"), ("Location",)
                ),
                202: OperationResponse(
                    "The batch is accepted and not finished.",
                    (BatchProgress, BatchResults, "text/csv"),
                    ("Location",),
                ),
            },
            (InvalidDays, RequestConflict, Busy),
            body=BatchRequest,
            query=BatchResultsQuery,
            headers=("Idempotency-Key",),
            cost=_cost_of_submission,
        )
    )
    def ask() -> Response:
        """Request forecasts of up to 100 tickers at once.

        Each ticker becomes a request of its own, with its own result or failure. Its `request_id` is the UUID
        version 5 of the batch's id and the ticker. A repeated ticker counts once. A text that is not a ticker fails
        with `invalid_ticker`; the other tickers are still forecast. The response does not wait for the forecasts
        (`Prefer` has no effect): poll `url` for the progress. The same id and body return the same batch.

        Eight forecasts of all batches run at a time. Clients take turns, and so do the batches of one client. The
        deadline of a batch is the time limit of one forecast plus three seconds for each ticker in the batch and for
        each ticker that waits before it.
        """
        body, result_format = _parse_batch_request(), requested_format()
        batch = batches.submit(client_request_id(body.request_id) or str(uuid4()), body, client())
        response = respond(batch, result_format)
        response.status_code = 200 if batch.ended else 202
        response.headers["Location"] = batch_url_of(batch.batch_id)
        return response

    @api.get("/batches/<uuid:batch_id>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The status of each ticker.", (BatchProgress, BatchResults, "text/csv"))},
            (InvalidRequest, NotFound, Busy),
            query=BatchResultsQuery,
            cost=_cost_of_progress,
        )
    )
    def follow(batch_id: Any) -> Response:
        """Return the progress of a batch, and its finished forecasts on request.

        `results=true`, `fields` or `format=csv` adds the finished forecasts. The progress alone does not count against
        the limits. The results count as ten requests.
        """
        result_format = requested_format()
        return respond(batches.batch(str(batch_id)), result_format)

    @api.delete("/batches/<uuid:batch_id>")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            {200: OperationResponse("The final status of each ticker.", (BatchProgress,))},
            (NotFound, Busy),
        )
    )
    def cancel(batch_id: Any) -> Response:
        """Cancel the unfinished forecasts of a batch."""
        return json_response(progress_of(batches.cancel(str(batch_id))))

    def respond(batch: Batch, result_format: ResultFormat | None) -> Response:
        progress = progress_of(batch)
        if result_format is None:
            return json_response(progress)
        return with_results(progress, batch.records.values(), read, result_format)

    return api


def batch_url_of(batch_id: str) -> str:
    """Return the address of a batch."""
    return f"/api/v1/batches/{batch_id}"


def progress_of(batch: Batch) -> BatchProgress:
    """Return the progress of a batch."""
    entries = [_entry(batch, ticker, record) for ticker, record in batch.records.items()]
    left_ms = [record.remaining_ms for record in batch.records.values() if record and not record.ended]
    return BatchProgress(
        batch_id=batch.batch_id,
        status="ended" if batch.ended else "running",
        days=batch.question.days,
        deadline_in_ms=max(left_ms, default=0),
        url=batch_url_of(batch.batch_id),
        counts=dict(Counter(entry.status for entry in entries)),
        forecasts=entries,
    )


def _entry(batch: Batch, ticker: str, record: Record | None) -> BatchEntry:
    if record is None:
        failure: Failure = NotFound() if batch.question.questions[ticker] else InvalidTicker()
        return BatchEntry(ticker=ticker, status="failed", code=failure.code, detail=failure.detail)
    return BatchEntry(
        ticker=ticker,
        status=record.status,
        request_id=record.request_id,
        url=url_of(record),
        code=record.failure.code if record.failure else None,
        detail=record.failure.detail if record.failure else None,
    )


def _cost_of_submission() -> int:
    """Return the number of tickers; an invalid body costs 1."""
    try:
        return len(_parse_batch_request().tickers)
    except Failure:
        return 1


def _cost_of_progress() -> int:
    try:
        return RESULTS_COST if requested_format() is not None else 0
    except InvalidRequest:
        return 0


def _parse_batch_request() -> BatchRequest:
    return validate_as(BatchRequest, json_of(request.get_data()))
