"""Refusal of query parameters that a route of the API does not have, or that come twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask, request

from common.domain.errors import InvalidRequest
from common.domain.validation import shown, unknown_name
from webserver.http.operations import operation_of

_API = "/api/v1/"


def refuse_unknown_parameters(app: Flask) -> None:
    """Make the application refuse them; a model then checks the values of those that are known."""

    @app.before_request
    def check() -> None:
        # Most requests have none.
        if request.environ.get("QUERY_STRING") and request.endpoint and request.path.startswith(_API):
            view_args = frozenset(request.view_args or ())
            _check(_parameters(app.view_functions[request.endpoint]) - view_args)


def _check(known: frozenset[str]) -> None:
    for name, values in request.args.lists():
        if name not in known:
            raise unknown_name("query parameter", name, sorted(known))
        if len(values) > 1:
            raise InvalidRequest(f"{name} is given twice: {shown(values[0])} and {shown(values[1])}. Send it once.")


@cache
def _parameters(view: Callable[..., Any]) -> frozenset[str]:
    query = operation_of(view).query
    return frozenset(query.model_fields) if query else frozenset()
