"""Responses for a request's record: the result, the progress, the failure or the chart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from gzip import decompress

from flask import Response

from common.domain.errors import ForecastFailed, NotFound
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.forecasts.chances import ChancesQuery, chances_of
from webserver.forecasts.field_selection import WHOLE, Representation
from webserver.forecasts.serializers import finished, finished_gzip, progress
from webserver.forecasts.service import ForecastService
from webserver.http.compression import takes_gzip
from webserver.http.conditional_requests import client_has
from webserver.http.problems import EndedInFailure, problem

_REVALIDATED = "private, no-cache"
"""Clients may store the response and must revalidate it: its request id may be used again for another question."""
_VARY, _NOT_STORED = ("Vary", "Accept-Encoding"), ("Cache-Control", "no-store")


def state_response(
    service: ForecastService, record: Record, representation: Representation, *, progress_status: int
) -> Response:
    """Return the response for a request in any state: its failure, its progress or its result."""
    if record.failure is not None:
        return problem(record.failure, request_id=record.request_id)
    if record.status != "done":
        return json_bytes_response(progress(record), progress_status)
    return result_response(service, record, representation)


def poll_response(service: ForecastService, request_id: str, representation: Representation) -> Response:
    """Return the response to a poll; a finished forecast can be revalidated."""
    record = service.record(request_id)
    if record.status != "done":
        return state_response(service, record, representation, progress_status=200)
    response = revalidated(record, lambda: result_response(service, record, representation), representation)
    response.vary.add("Accept-Encoding")
    return response


def result_response(service: ForecastService, record: Record, representation: Representation) -> Response:
    """Return the response with a finished forecast."""
    result = _result(service, record)
    if takes_gzip():
        body = finished_gzip(record, result, representation)
        return json_bytes_response(body, 200, _VARY, ("Content-Encoding", "gzip"))
    return json_bytes_response(finished(record, result, representation), 200, _VARY)


def done_record(service: ForecastService, request_id: str) -> Record:
    """Return the record of a finished forecast.

    Raises:
        EndedInFailure: the request ended in a failure.
        NotFound: there is no such request, or it has not ended.
    """
    record = service.record(request_id)
    if record.failure is not None:
        raise EndedInFailure(record.failure, record.request_id)
    if record.status != "done":
        raise NotFound("This forecast is not finished. Poll the request until it is done.")
    return record


def png_response(service: ForecastService, record: Record) -> Response:
    """Return the response with the chart as a PNG."""
    return Response(_result(service, record).png, mimetype="image/png")


def svg_response(service: ForecastService, record: Record) -> Response:
    """Return the response with the chart as an SVG; its policy forbids scripts if a browser opens it as a document."""
    compressed = _result(service, record).svg_gzip
    if not compressed:
        raise NotFound("This forecast was made before an upgrade and has no SVG. Request plot.png instead.")
    if takes_gzip():
        response = Response(compressed, mimetype="image/svg+xml", headers={"Content-Encoding": "gzip"})
    else:
        response = Response(decompress(compressed), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def chances_response(service: ForecastService, request_id: str, query: ChancesQuery) -> Response:
    """Return the response with the probabilities of prices; it can be revalidated."""
    record = done_record(service, request_id)

    def response() -> Response:
        chances = chances_of(record, _result(service, record), query)
        return json_bytes_response(chances.model_dump_json().encode(), 200)

    return revalidated(record, response, query)


def revalidated(
    record: Record, response_of: Callable[[], Response], part: Representation | ChancesQuery = WHOLE
) -> Response:
    """Return the response with a ``part`` of a result, or 304 if the client has it.

    The tag is weak, as it is the same for every encoding. It contains the result's key, because a request id can be
    used again for another question after an hour.
    """
    suffix = "" if part == WHOLE else f" {part}"
    tag = hashlib.sha256(f"{record.request_id} {record.result_key}{suffix}".encode()).hexdigest()[:32]
    response = Response(status=304) if client_has(tag) else response_of()
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = _REVALIDATED
    return response


def json_bytes_response(body: bytes | list[bytes], status: int, *headers: tuple[str, str]) -> Response:
    """Return a response with encoded JSON, which no cache stores."""
    return Response(body, status, [_NOT_STORED, *headers], mimetype="application/json")


def _result(service: ForecastService, record: Record) -> Result:
    try:
        return service.result(record)
    except NotFound as exc:
        # A record outlives its result only if Redis lost some of its memory.
        raise ForecastFailed("The result of this forecast was lost. Request the forecast again.") from exc
