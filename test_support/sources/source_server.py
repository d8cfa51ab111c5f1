"""A price source on the loopback interface. Each test sets how it answers."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from ingestion_service.providers.fetch.download import MAX_BODY_BYTES
from test_support.network.http_server import serving

Handle = Callable[[BaseHTTPRequestHandler], None]


class SourceServer(ThreadingHTTPServer):
    """Answers every request with ``handle``. It records each request, and the most requests at one time."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handle: Handle) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.handle = handle
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.under_way: list[BaseHTTPRequestHandler] = []
        self.sent = self.most_at_once = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def queries(self) -> list[dict[str, str]]:
        return [query_of(path) for path, _ in self.asked]


def query_of(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


class _Handler(BaseHTTPRequestHandler):
    server: SourceServer

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.under_way.append(self)
        self.server.most_at_once = max(self.server.most_at_once, len(self.server.under_way))
        with contextlib.suppress(OSError):  # the client closed the connection, as the test expects
            self.server.handle(self)
        self.server.under_way.remove(self)

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def running_source() -> Iterator[SourceServer]:
    """Serve 404 until the test sets another ``handle``."""
    with serving(SourceServer(answering(404, b""))) as server:
        yield server


class ProxyServer(ThreadingHTTPServer):
    """A proxy that refuses every tunnel and records the requested ones."""

    daemon_threads = True
    tunnels: list[tuple[str, str, dict[str, str]]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _ProxyHandler(BaseHTTPRequestHandler):
    server: ProxyServer

    def do_CONNECT(self) -> None:
        self.server.tunnels.append((self.command, self.path, dict(self.headers)))
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def running_proxy() -> Iterator[ProxyServer]:
    server = ProxyServer(("127.0.0.1", 0), _ProxyHandler)
    server.tunnels = []
    with serving(server):
        yield server


def answering(status: int, body: bytes, *, length: int | None = None, **headers: str) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.end_headers()
        request.wfile.write(body)

    return handle


def dripping(body: bytes) -> Handle:
    """Send a correct answer, whose body takes a minute or more."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for byte in body:
            request.wfile.write(bytes([byte]))
            time.sleep(0.02)

    return handle


def dripping_headers(body: bytes) -> Handle:
    """Send a correct answer, whose headers take minutes."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.flush_headers()
        for n in range(90):
            for byte in f"X-{n}: {'y' * 50}\r\n".encode():
                request.wfile.write(bytes([byte]))
                time.sleep(0.02)
        request.end_headers()
        request.wfile.write(body)

    return handle


def flooding(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(6 * MAX_BODY_BYTES // 1_000_000):
        request.wfile.write(b"x" * 1_000_000)
        request.server.sent += 1  # type: ignore[attr-defined]


def resetting(request: BaseHTTPRequestHandler) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(request.connection.detach())
