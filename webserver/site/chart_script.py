"""The script of the interactive chart, out of the installed plotly wheel: hashed, compressed once, cached for ever."""

from __future__ import annotations

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from common.domain.errors import NotFound
from webserver.http.compression import Compressed, file_of_wheel
from webserver.http.cooperative_work import once
from webserver.http.operations import Operation, OperationResponse, described

_FOREVER = "public, max-age=31536000, immutable"
_TAG = "page"


def chart_script() -> Blueprint:
    """Make the routes of the chart's script."""
    scripts = Blueprint("chart_script", __name__)

    @scripts.get("/chart-script.js")
    @described(Operation(_TAG, {302: OperationResponse("Where it is.", ("text/html",), ("Location",))}, (NotFound,)))
    def newest() -> BaseResponse:
        """Where the script is now; the page knows this address only."""
        # Relative, so that it holds below a path of a proxy as well.
        response = redirect(f"chart-script/{_loaded().digest}.js")
        response.headers["Cache-Control"] = "no-cache"
        return response

    @scripts.get("/chart-script/<name>.js")
    @described(Operation(_TAG, {200: OperationResponse("The script.", ("text/javascript",), ("ETag",))}, (NotFound,)))
    def script(name: str) -> Response:
        """The script itself."""
        loaded = _loaded()
        if name != loaded.digest:
            raise NotFound("This version of the chart script does not exist. Reload the page.")
        response = loaded.response()
        response.headers["Cache-Control"] = _FOREVER
        return response

    return scripts


@once
def _loaded() -> Compressed:
    """Read the script when it is first asked for: most processes never are, and compressing takes half a second."""
    return Compressed.of(file_of_wheel("plotly", "package_data/plotly.min.js"), "text/javascript")
