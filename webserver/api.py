"""The JSON API: ask for a forecast, follow it, fetch its picture."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, request
from pydantic import ConfigDict

from common.errors import (
    Busy,
    Cancelled,
    DeadlineExceeded,
    Failure,
    ForecastFailed,
    InvalidDays,
    InvalidTicker,
    NotFound,
    ProviderUnavailable,
    RequestConflict,
    TooLittleData,
    UnknownTicker,
    WorkerCrashed,
)
from common.questions import Question, RequestId, checked
from common.records import Record
from webserver.answers import FinishedForecast, Progress, StageEvent
from webserver.desk import Desk
from webserver.envelopes import finished, under_way, url_of
from webserver.incoming import chosen_id, json_body, preferred_wait
from webserver.operations import UNCHANGED, Answer, Operation, described
from webserver.problems import problem
from webserver.streams import Streams

TAG = "forecasts"
ENDS = (
    UnknownTicker,
    TooLittleData,
    Cancelled,
    ForecastFailed,
    WorkerCrashed,
    Busy,
    ProviderUnavailable,
    DeadlineExceeded,
)
"""How a request can end that is not done, as whoever asks for it is told."""


class ForecastRequest(Question):
    """The body of a request for a forecast: a question, and an id where the client wants to choose it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "days": 30},
                {"ticker": "BRK-B", "days": 90, "model": "prophet", "level": 0.9},
            ]
        }
    )

    request_id: RequestId | None = None

    @property
    def question(self) -> Question:
        """The request without its id."""
        return Question(ticker=self.ticker, days=self.days, model=self.model, level=self.level)


def forecasts_api(desk: Desk, streams: Streams, longest_wait_s: float) -> Blueprint:
    """Make the routes below ``/api/v1``."""
    api = Blueprint("forecasts", __name__, url_prefix="/api/v1")

    @api.post("/forecasts")
    @described(
        Operation(
            TAG,
            {
                200: Answer("The forecast.", (FinishedForecast,), ("Preference-Applied",)),
                202: Answer("It is not done yet.", (Progress,), ("Location", "Preference-Applied")),
            },
            (InvalidTicker, InvalidDays, RequestConflict, *ENDS),
            body=ForecastRequest,
            headers=("Prefer", "Idempotency-Key"),
        )
    )
    def ask() -> Response:
        """Accept a question; wait for the answer as long as ``Prefer: wait`` allows."""
        asked = checked(ForecastRequest, json_body())
        wait_s = preferred_wait(request.headers.get("Prefer", ""))
        patience_s = longest_wait_s if wait_s is None else min(wait_s, longest_wait_s)
        record = desk.submit(chosen_id(asked.request_id) or str(uuid4()), asked.question, patience_s)
        response = _answer(desk, record, progress_status=202)
        if wait_s is not None:
            response.headers["Preference-Applied"] = f"wait={min(wait_s, int(longest_wait_s))}"
        return response

    @api.get("/forecasts/<uuid:request_id>")
    @described(
        Operation(
            TAG,
            {200: Answer("The forecast, or how far it is.", (FinishedForecast, Progress))},
            (NotFound, *ENDS),
        )
    )
    def follow(request_id: Any) -> Response:
        """Say how far a request is, or how it ended."""
        return _answer(desk, desk.record(str(request_id)), progress_status=200)

    @api.delete("/forecasts/<uuid:request_id>")
    @described(Operation(TAG, {200: Answer("How it ended.", (Progress,))}, (NotFound, Busy)))
    def cancel(request_id: Any) -> Response:
        """Give a request up, and say how it ended: it may have been done before."""
        return _json(under_way(desk.cancel(str(request_id))), 200)

    @api.get("/forecasts/<uuid:request_id>/events")
    @described(Operation(TAG, {200: Answer("Its stages.", stream=StageEvent)}, (NotFound, Busy)))
    def events(request_id: Any) -> Response:
        """The stages of a request as server-sent events, until its end."""
        return streams.open(str(request_id))

    @api.get("/forecasts/<uuid:request_id>/plot.png")
    @described(
        Operation(
            TAG,
            {200: Answer("The picture.", ("image/png",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *ENDS),
            headers=("If-None-Match",),
        )
    )
    def plot(request_id: Any) -> Response:
        """The picture of a finished forecast."""
        record = desk.record(str(request_id))
        if record.status != "done":
            raise record.failure or NotFound("This forecast is not finished yet.")
        response = Response(desk.result(record).png, mimetype="image/png")
        response.headers["Cache-Control"] = "private, max-age=3600, immutable"
        response.set_etag(hashlib.sha256(record.result_key.encode()).hexdigest()[:32])
        response.make_conditional(request)
        return response

    return api


def _answer(desk: Desk, record: Record, *, progress_status: int) -> Response:
    if record.failure is not None:
        return problem(record.failure, request_id=record.request_id)
    if record.status == "done":
        response = _json(_finished(desk, record), 200)
    else:
        response = _json(under_way(record), progress_status)
    if progress_status == 202:
        response.headers["Location"] = url_of(record.request_id)
    return response


def _finished(desk: Desk, record: Record) -> bytes:
    try:
        return finished(record, desk.result(record))
    except NotFound as exc:
        raise _lost() from exc


def _lost() -> Failure:
    """A record outlives its result only where Redis lost some of its memory."""
    return ForecastFailed("The result is no longer kept; please ask again.")


def _json(body: bytes, status: int) -> Response:
    response = Response(body, status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
