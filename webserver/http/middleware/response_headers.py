"""Middleware that measures every request and adds the security headers to every response.

It wraps Flask: as a hook of Flask it cost nearly as much as the rest of a 304 response.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Histogram

from common.runtime.metrics import REPEATED_FORECAST_SECONDS, REQUEST_SECONDS, REQUESTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_POLICY = ("Content-Security-Policy", CONTENT_SECURITY_POLICY)
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_NO_FRAMES = ("X-Frame-Options", "DENY")
_NO_OTHER_SITES = ("Cross-Origin-Resource-Policy", "same-origin")
_OVER_TLS = ("Strict-Transport-Security", "max-age=31536000")
_NO_ROUTE = ("none", "none")
REPEATED_FORECAST = "stockcast.repeated_forecast"
"""The key in the WSGI environment of an answer whose result existed."""


class ResponseHeaders:
    """Wraps a WSGI application."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle one request."""
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            _record_metrics(environ, status, time.perf_counter() - began)
            _add_headers(headers, environ)
            return start_response(status, headers, *failure)

        return self._application(environ, start)


def _record_metrics(environ: WSGIEnvironment, status: str, seconds: float) -> None:
    """Count and time a request by its route; paths are unbounded."""
    # A request with a refused host has not reached Flask.
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    route, method = (rule.rule, environ["REQUEST_METHOD"]) if rule else _NO_ROUTE
    _counter(route, method, status[:3]).inc()
    _timer(route).observe(seconds)
    if REPEATED_FORECAST in environ:
        REPEATED_FORECAST_SECONDS.observe(seconds)


@cache
def _counter(route: str, method: str, status: str) -> Counter:
    return REQUESTS.labels(route, method, status)


@cache
def _timer(route: str) -> Histogram:
    return REQUEST_SECONDS.labels(route)


def _add_headers(headers: list[tuple[str, str]], environ: WSGIEnvironment) -> None:
    # Some responses have their own policies.
    own = dict(headers)
    policy = own.get("Content-Security-Policy")
    if policy is None:
        headers.append(_POLICY)
    if policy is None or "frame-ancestors" not in policy or "frame-ancestors 'none'" in policy:
        headers.append(_NO_FRAMES)
    if "Cross-Origin-Resource-Policy" not in own:
        headers.append(_NO_OTHER_SITES)
    headers.extend(_ALWAYS)
    if environ["wsgi.url_scheme"] == "https":
        headers.append(_OVER_TLS)
