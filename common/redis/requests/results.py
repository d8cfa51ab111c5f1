"""Results of finished requests in Redis."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from redis import Redis

from common.domain.errors import NotFound
from common.redis.client.replies import check_replies, expect_bytes_or_none, expect_list
from common.runtime.gzipping import GzipBeginning

FILES = ("png", "svg_gzip", "pdf", "html_gzip")
"""The fields of the files in Redis."""


@dataclass(frozen=True)
class Result:
    """A finished analysis: a JSON object, and its files.

    A forecast has a chart as PNG and as gzipped SVG, a report a PDF and a gzipped HTML page. A file that a kind, or the
    version that wrote the result, does not have is empty.
    """

    body: bytes
    png: bytes = b""
    svg_gzip: bytes = b""
    pdf: bytes = b""
    html_gzip: bytes = b""

    @cached_property
    def json(self) -> bytes:
        """The JSON object with the chart, without its closing brace: the response body adds fields."""
        return b"".join(self._parts)

    @cached_property
    def gzip(self) -> GzipBeginning:
        """The same, compressed."""
        return GzipBeginning.of(*self._parts)

    @property
    def _parts(self) -> tuple[bytes, bytes]:
        return self.body[:-1] + b', "plot_png_base64": "', base64.b64encode(self.png) + b'"'

    @property
    def files(self) -> tuple[bytes, ...]:
        """The files in the order of :data:`FILES`."""
        return self.png, self.svg_gzip, self.pdf, self.html_gzip

    @property
    def size(self) -> int:
        """An upper bound of the bytes that all forms of the result take."""
        return 3 * (len(self.body) + len(self.png) * 4 // 3) + sum(map(len, self.files[1:]))


class ResultStore:
    """The results of finished requests. Raises :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def result(self, key: str) -> Result:
        """Return a result.

        Raises:
            NotFound: there is none under this key, or no longer.
        """
        with check_replies(self._redis):
            reply: Any = self._redis.hmget(key, ["body", *FILES])
            body, *files = map(expect_bytes_or_none, expect_list(reply, 1 + len(FILES)))
        if body is None or files[0] is None:
            raise NotFound
        return Result(body, *(file or b"" for file in files))

    def body(self, key: str) -> bytes:
        """Return the JSON object of a result, without its files.

        Raises:
            NotFound: there is none under this key, or no longer.
        """
        with check_replies(self._redis):
            reply: Any = self._redis.hget(key, "body")
            body = expect_bytes_or_none(reply)
        if body is None:
            raise NotFound
        return body
