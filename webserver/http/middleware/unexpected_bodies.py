"""Refusal of a body on a route of the API that takes none: what the client asked for there would be ignored."""

from __future__ import annotations

from flask import Flask, request

from common.domain.errors import InvalidRequest
from webserver.http.operations import operation_of

_API = "/api/v1/"
_REFUSAL = "This request takes no body. Send it without one."


def refuse_unexpected_bodies(app: Flask) -> None:
    """Make the application refuse every body that is not empty, on routes that take none."""

    @app.before_request
    def check() -> None:
        if not (request.endpoint and request.path.startswith(_API)):
            return
        if operation_of(app.view_functions[request.endpoint]).body is None and _has_body():
            raise InvalidRequest(_REFUSAL)


def _has_body() -> bool:
    """Return whether the request has a byte of body; one without a length (chunked) is read as far as its first."""
    if request.content_length is not None:
        return request.content_length > 0
    return bool(request.environ.get("HTTP_TRANSFER_ENCODING")) and bool(request.stream.read(1))
