"""Keeps other sites' pages from acting through a visitor's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from common.errors import InvalidRequest
from webserver.problems import problem

OTHER_SITE = "Pages of other sites may not do this."


def refused_for_its_site() -> Response | None:
    """Answer the present request 403 where another site's page sends it; None where it may go on."""
    site, origin = request.environ.get("HTTP_SEC_FETCH_SITE"), request.environ.get("HTTP_ORIGIN")
    if (site is None and origin is None) or is_from_here(site, origin, request.host):
        return None
    return problem(InvalidRequest(OTHER_SITE), status=403)


def is_from_here(site: str | None, origin: str | None, host: str) -> bool:
    """Whether a request comes from our own page, or from no page at all.

    Browsers say so in ``Sec-Fetch-Site``, older ones in ``Origin``; what says neither is a program and no browser.
    """
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or urlsplit(origin).netloc == host
