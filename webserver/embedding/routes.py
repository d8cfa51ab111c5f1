"""Charts and badges over HTTP, for pages of other sites.

Nothing here reads a cookie or another credential, and nothing sets one: everybody sees the same, or nobody sees
anything. Shared caches may therefore store the answers.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

from flask import Blueprint, Response, request

from common.domain.access import Scope
from common.domain.errors import (
    BadData,
    BadRequest,
    Busy,
    Failure,
    Forbidden,
    InvalidDays,
    InvalidRequest,
    InvalidTicker,
    RateLimited,
)
from common.domain.questions import validate_as
from common.domain.validation import explain_unknown_name
from common.runtime.metrics import FAILURES
from webserver.embedding.badge import badge, failure_badge
from webserver.embedding.document import (
    PENDING_S,
    STYLES_HASH,
    document,
    failure_document,
    pending_document,
)
from webserver.embedding.models import BadgeQuery, EmbedQuery, Subject, Theme, question_of
from webserver.embedding.shown_forecasts import Shown, ShownForecasts
from webserver.http.compression import compressed_if_accepted
from webserver.http.conditional_requests import client_has
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.http.problems import STATUS
from webserver.requests.routes import FAILED_ENDS

TAG = "embedding"
NOT_PUBLIC = (
    "This server shows charts and badges to nobody without an account. Its operator can change that by the setting "
    "PUBLIC_EMBEDS."
)
KEPT_S = 600
"""Seconds for which caches may keep a chart or a badge."""
FAILED_KEPT_S = 60
"""Of a failure that everybody gets."""
_BADGE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
_FAILURES = (InvalidTicker, InvalidDays, InvalidRequest, Forbidden, Busy, RateLimited, *FAILED_ENDS)
Q = TypeVar("Q", bound=BadgeQuery)


def embedding(forecasts: ShownForecasts, *, is_public: bool, ancestors: str) -> Blueprint:
    """Return the routes.

    Args:
        forecasts: the forecasts that are shown.
        is_public: whether everybody may see them. Otherwise nobody does.
        ancestors: the pages that may show a chart in a frame, as the policy ``frame-ancestors`` lists them.
    """
    routes = Blueprint("embedding", __name__)
    policy = (
        f"default-src 'none'; style-src {STYLES_HASH}; base-uri 'none'; form-action 'none'; frame-ancestors "
        f"{ancestors}; sandbox allow-popups allow-popups-to-escape-sandbox"
    )

    @routes.get("/embed/<ticker>")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {200: OperationResponse("The document.", ("text/html",), ("ETag",)), 304: UNCHANGED},
            _FAILURES,
            query=EmbedQuery,
            headers=("If-None-Match",),
        )
    )
    def embed(ticker: str) -> Response:
        """Return a chart of a stock's forecast for a frame."""
        theme: Theme = "auto"
        try:
            subject, query = _wanted(ticker, EmbedQuery)
            theme = query.theme
            _check_public(is_public)
            shown = forecasts.read(question_of(subject, query.days))
        except Failure as failure:
            return _embedded(_failed(failure_document(failure, theme), failure, "text/html"), policy)
        found = shown.forecast
        body = pending_document(subject, query.days, theme) if found is None else document(found, theme)
        return _embedded(_sent(body, "text/html", _kept_s(shown)), policy)

    @routes.get("/badge/<ticker>.svg")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {200: OperationResponse("The badge.", ("image/svg+xml",), ("ETag",)), 304: UNCHANGED},
            _FAILURES,
            query=BadgeQuery,
            headers=("If-None-Match",),
        )
    )
    def badge_of(ticker: str) -> Response:
        """Return a badge with the range of a stock's forecast."""
        label = "forecast"
        try:
            subject, query = _wanted(ticker, BadgeQuery)
            label = subject
            _check_public(is_public)
            shown = forecasts.read(question_of(subject, query.days))
        except Failure as failure:
            return _embedded(_failed(failure_badge(label, failure), failure, "image/svg+xml"), _BADGE_POLICY)
        body = badge(subject, query.days, shown.forecast)
        return _embedded(_sent(body, "image/svg+xml", _kept_s(shown)), _BADGE_POLICY)

    return routes


def _wanted(ticker: str, kind: type[Q]) -> tuple[str, Q]:
    """Return the stock and the query parameters of the present request.

    Raises:
        BadRequest: one of them is wrong.
    """
    for name, values in request.args.lists():
        if name not in kind.model_fields:
            raise explain_unknown_name("query parameter", name, sorted(kind.model_fields))
        if len(values) > 1:
            raise InvalidRequest(f"{name} is given twice. Send it once.")
    subject = validate_as(Subject, {"ticker": ticker}).ticker.upper()
    return subject, validate_as(kind, request.args.to_dict())


def _check_public(is_public: bool) -> None:
    if not is_public:
        raise Forbidden(NOT_PUBLIC)


def _kept_s(shown: Shown) -> int:
    """Return for how many seconds caches may keep what is shown."""
    return PENDING_S if shown.forecast is None or shown.is_renewing else KEPT_S


def _sent(body: str, mimetype: str, kept_s: int) -> Response:
    """Return the response with a body, or 304 if the client has it."""
    tag = hashlib.sha256(body.encode()).hexdigest()[:32]
    if client_has(tag):
        response = Response(status=304, mimetype=mimetype)
    else:
        response = compressed_if_accepted(Response(body, mimetype=mimetype))
    response.headers["ETag"] = f'W/"{tag}"'  # weak: the same for both encodings
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={kept_s}"
    return response


def _failed(body: str, failure: Failure, mimetype: str) -> Response:
    FAILURES.labels(failure.code).inc()
    is_same_for_all = isinstance(failure, (BadData, BadRequest))
    response = Response(body, STATUS[failure.code], mimetype=mimetype)
    response.headers["Cache-Control"] = f"public, max-age={FAILED_KEPT_S}" if is_same_for_all else "no-store"
    if failure.retry_after_s:
        response.headers["Retry-After"] = str(failure.retry_after_s)
    return response


def _embedded(response: Response, policy: str) -> Response:
    """Let pages of other sites show the response, within its policy."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
