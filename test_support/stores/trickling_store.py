"""An S3 endpoint that sends its answers a byte at a time. Each byte arrives well within the time-out of one read."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from test_support.network.http_server import serving

Where = Literal["head", "body", "nowhere", "upload"]
BYTE_EVERY_S = 0.05
BODY = b"date,open,high,low,close,adj_close,volume\n" + b"2026-01-02,1,1,1,1,1,1\n" * 1000


class TricklingStore(ThreadingHTTPServer):
    """Transfers one part of each request or answer so slowly that no test sees its end."""

    daemon_threads = True
    where: Where = "nowhere"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _TricklingRequest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TricklingStore

    def do_GET(self) -> None:
        try:
            self._answer()
        except OSError:
            self.close_connection = True  # the client closed the connection, as the test expects

    do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        if self.server.where == "upload":
            while self.rfile.read(1):
                time.sleep(BYTE_EVERY_S)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b"" if self.command in {"PUT", "DELETE"} else BODY
        self._send(_head(body), trickling=self.server.where == "head")
        if self.command != "HEAD":
            self._send(body, trickling=self.server.where == "body")

    def _send(self, data: bytes, *, trickling: bool) -> None:
        if not trickling:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(BYTE_EVERY_S)
        time.sleep(60)


def _head(body: bytes) -> bytes:
    metadata = {
        "version": hashlib.sha256(body).hexdigest(),
        "source": "tiingo",
        "currency": "USD",
        "fetched-at": "2026-01-05T00:00:00+00:00",
        "rows": "1000",
        "first": "2026-01-02",
        "last": "2026-01-02",
    }
    lines = [f"x-amz-meta-{name}: {value}" for name, value in metadata.items()]
    return "\r\n".join(["HTTP/1.1 200 OK", 'ETag: "1"', f"Content-Length: {len(body)}", *lines, "", ""]).encode()


@contextlib.contextmanager
def trickling_store() -> Iterator[TricklingStore]:
    """Run a store that answers immediately until a test sets ``where``."""
    with serving(TricklingStore(("127.0.0.1", 0), _TricklingRequest)) as server:
        yield server
