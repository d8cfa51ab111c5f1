"""Finished forecasts in Redis."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from redis import Redis

from common.domain.errors import NotFound
from common.redis.client.replies import check_replies, expect_bytes_or_none, expect_list
from common.runtime.gzipping import GzipBeginning


@dataclass(frozen=True)
class Result:
    """A finished forecast: a JSON object, and its chart as PNG and as gzipped SVG.

    ``svg_gzip`` is empty in results of a version without SVGs.
    """

    body: bytes
    png: bytes
    svg_gzip: bytes = b""

    @cached_property
    def json(self) -> bytes:
        """The JSON object with the chart, without its closing brace: the response body adds fields."""
        return self.body[:-1] + b', "plot_png_base64": "' + base64.b64encode(self.png) + b'"'

    @cached_property
    def gzip(self) -> GzipBeginning:
        """The same, compressed."""
        return GzipBeginning.of(self.json)

    @property
    def size(self) -> int:
        """An upper bound of the bytes that all forms of the result take."""
        return 3 * (len(self.body) + len(self.png) * 4 // 3) + len(self.svg_gzip)


class ResultStore:
    """The finished forecasts. Raises :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def result(self, key: str) -> Result:
        """Return a result.

        Raises:
            NotFound: there is none under this key, or no longer.
        """
        with check_replies(self._redis):
            reply: Any = self._redis.hmget(key, ["body", "png", "svg_gzip"])
            body, png, svg_gzip = map(expect_bytes_or_none, expect_list(reply, 3))
        if body is None or png is None:
            raise NotFound
        return Result(body, png, svg_gzip or b"")
