"""Middleware for what proxies in front of the server report: the client's address, the scheme, the host."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SCHEMES = {"http", "https"}


def behind_proxies(application: WSGIApplication, hops: int) -> WSGIApplication:
    """Return an application that believes the last ``hops`` values of each ``X-Forwarded`` header, or none at all."""
    if not hops:
        return application
    return ProxyFix(_Checked(application), x_for=hops, x_proto=hops, x_host=hops)


class _Checked:
    """Replaces what a proxy reported by what the connection shows, where the report makes no sense."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen = environ["werkzeug.proxy_fix.orig"]
        environ["REMOTE_ADDR"] = _address(environ.get("REMOTE_ADDR") or "") or seen["REMOTE_ADDR"] or ""
        scheme = environ["wsgi.url_scheme"].lower()
        environ["wsgi.url_scheme"] = scheme if scheme in _SCHEMES else seen["wsgi.url_scheme"]
        return self._application(environ, start_response)


def _address(text: str) -> str | None:
    """Return the address, without its port where there is one; None where there is no address."""
    name = text.strip()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        return str(ip_address(name))
    except ValueError:
        return None
