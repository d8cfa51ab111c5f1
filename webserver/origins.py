"""Keeps other sites' pages from acting through a visitor's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from common.errors import InvalidRequest
from webserver.problems import problem

OTHER_SITE = "Pages of other sites may not do this."
_READING = {"GET", "HEAD", "OPTIONS"}


def refuse_other_sites(app: Flask) -> None:
    """Make the application answer 403 where another site's page asks for a change."""
    app.before_request(_refused)


def _refused() -> Response | None:
    if request.method in _READING or is_from_here(
        request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host
    ):
        return None
    return problem(InvalidRequest(OTHER_SITE), status=403)


def is_from_here(site: str | None, origin: str | None, host: str) -> bool:
    """Whether a request comes from our own page, or from no page at all.

    Browsers say so in ``Sec-Fetch-Site``, older ones in ``Origin``; what says neither is a program and no browser.
    """
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or urlsplit(origin).netloc == host
