"""One HTTP GET under one time limit and one size limit; no other module of the HTTP sources touches the network."""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from common.domain.errors import ProviderUnavailable
from common.redis.source_limits import LONGEST_OPEN_S
from ingestion_service.providers.base import TransientFailure
from ingestion_service.providers.fetch.patience import ImpatientExecutor

MAX_BODY_BYTES = 10_000_000
CONNECT_TIMEOUT_S = 2.0
"""Where nobody takes a connection so long, nobody will: the time is better spent on the next source."""


@dataclass(frozen=True)
class Query:
    """Where to ask, with what; ``secret_params`` and ``secret_headers`` are in no log and in no ``repr``."""

    url: str
    params: Mapping[str, str]
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class HttpResponse:
    """A complete HTTP answer of at most :data:`MAX_BODY_BYTES`."""

    status: int
    body: bytes
    retry_after_s: int | None


def download(query: Query, *, timeout_s: float) -> HttpResponse:
    """Get ``query``, without following redirects, in at most ``timeout_s`` from name look-up to last byte.

    Blocks; called in a thread. The time limit needs an event loop of its own: httpx's own time-outs are for one read,
    and a server that sends a byte a second never exceeds them.

    Raises:
        TransientFailure: the connection failed.
        ProviderUnavailable: no complete answer came for another reason; neither text names the address or a key.
    """
    try:
        return asyncio.run(_answer_in_time(query, timeout_s))
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


async def _answer_in_time(query: Query, timeout_s: float) -> HttpResponse:
    # Names are looked up in a thread, which asyncio would wait for at its end.
    asyncio.get_running_loop().set_default_executor(ImpatientExecutor(1))
    limits = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
    async with (
        asyncio.timeout(timeout_s),
        httpx.AsyncClient(transport=_Secretive(query), timeout=limits, follow_redirects=False) as client,
    ):
        return await _answer(client, query)


async def _answer(client: httpx.AsyncClient, query: Query) -> HttpResponse:
    # Uncompressed, so that the size limit counts what arrives and a small answer cannot unfold into a large one.
    headers = {"Accept-Encoding": "identity"}
    async with client.stream("GET", query.url, params=dict(query.params), headers=headers) as response:
        return HttpResponse(
            response.status_code, await _limited_body(response), retry_after_s(response.headers.get("Retry-After"))
        )


@cache
def _authorities() -> ssl.SSLContext:
    """The certificates to trust, read once: that takes 40 ms, as much as a source."""
    return httpx.create_ssl_context()


def proxy_for(url: str) -> str | None:
    """Return the proxy that ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY`` name for an address, or None."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class _Secretive(httpx.AsyncHTTPTransport):
    """Adds what is secret below the layer that logs each request with its address.

    httpx looks for a proxy in the environment only where it makes the transport itself.
    """

    def __init__(self, query: Query) -> None:
        super().__init__(verify=_authorities(), proxy=proxy_for(query.url))
        self._params = dict(query.secret_params)
        self._headers = dict(query.secret_headers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with its secrets."""
        url = request.url.copy_merge_params(self._params) if self._params else request.url
        headers = httpx.Headers({**request.headers, **self._headers})
        return await super().handle_async_request(
            httpx.Request(request.method, url, headers=headers, extensions=request.extensions)
        )


async def _limited_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        add_within_limit(body, chunk)
    return bytes(body)


def add_within_limit(body: bytearray, chunk: bytes) -> None:
    """Add to a body what has arrived of it.

    Raises:
        ProviderUnavailable: it is over :data:`MAX_BODY_BYTES` now.
    """
    body += chunk
    if len(body) > MAX_BODY_BYTES:
        raise ProviderUnavailable("The price source sent more data than a price history can have.")


def retry_after_s(said: str | None) -> int | None:
    """The seconds, at most a day's, until the time that a ``Retry-After`` names; None where nothing can be read."""
    text = (said or "").strip()
    if text.isascii() and text.isdigit():
        # Python reads no number of thousands of digits.
        return min(int(text), LONGEST_OPEN_S) if len(text) < 10 else LONGEST_OPEN_S
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    left_s = (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(math.ceil(left_s), 0), LONGEST_OPEN_S)
