"""Forecasts over HTTP: request one, poll it, cancel it, stream its stages, fetch its chart."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, request
from pydantic import ConfigDict

from common.domain.access import Scope
from common.domain.errors import (
    Busy,
    Cancelled,
    DeadlineExceeded,
    ForecastFailed,
    ImplausiblePrices,
    InvalidDays,
    InvalidRequest,
    InvalidTicker,
    NotFound,
    ProviderUnavailable,
    RequestConflict,
    TooLittleData,
    UnknownTicker,
    WorkerCrashed,
)
from common.domain.questions import Question, RequestId, extract_question, validate_as
from common.redis.rate_windows import QuotaCheck
from common.redis.requests.records import Record
from common.runtime.logs import log_context
from webserver.forecasts.chances import ChancesQuery, requested_prices
from webserver.forecasts.events import EventStreams
from webserver.forecasts.field_selection import RepresentationQuery, requested_representation
from webserver.forecasts.responses import (
    chances_response,
    done_record,
    json_bytes_response,
    png_response,
    poll_response,
    revalidated,
    state_response,
    svg_response,
)
from webserver.forecasts.serializers import progress, url_of
from webserver.forecasts.service import ForecastService
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.http.request_parsing import PreferredWait, client_request_id, json_of, preferred_wait
from webserver.schemas import FinishedForecast, ForecastChances, Progress, SelectedFields, StageEvent

TAG = "forecasts"
_MARGIN_S = 0.5
"""Seconds after a request's deadline within which its record becomes failed."""
FAILED_ENDS = (
    UnknownTicker,
    TooLittleData,
    ImplausiblePrices,
    Cancelled,
    ForecastFailed,
    WorkerCrashed,
    Busy,
    ProviderUnavailable,
    DeadlineExceeded,
)
"""The failures with which a request can end."""
_log = logging.getLogger(__name__)


