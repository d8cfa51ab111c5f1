"""Middleware that refuses requests to host names of other servers, before anything else handles them.

Without it, a page of a domain that resolves to this machine (DNS rebinding) would count as a page of this server.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response

from common.domain.errors import InvalidRequest
from common.runtime.hosts import AllowedHosts, Host, InvalidHost
from webserver.http.problems import problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PROBES = {"/livez", "/readyz", "/metrics"}
NO_HOST = "The request has no valid host name. Send a Host header such as localhost:5000."
OTHER_HOST = (
    "This server does not answer to the host name of the request. Use another name, or have its operator add this one "
    "to the setting ALLOWED_HOSTS."
)


class HostCheck:
    """Wraps a WSGI application."""

    def __init__(self, application: WSGIApplication, hosts: AllowedHosts) -> None:
        self._application = application
        self._hosts = hosts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle one request."""
        refusal = self._refusal(environ)
        return (self._application if refusal is None else refusal)(environ, start_response)

    def _refusal(self, environ: WSGIEnvironment) -> Response | None:
        header = environ.get("HTTP_HOST")
        if header is None and environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
            return None  # HTTP/1.0 needs no Host header, and no browser uses it
        try:
            host = Host.parse(header or "")
        except InvalidHost:
            return problem(InvalidRequest(NO_HOST), status=HTTPStatus.BAD_REQUEST)
        allow = self._hosts.allows_probe if environ["PATH_INFO"] in PROBES else self._hosts.allows
        return None if allow(host) else problem(InvalidRequest(OTHER_HOST), status=HTTPStatus.MISDIRECTED_REQUEST)
