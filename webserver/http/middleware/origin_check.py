"""Keeps other sites' pages from acting through a visitor's browser."""

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
    """Answer the present request 403 where another site's page sends it; None where it may go on."""
    site, origin = request.environ.get("HTTP_SEC_FETCH_SITE"), request.environ.get("HTTP_ORIGIN")
    if (site is None and origin is None) or is_from_here(site, origin, request.host, hosts):
        return None
    return problem(InvalidRequest(OTHER_SITE), status=403)


def is_from_here(site: str | None, origin: str | None, host: str, hosts: AllowedHosts) -> bool:
    """Whether a request comes from our own page, or from no page at all.

    Browsers send ``Sec-Fetch-Site`` over TLS and on loopback, and ``Origin`` otherwise; a program sends neither. A
    proxy may replace the ``Host`` that the browser sent: then the origin counts as ours where the setting names it.
    """
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or _is_ours(origin, host, hosts)


def _is_ours(origin: str, host: str, hosts: AllowedHosts) -> bool:
    try:
        scheme, netloc, *rest = urlsplit(origin)
        named = Host.parse(netloc)
        return scheme in {"http", "https"} and not any(rest) and (named == Host.parse(host) or hosts.name(named))
    except ValueError:  # no host, or, for urlsplit, half of an IPv6 address
        return False
