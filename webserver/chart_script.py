"""The script of the interactive chart, out of the installed plotly wheel: hashed, compressed once, cached for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from common.errors import NotFound

_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class ChartScript:
    """The script's bytes, plain and compressed, and the name that changes with them."""

    plain: bytes
    compressed: bytes
    name: str


def chart_script() -> Blueprint:
    """Make the routes of the chart's script."""
    scripts = Blueprint("chart_script", __name__)

    @scripts.get("/chart-script.js")
    def newest() -> BaseResponse:
        """Where the script is now; the page knows this address only."""
        response = redirect(f"/chart-script/{_loaded().name}.js")
        response.headers["Cache-Control"] = "no-cache"
        return response

    @scripts.get("/chart-script/<name>.js")
    def script(name: str) -> Response:
        """The script itself."""
        loaded = _loaded()
        if name != loaded.name:
            raise NotFound("This chart script is of another version.")
        response = _encoded(loaded)
        response.headers["Cache-Control"] = _FOREVER
        response.headers["Vary"] = "Accept-Encoding"
        return response

    return scripts


def _encoded(script: ChartScript) -> Response:
    if not request.accept_encodings["gzip"]:
        return Response(script.plain, mimetype="text/javascript")
    response = Response(script.compressed, mimetype="text/javascript")
    response.headers["Content-Encoding"] = "gzip"
    return response


@cache
def _loaded() -> ChartScript:
    """Read the script when it is first asked for: most processes never are, and compressing takes half a second."""
    plain = _script_file().read_bytes()
    return ChartScript(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:16])


def _script_file() -> Path:
    """Where the wheel keeps it; found without importing plotly, which a web process has no use for."""
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise NotFound("The interactive chart is not installed.")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"
