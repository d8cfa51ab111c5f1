"""An HTTP GET with a time limit and a size limit: the only network access of the HTTP providers."""

from __future__ import annotations

import asyncio
import math
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx

from common.domain.errors import ProviderUnavailable
from common.redis.provider_limits import LONGEST_OPEN_S
from common.runtime.proxies import find_proxy
from common.runtime.version import USER_AGENT
from ingestion_service.providers.base import TransientFailure
from ingestion_service.providers.fetch.uninterruptible_calls import NonWaitingExecutor

MAX_BODY_BYTES = 10_000_000
CONNECT_TIMEOUT_S = 2.0
"""Seconds to connect. A longer wait rarely succeeds, and the next provider can use the time."""


@dataclass(frozen=True)
class Query:
    """An address with parameters; the secret ones appear in no log and no ``repr``.

    Args:
        url: the address.
        params: the parameters that may be logged.
        secret_params: the parameters that may not.
        secret_headers: the headers that may not.
        most_bytes: the most bytes of the body, after decompression.
        takes_gzip: whether the response may be compressed.
    """

    url: str
    params: Mapping[str, str]
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    most_bytes: int = MAX_BODY_BYTES
    takes_gzip: bool = False


@dataclass(frozen=True)
class HttpResponse:
    """A complete HTTP response of at most :attr:`Query.most_bytes`."""

    status: int
    body: bytes
    retry_after_s: int | None


def download(query: Query, *, timeout_s: float) -> HttpResponse:
    """Send a GET request and return the response; redirects are not followed.

    The function blocks. It runs its own event loop to limit the whole request: httpx's time-outs are for one read, and
    a server that sends a byte a second never exceeds them.

    Args:
        query: the address and parameters.
        timeout_s: the most seconds from the name look-up to the last byte.

    Raises:
        TransientFailure: the connection failed.
        ProviderUnavailable: there is no complete response for another reason. The texts contain no address and no key.
    """
    try:
        return asyncio.run(_get_in_time(query, timeout_s))
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise ProviderUnavailable("The price source did not answer in time.") from exc
    except httpx.ProxyError as exc:
        raise TransientFailure("The price source could not be reached through the proxy.") from exc
    except httpx.TransportError as exc:
        raise TransientFailure("The price source could not be reached.") from exc
    except ImportError as exc:
        raise ProviderUnavailable("The proxy for price sources is of a kind that is not supported.") from exc
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as exc:
        raise ProviderUnavailable("The price source could not be reached.") from exc


async def _get_in_time(query: Query, timeout_s: float) -> HttpResponse:
    # asyncio would wait at its end for the thread of a name look-up.
    asyncio.get_running_loop().set_default_executor(NonWaitingExecutor(1))
    limits = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
    async with (
        asyncio.timeout(timeout_s),
        httpx.AsyncClient(transport=_SecretsTransport(query), timeout=limits, follow_redirects=False) as client,
    ):
        return await _get(client, query)


async def _get(client: httpx.AsyncClient, query: Query) -> HttpResponse:
    # Uncompressed by default, so that a small response cannot expand beyond the size limit.
    headers = {"Accept-Encoding": "gzip" if query.takes_gzip else "identity", "User-Agent": USER_AGENT}
    async with client.stream("GET", query.url, params=dict(query.params), headers=headers) as response:
        return HttpResponse(
            response.status_code,
            await _read_limited_body(response, query),
            parse_retry_after(response.headers.get("Retry-After")),
        )


@cache
def _load_trusted_certificates() -> ssl.SSLContext:
    """Return the trusted certificates; they are read once, because that takes 40 ms."""
    return httpx.create_ssl_context()


class _SecretsTransport(httpx.AsyncHTTPTransport):
    """Adds what is secret below the layer that logs each request with its address.

    httpx looks for a proxy in the environment only where it makes the transport itself.
    """

    def __init__(self, query: Query) -> None:
        super().__init__(verify=_load_trusted_certificates(), proxy=find_proxy(query.url))
        self._params = dict(query.secret_params)
        self._headers = dict(query.secret_headers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with its secrets."""
        url = request.url.copy_merge_params(self._params) if self._params else request.url
        headers = httpx.Headers({**request.headers, **self._headers})
        return await super().handle_async_request(
            httpx.Request(request.method, url, headers=headers, extensions=request.extensions)
        )


async def _read_limited_body(response: httpx.Response, query: Query) -> bytes:
    body = bytearray()
    is_compressed = query.takes_gzip and response.headers.get("Content-Encoding", "").strip().lower() == "gzip"
    expand = _Gunzip(query.most_bytes) if is_compressed else None
    async for chunk in response.aiter_raw():
        append_within_limit(body, expand(chunk) if expand else chunk, query.most_bytes)
    if expand and not expand.is_complete:
        raise TransientFailure("The price source sent an incomplete answer.")
    return bytes(body)


class _Gunzip:
    """Expands the chunks of a compressed body to at most a little more than ``most_bytes`` each."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    def __call__(self, chunk: bytes) -> bytes:
        try:
            return self._stream.decompress(chunk, self._most_bytes + 1)
        except zlib.error as exc:
            raise ProviderUnavailable("The price source sent an unreadable answer.") from exc

    @property
    def is_complete(self) -> bool:
        return self._stream.eof


def append_within_limit(body: bytearray, chunk: bytes, most_bytes: int = MAX_BODY_BYTES) -> None:
    """Append a chunk to a body.

    Raises:
        ProviderUnavailable: the body is larger than ``most_bytes``.
    """
    body += chunk
    if len(body) > most_bytes:
        raise ProviderUnavailable("The price source sent more data than a price history can have.")


def parse_retry_after(header: str | None) -> int | None:
    """Return the seconds of a ``Retry-After`` header, at most a day; None if it cannot be parsed."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        # int() raises for thousands of digits.
        return min(int(text), LONGEST_OPEN_S) if len(text) < 10 else LONGEST_OPEN_S
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    left_s = (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(math.ceil(left_s), 0), LONGEST_OPEN_S)
