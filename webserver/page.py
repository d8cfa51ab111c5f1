"""The page and its files, and the headers that keep other people's scripts out."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, Response, request, send_from_directory

from common.errors import NotFound
from webserver.operations import UNCHANGED, Answer, Operation, described

STATIC = Path(__file__).resolve().parent.parent / "static"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def page() -> Blueprint:
    """Make the routes of the page."""
    pages = Blueprint("page", __name__)

    @pages.get("/")
    @described(Operation("page", {200: Answer("The page.", ("text/html",))}))
    def index() -> Response:
        """The page."""
        return send_from_directory(STATIC, "index.html")

    return pages


def describe_files(app: Flask) -> None:
    """Say what Flask's own route of the page's files answers."""
    kinds = ("text/html", "text/css", "text/javascript", "image/svg+xml")
    operation = Operation("page", {200: Answer("The file.", kinds, ("ETag",)), 304: UNCHANGED}, (NotFound,))
    app.view_functions["static"] = described(operation)(_file)


def _file(filename: str) -> Response:
    """A file of the page."""
    return send_from_directory(STATIC, filename)


def with_security_headers(response: Response) -> Response:
    """Add the headers that every answer carries."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
