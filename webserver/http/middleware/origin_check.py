"""Refuses changes that a page of another site sends through a visitor's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from common.domain.errors import InvalidRequest
from common.runtime.hosts import AllowedHosts, Host
from webserver.http.problems import problem

OTHER_SITE = (
    "A page of another site sent this request, so it was refused. Send it from the Stockcast page or a program."
)


def cross_site_refusal(hosts: AllowedHosts) -> Response | None:
    """Return the 403 response if a page of another site sent the present request."""
    site, origin = request.environ.get("HTTP_SEC_FETCH_SITE"), request.environ.get("HTTP_ORIGIN")
    if (site is None and origin is None) or is_same_site(site, origin, request.host, hosts):
        return None
    return problem(InvalidRequest(OTHER_SITE), status=403)


def is_same_site(site: str | None, origin: str | None, host: str, hosts: AllowedHosts) -> bool:
    """Return whether a page of this server sent the request, or a program.

    Browsers send ``Sec-Fetch-Site`` over TLS and on loopback, and ``Origin`` otherwise; a program sends neither. A
    proxy may replace the browser's ``Host``. An origin that ``ALLOWED_HOSTS`` contains then counts as this server.
    """
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or _is_own_origin(origin, host, hosts)


def _is_own_origin(origin: str, host: str, hosts: AllowedHosts) -> bool:
    try:
        scheme, netloc, *rest = urlsplit(origin)
        named = Host.parse(netloc)
        return scheme in {"http", "https"} and not any(rest) and (named == Host.parse(host) or hosts.name(named))
    except ValueError:  # no host, or an incomplete IPv6 address
        return False
