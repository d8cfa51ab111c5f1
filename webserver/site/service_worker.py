"""The service worker's script as it is served: with the version of the page's files, and the files that it keeps."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from webserver.http.compression import CompressedBody

SCRIPT = "page/service_worker.js"
LATER = ("offline/offline.js", "offline/kept_answers.js", "text/offline.js")
"""The files that the page needs without a network and loads after the first view."""
_FILE = re.compile(r'(?:href|src)="static/([^"]+)"')


def service_worker(files: Mapping[str, CompressedBody], chart_script: str) -> CompressedBody:
    """Return the script.

    Args:
        files: the files of the page by their paths in ``static/``.
        chart_script: the digest of the chart's script.
    """
    script = files[SCRIPT]
    digests = sorted((name, body.digest) for name, body in files.items())
    version = hashlib.sha256(json.dumps([digests, chart_script]).encode()).hexdigest()[:16]
    build = {"version": version, "files": kept_files(files)}
    return CompressedBody.of(f"globalThis.BUILD = {json.dumps(build)};\n".encode() + script.plain, script.mimetype)


def kept_files(files: Mapping[str, CompressedBody]) -> dict[str, str]:
    """Return the tags of the files of the first view by their addresses; that of the page is empty."""
    page = files["index.html"]
    named = dict.fromkeys([*_FILE.findall(page.plain.decode()), *LATER])
    return {"": page.tag} | {f"static/{name}": files[name].tag for name in named}
