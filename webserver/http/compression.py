"""Responses whose body is compressed if the client accepts gzip."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from flask import Response, request

from common.runtime.gzipping import LEVEL
from webserver.http.conditional_requests import client_has
from webserver.http.cooperative_work import in_thread


@dataclass(frozen=True)
class CompressedBody:
    """A response body that never changes, compressed once; few clients need it plain."""

    compressed: bytes
    digest: str
    mimetype: str

    @classmethod
    def of(cls, plain: bytes, mimetype: str) -> Self:
        """Compress ``plain``."""
        return cls(gzip.compress(plain, 6, mtime=0), hashlib.sha256(plain).hexdigest()[:16], mimetype)

    @property
    def tag(self) -> str:
        """The value of ``ETag``. It is weak: the same for both encodings."""
        return f'W/"{self.digest}"'

    @property
    def plain(self) -> bytes:
        """The body without compression."""
        return in_thread(lambda: gzip.decompress(self.compressed))

    def response(self) -> Response:
        """Return the response to the present request: the body, or 304 if the client has it."""
        headers = [("Vary", "Accept-Encoding"), ("Cache-Control", "no-cache"), ("ETag", self.tag)]
        if client_has(self.digest):
            return Response(status=304, headers=headers, mimetype=self.mimetype)
        response = self.whole()
        response.headers.extend(headers)
        return response

    def whole(self) -> Response:
        """Return the response with the body, without regard to the client's copy."""
        if not takes_gzip():
            return Response(self.plain, mimetype=self.mimetype)
        return Response(self.compressed, mimetype=self.mimetype, headers={"Content-Encoding": "gzip"})


def takes_gzip() -> bool:
    """Return whether the client of the present request accepts gzip."""
    return "HTTP_ACCEPT_ENCODING" in request.environ and bool(request.accept_encodings["gzip"])


def compressed_if_accepted(response: Response) -> Response:
    """Compress a response in place if the client accepts gzip; the caller sets ``Vary``."""
    if takes_gzip():
        plain = response.get_data()
        response.set_data(in_thread(lambda: gzip.compress(plain, LEVEL, mtime=0)))
        response.headers["Content-Encoding"] = "gzip"
    return response


def conditional_json(body: str) -> Response:
    """Return the response with a JSON body, or 304 if the client has it. The tag is that of the body."""
    tag = hashlib.sha256(body.encode()).hexdigest()[:32]
    if client_has(tag):
        return revalidated(Response(status=304), tag)
    return revalidated(compressed_if_accepted(Response(body, mimetype="application/json")), tag)


def revalidated(response: Response, tag: str, vary: str = "Accept-Encoding") -> Response:
    """Have clients ask with ``tag`` before they use their copy again. The response is changed in place."""
    response.headers["ETag"] = f'W/"{tag}"'  # weak: the same for both encodings
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = vary
    return response


def compressed_parts(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of a body with gzip's compression."""
    compressor = zlib.compressobj(LEVEL, wbits=zlib.MAX_WBITS | 16)
    for part in parts:
        yield compressor.compress(part)
    yield compressor.flush()
