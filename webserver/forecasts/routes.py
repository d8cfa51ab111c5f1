"""The JSON API: ask for a forecast, follow it, fetch its picture."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from functools import cached_property, lru_cache
from gzip import decompress
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, request
from pydantic import ConfigDict

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
from common.domain.questions import Question, RequestId, checked, question_in
from common.redis.quotas import QuotaCheck
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from common.runtime.logs import log_context
from webserver.forecasts.events import EventStreams
from webserver.forecasts.field_selection import WHOLE, Representation, RepresentationQuery, representation_of
from webserver.forecasts.serializers import finished, finished_gzip, under_way, url_of
from webserver.forecasts.service import ForecastService
from webserver.http.compression import takes_gzip
from webserver.http.conditional_requests import client_has
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.http.problems import EndedInFailure, problem
from webserver.http.request_parsing import PreferredWait, client_request_id, json_of, preferred_wait
from webserver.schemas import FinishedForecast, Progress, SelectedFields, StageEvent

TAG = "forecasts"
REVALIDATED = "private, no-cache"
"""A client may store the response, and asks each time whether it is current: an id may be used again."""
PAST_THE_DEADLINE_S = 0.5
"""So long after a request's deadline somebody has seen that it has passed."""
ENDS = (
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
"""How a request can end that is not done, as whoever asks for it is told."""
_VARY, _NOT_KEPT = ("Vary", "Accept-Encoding"), ("Cache-Control", "no-store")
_BODIES_KNOWN = 100
_log = logging.getLogger(__name__)


class ForecastRequest(Question):
    """The body of a request for a forecast: the question, and optionally an id of the client's choice.

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

    @cached_property
    def question(self) -> Question:
        """The request without its id."""
        return question_in(self)


def forecasts_api(
    desk: ForecastService, streams: EventStreams, charge: Callable[[], QuotaCheck], longest_wait_s: float
) -> Blueprint:
    """Make the routes below ``/api/v1``."""
    api = Blueprint("forecasts", __name__, url_prefix="/api/v1")

    @api.post("/forecasts")
    @described(
        Operation(
            TAG,
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
            (InvalidTicker, InvalidDays, RequestConflict, *ENDS),
            body=ForecastRequest,
            query=RepresentationQuery,
            headers=("Prefer", "Idempotency-Key"),
            cost=0,  # acceptance counts it, in the same round trip
        )
    )
    def ask() -> Response:
        """Request a forecast and wait for it as long as ``Prefer`` allows.

        A complete response has about 180 kB. `picture=false` and `fields` make it smaller.
        """
        charged = charge()
        wanted = _wanted()
        asked = _asked(request.get_data())
        patience = preferred_wait(request.environ.get("HTTP_PREFER", ""), longest_wait_s)
        began = time.monotonic()
        chosen = client_request_id(asked.request_id)
        request_id = chosen or str(uuid4())
        with log_context(request_id, asked.ticker, "accepting"):
            submit = desk.submit_chosen if chosen else desk.submit
            record = submit(request_id, asked.question, patience.seconds, charged)
            level = logging.DEBUG if record.ended else logging.INFO  # what was at hand has no course to be followed
            if patience.seconds and not record.ended:
                record = desk.wait(record, _left_s(patience, began, record))
            response = _answer(desk, record, wanted, gzip=takes_gzip(), progress_status=202)
            _log.log(level, "answered: %s", record.status)
        if record.failure is None:
            response.headers["Location"] = url_of(record.request_id)
        if patience.applied:
            response.headers["Preference-Applied"] = patience.applied
        return response

    @api.get("/forecasts/<uuid:request_id>")
    @described(
        Operation(
            TAG,
            {
                200: OperationResponse(
                    "The finished forecast, or the progress of the request.",
                    (FinishedForecast, SelectedFields, Progress),
                ),
                304: UNCHANGED,
            },
            (InvalidRequest, NotFound, *ENDS),
            query=RepresentationQuery,
            headers=("If-None-Match",),
        )
    )
    def follow(request_id: Any) -> Response:
        """Return the progress of a request, or its finished forecast."""
        return _followed(desk, request_id)

    @api.delete("/forecasts/<uuid:request_id>")
    @described(
        Operation(TAG, {200: OperationResponse("The final status of the request.", (Progress,))}, (NotFound, Busy))
    )
    def cancel(request_id: Any) -> Response:
        """Cancel a request. A finished forecast stays available."""
        return _json(under_way(desk.cancel(str(request_id))), 200)

    @api.get("/forecasts/<uuid:request_id>/events")
    @described(
        Operation(TAG, {200: OperationResponse("The stages of the request.", stream=StageEvent)}, (NotFound, Busy))
    )
    def events(request_id: Any) -> Response:
        """Stream the stages of a request as server-sent events until it ends."""
        return streams.open(str(request_id))

    @api.get("/forecasts/<uuid:request_id>/plot.png")
    @described(
        Operation(
            TAG,
            {200: OperationResponse("The chart.", ("image/png",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *ENDS),
            headers=("If-None-Match",),
        )
    )
    def plot(request_id: Any) -> Response:
        """Return the chart of a finished forecast as a PNG."""
        record = _done(desk.record(str(request_id)))
        return _validated(record, lambda: _picture(desk, record))

    @api.get("/forecasts/<uuid:request_id>/plot.svg")
    @described(
        Operation(
            TAG,
            {200: OperationResponse("The chart.", ("image/svg+xml",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *ENDS),
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def drawing(request_id: Any) -> Response:
        """Return the chart of a finished forecast as an SVG."""
        record = _done(desk.record(str(request_id)))
        response = _validated(record, lambda: _drawing(desk, record))
        response.headers["Vary"] = "Accept-Encoding"
        return response

    return api


@lru_cache(_BODIES_KNOWN)
def _asked(body: bytes) -> ForecastRequest:
    """Read and check a body; a crowd sends the same."""
    return checked(ForecastRequest, json_of(body))


def _left_s(patience: PreferredWait, began: float, record: Record) -> float:
    """How long to wait: as long as the client said, or until the request has ended, for it has a deadline."""
    if patience.applied:
        return began + patience.seconds - time.monotonic()
    return min(record.remaining_ms / 1000, patience.seconds) + PAST_THE_DEADLINE_S


def _wanted() -> Representation:
    """Which part of a result the present request wants."""
    if not request.environ.get("QUERY_STRING"):
        return WHOLE
    return representation_of(tuple(request.args.items()))


def _answer(
    desk: ForecastService, record: Record, wanted: Representation, *, gzip: bool, progress_status: int
) -> Response:
    if record.failure is not None:
        return problem(record.failure, request_id=record.request_id)
    if record.status != "done":
        return _json(under_way(record), progress_status)
    return _finished(desk, record, wanted, gzip=gzip)


def _done(record: Record) -> Record:
    """The record; raises EndedInFailure where something else ended it, or NotFound where nothing has."""
    if record.failure is not None:
        raise EndedInFailure(record.failure, record.request_id)
    if record.status != "done":
        raise NotFound("This forecast is not finished. Poll the request until it is done.")
    return record


def _finished(desk: ForecastService, record: Record, wanted: Representation, *, gzip: bool) -> Response:
    result = _result(desk, record)
    if gzip:
        return _json(finished_gzip(record, result, wanted), 200, _VARY, ("Content-Encoding", "gzip"))
    return _json(finished(record, result, wanted), 200, _VARY)


def _followed(desk: ForecastService, request_id: Any) -> Response:
    wanted = _wanted()
    record = desk.record(str(request_id))
    if record.status != "done":
        return _answer(desk, record, wanted, gzip=False, progress_status=200)
    response = _validated(record, lambda: _finished(desk, record, wanted, gzip=takes_gzip()), wanted)
    response.vary.add("Accept-Encoding")
    return response


def _picture(desk: ForecastService, record: Record) -> Response:
    return Response(_result(desk, record).png, mimetype="image/png")


def _drawing(desk: ForecastService, record: Record) -> Response:
    """Return the SVG, which a browser may open as a document and must not execute anything in."""
    compressed = _result(desk, record).svg_gzip
    if not compressed:
        raise NotFound("This forecast was made before an upgrade and has no SVG. Request plot.png instead.")
    if takes_gzip():
        response = Response(compressed, mimetype="image/svg+xml", headers={"Content-Encoding": "gzip"})
    else:
        response = Response(decompress(compressed), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def _result(desk: ForecastService, record: Record) -> Result:
    try:
        return desk.result(record)
    except NotFound as exc:
        # A record outlives its result only where Redis lost some of its memory.
        raise ForecastFailed("The result of this forecast was lost. Request the forecast again.") from exc


def _validated(record: Record, make: Callable[[], Response], wanted: Representation = WHOLE) -> Response:
    """Return what ``make`` makes of a finished request, or 304 where the client has it.

    The tag is weak: one for every encoding, another for each part of a result. The id alone is none: an hour later it
    may be that of another question.
    """
    part = "" if wanted == WHOLE else f" {wanted}"
    tag = hashlib.sha256(f"{record.request_id} {record.result_key}{part}".encode()).hexdigest()[:32]
    response = Response(status=304) if client_has(tag) else make()
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = REVALIDATED
    return response


def _json(body: bytes | list[bytes], status: int, *headers: tuple[str, str]) -> Response:
    return Response(body, status, [_NOT_KEPT, *headers], mimetype="application/json")
