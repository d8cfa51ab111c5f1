"""The server's own API, called within the process for the caller of the present request.

A call passes the same checks as one from outside: the caller's credentials and scopes, rate limits and validation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_COOKIE")
_CONNECTION = ("REMOTE_ADDR", "HTTP_HOST", "wsgi.url_scheme", "SERVER_NAME", "SERVER_PORT")


@dataclass(frozen=True)
class ApiFailure(Exception):
    """The API refused a call. ``detail`` says what happened and what to do."""

    detail: str
    code: str


class OwnApi:
    """Calls the application for the present request's caller."""

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Return the answer to a GET request.

        Raises:
            ApiFailure: the API refused it.
        """
        given = {name: value for name, value in params.items() if value is not None}
        return _send(EnvironBuilder(path=path, method="GET", query_string=given))

    def ask(self, path: str, body: Mapping[str, Any], wait_s: int, **params: Any) -> dict[str, Any]:
        """Make a request for an analysis; return its result, or its progress after ``wait_s`` seconds.

        Raises:
            ApiFailure: the API refused it, or it failed.
        """
        given = {name: value for name, value in body.items() if value is not None}
        headers = [("Prefer", f"wait={wait_s}")]
        return _send(EnvironBuilder(path=path, method="POST", json=given, query_string=params, headers=headers))


def _send(builder: EnvironBuilder) -> dict[str, Any]:
    environ = _environ_of(builder)
    # The class's own method: what wraps it has done its work for the present request.
    parts, status, _ = run_wsgi_app(lambda *wsgi: Flask.wsgi_app(current_app, *wsgi), environ, buffered=True)
    answer = json.loads(b"".join(parts))
    if int(status[:3]) >= 400:
        raise ApiFailure(answer["detail"], answer["code"])
    body: dict[str, Any] = answer
    return body


def _environ_of(builder: EnvironBuilder) -> WSGIEnvironment:
    try:
        environ = builder.get_environ()
    finally:
        builder.close()
    present = request.environ
    for name in (*_CREDENTIALS, *_CONNECTION):
        if name in present:
            environ[name] = present[name]
    return environ
