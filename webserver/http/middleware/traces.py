"""Middleware that makes a span of each HTTP request, probes excepted, and continues the trace of its client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from common.runtime.tracing.spans import annotate, is_wanted, mark_failed, rename, span

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_UNTRACED = {"/livez", "/readyz", "/metrics"}


def traced(application: WSGIApplication) -> WSGIApplication:
    """Return the application with traces, or unchanged if the environment names no collector."""
    return _Traced(application) if is_wanted() else application


class _Traced:
    """Names each span by the route: an address may contain a secret."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _UNTRACED:
            return self._application(environ, start_response)
        method = environ["REQUEST_METHOD"]

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
            if rule is not None:
                rename(f"{method} {rule.rule}")
                annotate(**{"http.route": rule.rule})
            annotate(**{"http.response.status_code": int(status[:3])})
            if status.startswith("5"):
                mark_failed(status[:3])
            return start_response(status, headers, *failure)

        with span(method, "server", environ.get("HTTP_TRACEPARENT"), **{"http.request.method": method}):
            return self._application(environ, start)
