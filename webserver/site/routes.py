"""The page and its files."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response
from werkzeug.security import safe_join

from common.domain.errors import NotFound
from webserver.http.compression import Compressed
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described

STATIC = Path(__file__).resolve().parents[2] / "static"
_FOLDER = str(STATIC)
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def page() -> Blueprint:
    """Make the routes of the page."""
    pages = Blueprint("page", __name__)

    @pages.get("/")
    @described(Operation("page", {200: OperationResponse("The page.", ("text/html",))}))
    def index() -> Response:
        """The page."""
        return _file("index.html")

    return pages


def describe_files(app: Flask) -> None:
    """Say what Flask's own route of the page's files answers."""
    kinds = tuple(KINDS.values())
    operation = Operation("page", {200: OperationResponse("The file.", kinds, ("ETag",)), 304: UNCHANGED}, (NotFound,))
    app.view_functions["static"] = described(operation)(_file)


def _file(filename: str) -> Response:
    """A file of the page, asked for again at each visit, and sent again only where it changed."""
    found = safe_join(_FOLDER, filename)
    try:
        changed_at = os.stat(found or "").st_mtime_ns  # noqa: PTH116 - a Path takes as long as the rest of a 304
    except (OSError, ValueError) as exc:
        raise _no_such_file() from exc
    return _compressed(str(found), changed_at).response()


@lru_cache(maxsize=64)
def _compressed(path: str, _changed_at: int) -> Compressed:
    """The file as it was at that time."""
    file = Path(path)
    if not file.is_file() or file.suffix not in KINDS:
        raise _no_such_file()
    return Compressed.of(file.read_bytes(), KINDS[file.suffix])


def _no_such_file() -> NotFound:
    return NotFound("This file does not exist. Check the address.")
