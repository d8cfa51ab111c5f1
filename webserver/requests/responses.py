"""Responses for a request's record: the result, the progress or the failure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

from common.domain.errors import ForecastFailed, NotFound
from common.domain.kinds import Kind
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from common.runtime.gzipping import GzipBeginning
from webserver.http.compression import takes_gzip
from webserver.http.conditional_requests import client_has
from webserver.http.problems import EndedInFailure, problem
from webserver.requests.serializers import finished_json, progress
from webserver.requests.service import RequestService

_REVALIDATED = "private, no-cache"
"""Clients may store the response and must revalidate it: its request id may be used again for another question."""
VARY = ("Vary", "Accept-Encoding")
_NOT_STORED = ("Cache-Control", "no-store")


@dataclass(frozen=True)
class ResultView:
    """The part of a finished result that a client requests.

    Args:
        respond: returns the response with this part.
        tag: the name of the part, which distinguishes it from others in an ETag; empty for the whole result.
    """

    respond: Callable[[Record, Result], Response]
    tag: str = ""


def whole_result() -> ResultView:
    """Return the view of a result's JSON as the worker wrote it."""
    return ResultView(_json_of_result)


def _json_of_result(record: Record, result: Result) -> Response:
    body = finished_json(record, result)
    if takes_gzip():
        return json_bytes_response(GzipBeginning.of(body).append_end(b""), 200, VARY, ("Content-Encoding", "gzip"))
    return json_bytes_response(body, 200, VARY)


def state_response(service: RequestService, record: Record, view: ResultView, *, progress_status: int) -> Response:
    """Return the response for a request in any state: its failure, its progress or its result."""
    if record.failure is not None:
        return problem(record.failure, request_id=record.request_id)
    if record.status != "done":
        return json_bytes_response(progress(record), progress_status)
    return view.respond(record, result_of(service, record))


def poll_response(service: RequestService, kind: Kind, request_id: str, view: ResultView) -> Response:
    """Return the response to a poll; a finished result can be revalidated."""
    record = service.record(kind, request_id)
    if record.status != "done":
        return state_response(service, record, view, progress_status=200)
    response = revalidated(record, lambda: view.respond(record, result_of(service, record)), view.tag)
    response.vary.add("Accept-Encoding")
    return response


def done_record(service: RequestService, kind: Kind, request_id: str) -> Record:
    """Return the record of a finished request.

    Raises:
        EndedInFailure: the request ended in a failure.
        NotFound: there is no such request, or it has not ended.
    """
    record = service.record(kind, request_id)
    if record.failure is not None:
        raise EndedInFailure(record.failure, record.request_id)
    if record.status != "done":
        raise NotFound(f"This {kind.name} is not finished. Poll the request until it is done.")
    return record


def result_of(service: RequestService, record: Record) -> Result:
    """Return the result of a finished request."""
    try:
        return service.result(record)
    except NotFound as exc:
        # A record outlives its result only if Redis lost some of its memory.
        noun = record.question.kind
        raise ForecastFailed(f"The result of this {noun} was lost. Request the {noun} again.") from exc


def revalidated(record: Record, respond: Callable[[], Response], part: str = "", policy: str | None = None) -> Response:
    """Return the response with a ``part`` of a result, or 304 if the client has it.

    The tag is weak, as it is the same for every encoding. It contains the result's key, because a request id can be
    used again for another question after an hour.

    A 304 has the same ``policy`` as the response that it confirms: a browser replaces the stored headers by its own.
    """
    tag = hashlib.sha256(f"{record.request_id} {record.result_key}{part}".encode()).hexdigest()[:32]
    response = Response(status=304) if client_has(tag) else respond()
    response.set_etag(tag, weak=True)
    if policy:
        response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = _REVALIDATED
    return response


def json_bytes_response(body: bytes | list[bytes], status: int, *headers: tuple[str, str]) -> Response:
    """Return a response with encoded JSON, which no cache stores."""
    return Response(body, status, [_NOT_STORED, *headers], mimetype="application/json")
