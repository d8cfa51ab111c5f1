"""Failures as HTTP responses: ``application/problem+json`` (RFC 9457) with a stable ``code``."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from common.domain.errors import Failure, ForecastFailed, InvalidRequest, InvalidRows, NotFound
from common.domain.uploads import list_first_rows
from common.runtime.metrics import FAILURES
from webserver.http.request_parsing import longest_body
from webserver.schemas import Problem

STATUS: dict[str, HTTPStatus] = {
    "invalid_ticker": HTTPStatus.BAD_REQUEST,
    "invalid_days": HTTPStatus.BAD_REQUEST,
    "invalid_request": HTTPStatus.BAD_REQUEST,
    "unknown_model": HTTPStatus.BAD_REQUEST,
    "invalid_pattern": HTTPStatus.BAD_REQUEST,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "unknown_ticker": HTTPStatus.NOT_FOUND,
    "not_found": HTTPStatus.NOT_FOUND,
    "no_market_board": HTTPStatus.NOT_FOUND,
    "no_news_source": HTTPStatus.NOT_FOUND,
    "no_company_facts": HTTPStatus.NOT_FOUND,
    "company_facts_off": HTTPStatus.NOT_FOUND,
    "request_conflict": HTTPStatus.CONFLICT,
    "source_conflict": HTTPStatus.CONFLICT,
    "not_finished": HTTPStatus.CONFLICT,
    "cancelled": HTTPStatus.GONE,
    "invalid_file": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_rows": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ambiguous_dates": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ambiguous_numbers": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_little_data": HTTPStatus.UNPROCESSABLE_ENTITY,
    "field_unavailable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "implausible_prices": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unusable_window": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_daily": HTTPStatus.UNPROCESSABLE_ENTITY,
    "report_too_large": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "forecast_failed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "worker_crashed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "provider_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "unreadable_market_board": HTTPStatus.SERVICE_UNAVAILABLE,
    "news_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "language_model_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "language_model_over_budget": HTTPStatus.SERVICE_UNAVAILABLE,
    "model_text_refused": HTTPStatus.SERVICE_UNAVAILABLE,
    "deadline_exceeded": HTTPStatus.GATEWAY_TIMEOUT,
}
"""The HTTP status of each code."""

SERVER_ERROR = "The server failed unexpectedly. Try again later."
NO_SUCH_ADDRESS = "This address does not exist. Check its spelling."
LONG_ADDRESS = "The address is too long. Shorten it to at most 4094 bytes."
LONG_HEADERS = "The request has too many headers, or too long ones. Send fewer or shorter headers."
RETRY_LATER_S = 5
"""The default of ``Retry-After`` for status 503, in seconds."""
_log = logging.getLogger(__name__)


class EndedInFailure(Exception):
    """A request ended with this failure.

    The response contains the request's id. Clients then know that the request ended, and not only that one call failed.
    """

    def __init__(self, failure: Failure, request_id: str) -> None:
        super().__init__(failure)
        self.failure = failure
        self.request_id = request_id


def explain_long_body(path: str) -> str:
    """Return what to do about a body that is too long for a path."""
    return f"The body is longer than {longest_body(path) // 1024} KiB. Send a shorter body."


def problem(failure: Failure, *, status: int | None = None, request_id: str | None = None) -> Response:
    """Return the response for a failure."""
    FAILURES.labels(failure.code).inc()
    code = status or STATUS[failure.code]
    body = problem_of(failure, code, request_id).model_dump_json(exclude_none=True)
    response = Response(body, status=int(code), mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    if code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Stockcast"'
    wait_s = failure.retry_after_s or (RETRY_LATER_S if code == HTTPStatus.SERVICE_UNAVAILABLE else None)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


def problem_of(failure: Failure, status: int, request_id: str | None = None) -> Problem:
    """Return the response body for a failure with ``status``."""
    return Problem(
        type=f"urn:stockcast:problem:{failure.code}",
        title=HTTPStatus(status).phrase,
        status=int(status),
        code=failure.code,
        detail=failure.detail,
        request_id=request_id,
        faulty=failure.count if isinstance(failure, InvalidRows) else None,
        rows=list_first_rows(failure.rows) if isinstance(failure, InvalidRows) else None,
    )


def register_error_handlers(app: Flask) -> None:
    """Make the application answer every failure, of ours or not, as a problem."""
    app.register_error_handler(Failure, problem)
    app.register_error_handler(EndedInFailure, _ended_problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _unexpected_problem)


def _ended_problem(end: EndedInFailure) -> Response:
    return problem(end.failure, request_id=end.request_id)


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        return problem(NotFound(NO_SUCH_ADDRESS))
    if status < 500:
        detail = explain_long_body(request.path) if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else error.description
        response = problem(InvalidRequest(detail), status=status)
        allow = dict(error.get_headers()).get("Allow")
        if allow:
            response.headers["Allow"] = allow
        return response
    return problem(ForecastFailed(SERVER_ERROR), status=status)


def _unexpected_problem(error: Exception) -> Response:
    _log.error("a request failed unexpectedly", exc_info=error)
    return problem(ForecastFailed(SERVER_ERROR))