class ForecastRequest(Question):
    """The body of a request for a forecast: the question, and optionally a request id of the client's choice.

    Unknown fields are refused.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "days": 30},
                {"ticker": "BRK-B", "days": 90, "model": "prophet", "level": 0.9},
            ]
        },
    )

    request_id: RequestId | None = None

    @property
    def question(self) -> Question:
        """The question without the request id."""
        return extract_question(self)


def forecasts_api(
    service: ForecastService, streams: EventStreams, quota_check: Callable[[], QuotaCheck], longest_wait_s: float
) -> Blueprint:
    """Return the routes of forecasts below ``/api/v1``."""
    api = Blueprint("forecasts", __name__, url_prefix="/api/v1")

    @api.post("/forecasts")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            {
                200: OperationResponse(
                    "The forecast.", (FinishedForecast, SelectedFields), ("Location", "Preference-Applied")
                ),
                202: OperationResponse(
                    "The forecast is accepted and not finished.",
                    (Progress,),
                    ("Location", "Preference-Applied"),
                ),
            },
            (InvalidTicker, InvalidDays, RequestConflict, *FAILED_ENDS),
            body=ForecastRequest,
            query=RepresentationQuery,
            headers=("Prefer", "Idempotency-Key"),
            cost=0,  # acceptance counts it, in the same round trip
        )
    )
    def ask() -> Response:
        """Request a forecast and wait for it as long as ``Prefer`` allows.

        A complete response has about 190 kB. `picture=false` and `fields` make it smaller.
        """
        check = quota_check()
        representation = requested_representation()
        body = validate_as(ForecastRequest, json_of(request.get_data()))
        preferred = preferred_wait(request.environ.get("HTTP_PREFER", ""), longest_wait_s)
        began = time.monotonic()
        client_id = client_request_id(body.request_id)
        request_id = client_id or str(uuid4())
        with log_context(request_id, body.ticker, "accepting"):
            submit = service.submit_with_client_id if client_id else service.submit
            record = submit(request_id, body.question, preferred.seconds, check)
            level = logging.DEBUG if record.ended else logging.INFO
            if preferred.seconds and not record.ended:
                record = service.wait(record, _remaining_wait_s(preferred, began, record))
            response = state_response(service, record, representation, progress_status=202)
            _log.log(level, "answered: %s", record.status)
        if record.failure is None:
            response.headers["Location"] = url_of(record.request_id)
        if preferred.applied:
            response.headers["Preference-Applied"] = preferred.applied
        return response

    @api.get("/forecasts/<uuid:request_id>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {
                200: OperationResponse(
                    "The finished forecast, or the progress of the request.",
                    (FinishedForecast, SelectedFields, Progress),
                ),
                304: UNCHANGED,
            },
            (InvalidRequest, NotFound, *FAILED_ENDS),
            query=RepresentationQuery,
            headers=("If-None-Match",),
        )
    )
    def follow(request_id: Any) -> Response:
        """Return the progress of a request, or its finished forecast."""
        return poll_response(service, str(request_id), requested_representation())

    @api.delete("/forecasts/<uuid:request_id>")
    @described(
        Operation(
            TAG,
            Scope.FORECAST,
            {200: OperationResponse("The final status of the request.", (Progress,))},
            (NotFound, Busy),
        )
    )
    def cancel(request_id: Any) -> Response:
        """Cancel a request. A finished forecast stays available."""
        return json_bytes_response(progress(service.cancel(str(request_id))), 200)

    @api.post("/forecasts/<uuid:request_id>:share")
    @described(Operation(TAG, Scope.FORECAST, {204: OperationResponse("The request is shared.")}, (NotFound, Busy)))
    def share(request_id: Any) -> Response:
        """Share a request: everybody who may read can see it by its id. Only you can cancel it."""
        service.share(str(request_id), is_shared=True)
        return Response(status=204)

    @api.post("/forecasts/<uuid:request_id>:unshare")
    @described(Operation(TAG, Scope.FORECAST, {204: OperationResponse("The request is not shared.")}, (NotFound, Busy)))
    def unshare(request_id: Any) -> Response:
        """Stop sharing a request."""
        service.share(str(request_id), is_shared=False)
        return Response(status=204)

    @api.get("/forecasts/<uuid:request_id>/events")
    @described(
        Operation(
            TAG, Scope.READ, {200: OperationResponse("The stages of the request.", stream=StageEvent)}, (NotFound, Busy)
        )
    )
    def events(request_id: Any) -> Response:
        """Stream the stages of a request as server-sent events until it ends."""
        return streams.open(str(request_id))

    _add_routes_of_finished(api, service)
    return api


def _add_routes_of_finished(api: Blueprint, service: ForecastService) -> None:
    """Add the routes that only a finished forecast has."""

    @api.get("/forecasts/<uuid:request_id>/chances")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {
                200: OperationResponse("The probabilities.", (ForecastChances,), ("ETag",)),
                304: UNCHANGED,
            },
            (InvalidRequest, NotFound, *FAILED_ENDS),
            query=ChancesQuery,
            headers=("If-None-Match",),
        )
    )
    def chances(request_id: Any) -> Response:
        """Return the probability of ending above a price, or of touching it on the way.

        The stored result of a finished forecast answers. A touch is a close; prices within a day do not count.
        """
        return chances_response(service, str(request_id), requested_prices())

    @api.get("/forecasts/<uuid:request_id>/plot.png")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The chart.", ("image/png",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *FAILED_ENDS),
            headers=("If-None-Match",),
        )
    )
    def plot(request_id: Any) -> Response:
        """Return the chart of a finished forecast as a PNG."""
        record = done_record(service, str(request_id))
        return revalidated(record, lambda: png_response(service, record))

    @api.get("/forecasts/<uuid:request_id>/plot.svg")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The chart.", ("image/svg+xml",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *FAILED_ENDS),
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def drawing(request_id: Any) -> Response:
        """Return the chart of a finished forecast as an SVG."""
        record = done_record(service, str(request_id))
        response = revalidated(record, lambda: svg_response(service, record))
        response.headers["Vary"] = "Accept-Encoding"
        return response


def _remaining_wait_s(preferred: PreferredWait, began: float, record: Record) -> float:
    """Return the rest of the wait that the client prefers, or else the time until the request must have ended."""
    if preferred.applied:
        return began + preferred.seconds - time.monotonic()
    return min(record.remaining_ms / 1000, preferred.seconds) + _MARGIN_S
