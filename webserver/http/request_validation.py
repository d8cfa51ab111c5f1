"""Refuses query parameters and bodies that an operation of the API does not have, before its view runs."""

from __future__ import annotations

from typing import get_origin

from flask import Flask, request

from common.domain.errors import InvalidRequest
from common.domain.validation import describe_value, explain_unknown_name
from webserver.http.operations import Operation, operation_of

_API = "/api/v1/"
_UNEXPECTED_BODY = "This request takes no body. Send it without one."


def validate_requests(app: Flask) -> None:
    """Check each request to the API; the operation's models check the values."""

    @app.before_request
    def check() -> None:
        if not (request.endpoint and request.path.startswith(_API)):
            return
        operation = operation_of(app.view_functions[request.endpoint])
        if request.environ.get("QUERY_STRING"):
            _check_parameters(operation)
        if operation.body is None and not operation.file and _has_body():
            raise InvalidRequest(_UNEXPECTED_BODY)


def _check_parameters(operation: Operation) -> None:
    known = (operation.query.model_fields.keys() if operation.query else set()) - (request.view_args or {}).keys()
    for name, values in request.args.lists():
        if name not in known:
            raise explain_unknown_name("query parameter", name, sorted(known))
        if len(values) > 1 and not _may_repeat(operation, name):
            raise InvalidRequest(
                f"{name} is given twice: {describe_value(values[0])} and {describe_value(values[1])}. Send it once."
            )


def _may_repeat(operation: Operation, name: str) -> bool:
    """Return whether a parameter is a list, of which each value is a parameter of its own."""
    return operation.query is not None and get_origin(operation.query.model_fields[name].annotation) is tuple


def _has_body() -> bool:
    """Return whether the body has at least one byte; a chunked body is read up to its first byte."""
    if request.content_length is not None:
        return request.content_length > 0
    return bool(request.environ.get("HTTP_TRANSFER_ENCODING")) and bool(request.stream.read(1))
