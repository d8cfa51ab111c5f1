"""Batches over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from common.domain.access import Scope
from common.domain.errors import Busy, Failure, InvalidDays, InvalidRequest, NotFound, RequestConflict
from common.domain.questions import RequestId, validate_as
from webserver.batches.progress import batch_url_of, progress_of
from webserver.batches.questions import AnyBatchQuestion, BatchQuestion, RequestList
from webserver.batches.results import (
    BatchResultsQuery,
    ReadResult,
    ResultFormat,
    check_kinds,
    requested_format,
    with_results,
)
from webserver.batches.schemas import RequestBatch, RequestBatchRequest, RequestBatchResults
from webserver.batches.service import Batch, Batches
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import client_request_id, json_of
from webserver.schemas import BatchProgress, BatchResults
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


def batches_api(
    batches: Batches, read: ReadResult, client: Callable[[], str], bodies: Mapping[str, type[BaseModel]]
) -> Blueprint:
    """Return the routes of batches below ``/api/v1``.

    Args:
        batches: the batches.
        read: reads the result of a finished record.
        client: returns the name of the present request's client.
        bodies: the model of the request's body of each kind of analysis.
    """
    api = Blueprint("batches", __name__, url_prefix="/api/v1")
    _add_submissions(api, batches, read, client, bodies)
    _add_reads(api, batches, read)
    return api


def _add_submissions(
    api: Blueprint,
    batches: Batches,
    read: ReadResult,
    client: Callable[[], str],
    bodies: Mapping[str, type[BaseModel]],
) -> None:
    def submit(request_id: str | None, question: AnyBatchQuestion, result_format: ResultFormat | None) -> Response:
        check_kinds(question.items, result_format)
        batch = batches.submit(client_request_id(request_id) or str(uuid4()), question, client())
        response = _respond(batch, read, result_format)
        response.status_code = 200 if batch.ended else 202
        response.headers["Location"] = batch_url_of(batch.batch_id)
        return response

    @api.post("/forecasts:batch")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            _ends_of(BatchProgress, BatchResults, "text/csv"),
            (InvalidDays, RequestConflict, Busy),
            body=BatchRequest,
            query=BatchResultsQuery,
            headers=("Idempotency-Key",),
            cost=_cost_of_tickers,
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
        body = validate_as(BatchRequest, json_of(request.get_data()))
        return submit(body.request_id, BatchQuestion.normalised(body), requested_format())

    @api.post("/batches")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            _ends_of(RequestBatch, RequestBatchResults, "text/csv"),
            (RequestConflict, Busy),
            body=RequestBatchRequest,
            query=BatchResultsQuery,
            headers=("Idempotency-Key",),
            cost=lambda: _cost_of_requests(bodies),
        )
    )
    def ask_any() -> Response:
        """Request up to 100 analyses of any kinds at once.

        Each item has the fields of a request of its `kind`, and becomes a request of its own, with its own result or
        failure, events and address. Equal items share one request. An item that is not valid fails with its reason;
        the others are still computed. The response does not wait for the results (`Prefer` has no effect): poll `url`
        for the progress. The same id and body return the same batch.

        Forecasts wait as those of other batches do. Long work, such as an evaluation, waits in the queue of long work,
        with the limits of this queue: items beyond them fail with `busy`. `fields`, `picture` and `format=csv` are for
        batches of forecasts alone.
        """
        body = validate_as(RequestBatchRequest, json_of(request.get_data()))
        return submit(body.request_id, RequestList.parse(body.requests, bodies), requested_format())


def _add_reads(api: Blueprint, batches: Batches, read: ReadResult) -> None:
    @api.get("/batches/<uuid:batch_id>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {
                200: OperationResponse(
                    "The status of each request.",
                    (BatchProgress, BatchResults, RequestBatch, RequestBatchResults, "text/csv"),
                )
            },
            (InvalidRequest, NotFound, Busy),
            query=BatchResultsQuery,
            cost=_cost_of_progress,
        )
    )
    def follow(batch_id: Any) -> Response:
        """Return the progress of a batch, and its results on request.

        A batch of `POST /api/v1/forecasts:batch` has `forecasts`, one of `POST /api/v1/batches` has `requests`.
        `results=true`, `fields` or `format=csv` adds the finished results. The progress alone does not count against
        the limits. The results count as ten requests.
        """
        result_format = requested_format()
        batch = batches.batch(str(batch_id))
        check_kinds(batch.question.items, result_format)
        return _respond(batch, read, result_format)

    @api.delete("/batches/<uuid:batch_id>")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            {200: OperationResponse("The final status of each request.", (BatchProgress, RequestBatch))},
            (NotFound, Busy),
        )
    )
    def cancel(batch_id: Any) -> Response:
        """Cancel the unfinished requests of a batch."""
        return json_response(progress_of(batches.cancel(str(batch_id))))


def _ends_of(*content: type[BaseModel] | str) -> dict[int, OperationResponse]:
    """Return the responses to a batch."""
    return {
        200: OperationResponse("The batch has ended.", content, ("Location",)),
        202: OperationResponse("The batch is accepted and not finished.", content, ("Location",)),
    }


def _respond(batch: Batch, read: ReadResult, result_format: ResultFormat | None) -> Response:
    progress = progress_of(batch)
    if result_format is None:
        return json_response(progress)
    return with_results(progress, batch.records, read, result_format)


def _cost_of_tickers() -> int:
    """Return the number of tickers; an invalid body costs 1."""
    try:
        return len(validate_as(BatchRequest, json_of(request.get_data())).tickers)
    except Failure:
        return 1


def _cost_of_requests(bodies: Mapping[str, type[BaseModel]]) -> int:
    """Return what the requests cost together; an invalid body costs 1."""
    try:
        return RequestList.parse(validate_as(RequestBatchRequest, json_of(request.get_data())).requests, bodies).cost
    except Failure:
        return 1


def _cost_of_progress() -> int:
    try:
        return RESULTS_COST if requested_format() is not None else 0
    except InvalidRequest:
        return 0
