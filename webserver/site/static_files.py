"""The static files, read and compressed when the application is made, before the worker processes are forked.

Compressing all of them takes a quarter of a second. A change of a file needs a restart of the web server.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from webserver.http.compression import CompressedBody

_FOLDER = Path(__file__).resolve().parents[2] / "static"
_CHART_SCRIPT = Path(__file__).with_name("plotly") / "plotly-finance.min.js"
MIMETYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@cache
def page_files() -> dict[str, CompressedBody]:
    """Return the files of the page by their paths in ``static/``."""
    paths = [path for path in _FOLDER.rglob("*") if path.suffix in MIMETYPES]
    return {path.relative_to(_FOLDER).as_posix(): _compressed(path) for path in paths}


@cache
def chart_script_file() -> CompressedBody:
    """Return the part of plotly that draws the page's charts."""
    return _compressed(_CHART_SCRIPT)


@cache
def package_file(package: str, path: str) -> CompressedBody:
    """Return a file of an installed package, without importing the package.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed")
    return _compressed(Path(found.origin).parent / path)


def _compressed(path: Path) -> CompressedBody:
    return CompressedBody.of(path.read_bytes(), MIMETYPES[path.suffix])
