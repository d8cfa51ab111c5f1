"""Bytes that are sent plain or compressed, as the client likes; what is sent often is compressed once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from flask import Response, request

from common.domain.errors import NotFound
from common.runtime.gzipping import LEVEL
from webserver.http.conditional_requests import client_has
from webserver.http.cooperative_work import in_thread


@dataclass(frozen=True)
class Compressed:
    """Bytes, the same compressed, and a digest that changes with them."""

    plain: bytes
    compressed: bytes
    digest: str
    mimetype: str

    @classmethod
    def of(cls, plain: bytes, mimetype: str) -> Compressed:
        """Compress ``plain``, in a thread of its own: four megabytes take half a second."""
        digest = hashlib.sha256(plain).hexdigest()[:16]
        return cls(plain, in_thread(lambda: gzip.compress(plain, mtime=0)), digest, mimetype)

    def response(self) -> Response:
        """Answer the present request with it; 304 where the client has it."""
        # Weak: the same in both encodings.
        headers = [("Vary", "Accept-Encoding"), ("Cache-Control", "no-cache"), ("ETag", f'W/"{self.digest}"')]
        if client_has(self.digest):
            return Response(status=304, headers=headers, mimetype=self.mimetype)
        response = self.whole()
        response.headers.extend(headers)
        return response

    def whole(self) -> Response:
        """Answer the present request with all of it, whatever the client has."""
        if not takes_gzip():
            return Response(self.plain, mimetype=self.mimetype)
        return Response(self.compressed, mimetype=self.mimetype, headers={"Content-Encoding": "gzip"})


def takes_gzip() -> bool:
    """Whether the client of the present request takes an answer compressed."""
    return "HTTP_ACCEPT_ENCODING" in request.environ and bool(request.accept_encodings["gzip"])


def compressed_where_liked(response: Response) -> Response:
    """Compress what was made for the present request, where its client likes that; ``Vary`` is the caller's to say."""
    if takes_gzip():
        plain = response.get_data()
        response.set_data(in_thread(lambda: gzip.compress(plain, LEVEL, mtime=0)))
        response.headers["Content-Encoding"] = "gzip"
    return response


def file_of_wheel(package: str, path: str) -> bytes:
    """A file that an installed package carries; found without importing it, which a web process has no use for.

    Raises:
        NotFound: the package is not installed.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise NotFound(f"{package} is not installed.")
    return (Path(found.origin).parent / path).read_bytes()
