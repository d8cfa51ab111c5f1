"""An HTTP transport with one deadline for everything, from the connection to the last byte.

httpx's own time-outs are for one read. A server that sends a byte a second never exceeds them, neither with its headers
nor with its body.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import httpcore
import httpx

from common.runtime.proxies import find_proxy


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose reads and writes end by a deadline (monotonic seconds)."""

    def __init__(self, stream: httpcore.NetworkStream, give_up: float) -> None:
        self._stream = stream
        self._give_up = give_up

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read up to ``max_bytes`` bytes."""
        return self._stream.read(max_bytes, left_until(self._give_up))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        self._stream.write(buffer, left_until(self._give_up))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the connection under TLS."""
        secured = self._stream.start_tls(ssl_context, server_hostname, left_until(self._give_up))
        return DeadlineStream(secured, self._give_up)

    def get_extra_info(self, info: str) -> Any:
        """Return what is known about the connection."""
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Makes connections that end by a deadline (monotonic seconds)."""

    def __init__(self, give_up: float) -> None:
        self._give_up = give_up
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        stream = self._backend.connect_tcp(host, port, left_until(self._give_up), local_address, socket_options)
        return DeadlineStream(stream, self._give_up)


class DeadlineTransport(httpx.BaseTransport):
    """Sends requests by a deadline.

    Args:
        url: the address, by which the proxy is found.
        give_up: the deadline in monotonic seconds.

    The exceptions of httpcore pass through.
    """

    def __init__(self, url: str, give_up: float) -> None:
        proxy = find_proxy(url)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_load_trusted_certificates(),
            proxy=None if proxy is None else httpcore.Proxy(proxy),
            network_backend=DeadlineBackend(give_up),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return the response, whose body is not read yet."""
        response = self._pool.handle_request(
            httpcore.Request(request.method, str(request.url), headers=request.headers.raw, content=request.read())
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def left_until(give_up: float) -> float:
    """Return the seconds until a deadline.

    Raises:
        httpcore.ReadTimeout: it has passed.
    """
    left_s = give_up - time.monotonic()
    if left_s <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left_s


@cache
def _load_trusted_certificates() -> ssl.SSLContext:
    """Return the trusted certificates; they are read once, because that takes 40 ms."""
    return httpx.create_ssl_context()
