"""Middleware that takes the client's address, the scheme and the host from the headers of trusted proxies."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SCHEMES = {"http", "https"}


def behind_proxies(application: WSGIApplication, hops: int) -> WSGIApplication:
    """Return the application behind ``hops`` trusted proxies, each of which adds a value to ``X-Forwarded`` headers."""
    if not hops:
        return application
    return ProxyFix(_Checked(application), x_for=hops, x_proto=hops, x_host=hops)


class _Checked:
    """Replaces an invalid value from a proxy with the connection's own."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        connection = environ["werkzeug.proxy_fix.orig"]
        environ["REMOTE_ADDR"] = _address(environ.get("REMOTE_ADDR") or "") or connection["REMOTE_ADDR"] or ""
        scheme = environ["wsgi.url_scheme"].lower()
        environ["wsgi.url_scheme"] = scheme if scheme in _SCHEMES else connection["wsgi.url_scheme"]
        return self._application(environ, start_response)


def _address(text: str) -> str | None:
    """Return the address without its port; None if the text is not an address."""
    name = text.strip()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        return str(ip_address(name))
    except ValueError:
        return None
