"""The page, its files and its chart script over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from common.domain.access import Scope
from common.domain.errors import NotFound
from webserver.http.compression import CompressedBody
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.site.service_worker import service_worker
from webserver.site.static_files import MIMETYPES, chart_script_file, page_files

_TAG = "page"
PEOPLE = ("login", "register", "reset", "account", "administration")
"""The pages of accounts."""
_IMMUTABLE = "public, max-age=31536000, immutable"


def _page_of(body: CompressedBody) -> Callable[[], Response]:
    """Return the view of a page."""

    @described(
        Operation(_TAG, Scope.PUBLIC, {200: OperationResponse("The page.", ("text/html",), ("ETag",)), 304: UNCHANGED})
    )
    def view() -> Response:
        """Return the page."""
        return body.response()

    return view


def page() -> Blueprint:
    """Return the routes of the page."""
    pages = Blueprint("page", __name__)
    files = page_files()
    script = chart_script_file()
    worker = service_worker(files, script.digest)

    @pages.get("/")
    @described(
        Operation(_TAG, Scope.PUBLIC, {200: OperationResponse("The page.", ("text/html",), ("ETag",)), 304: UNCHANGED})
    )
    def index() -> Response:
        """Return the page."""
        return files["index.html"].response()

    for name in PEOPLE:
        pages.add_url_rule(f"/{name}", name, _page_of(files[f"people/{name}.html"]))
    pages.add_url_rule("/track-record", "track_record", _page_of(files["track_record/index.html"]))

    @pages.get("/static/<path:name>")
    @described(
        Operation(
            _TAG,
            Scope.PUBLIC,
            {200: OperationResponse("The file.", tuple(MIMETYPES.values()), ("ETag",)), 304: UNCHANGED},
            (NotFound,),
        )
    )
    def file(name: str) -> Response:
        """Return a file of the page."""
        if name not in files:
            raise NotFound("This file does not exist. Check the address.")
        return files[name].response()

    @pages.get("/service-worker.js")
    @described(
        Operation(
            _TAG, Scope.PUBLIC, {200: OperationResponse("The script.", ("text/javascript",), ("ETag",)), 304: UNCHANGED}
        )
    )
    def worker_script() -> Response:
        """Return the service worker. It is at the root, because it is for the addresses below its own."""
        return worker.response()

    @pages.get("/chart-script.js")
    @described(
        Operation(
            _TAG, Scope.PUBLIC, {302: OperationResponse("The address of the script.", ("text/html",), ("Location",))}
        )
    )
    def newest_script() -> BaseResponse:
        """Redirect to the present version of the chart script."""
        # A relative address also works below a proxy's path.
        response = redirect(f"chart-script/{script.digest}.js")
        response.headers["Cache-Control"] = "no-cache"
        return response

    @pages.get("/chart-script/<digest>.js")
    @described(
        Operation(
            _TAG, Scope.PUBLIC, {200: OperationResponse("The script.", ("text/javascript",), ("ETag",))}, (NotFound,)
        )
    )
    def chart_script(digest: str) -> Response:
        """Return a version of the chart script, which clients cache for ever."""
        if digest != script.digest:
            raise NotFound("This version of the chart script does not exist. Reload the page.")
        response = script.response()
        response.headers["Cache-Control"] = _IMMUTABLE
        return response

    return pages
