"""An S3 endpoint in front of the local one. It forwards each request that the test's rule does not answer."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil

from test_support.network.http_server import serving

FORWARDED_HEADERS = ("content-type", "etag", "last-modified", "content-range")
LOOKS = 5
"""How often connections are looked up. The kernel's table can lack one if others begin or end meanwhile."""

_OTHER_DIGITS = bytes.maketrans(b"0123456789", b"1234567890")


class GatewayRequest(BaseHTTPRequestHandler):
    """One request to the store. A rule receives it."""

    protocol_version = "HTTP/1.1"
    server: ObjectGateway
    body: bytes

    def do_GET(self) -> None:
        try:
            self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            rule = self.server.rule
            if rule is None or not rule(self):
                self.forward()
        except OSError:
            self.close_connection = True  # one side closed the connection: the other must not wait

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass

    @property
    def client_process(self) -> psutil.Process | None:
        """The process at the other end of the connection."""
        client_port = self.client_address[1]
        for pid in itertools.chain(*(self.server.client_pids() for _ in range(LOOKS))):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                if any(link.laddr.port == client_port for link in process.net_connections("tcp") if link.laddr):
                    return process
        return None

    def forward(self, *, truncated_to: int | None = None, corrupted: bool = False, byte_every_s: float = 0) -> None:
        """Send the store's answer.

        Args:
            truncated_to: send only so many bytes of the body. Its Content-Length stays whole.
            corrupted: change digits near the end of the body.
            byte_every_s: send one byte of the body every so many seconds, until the rule changes.
        """
        with contextlib.closing(HTTPConnection("127.0.0.1", self.server.target, timeout=100)) as store:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            store.request(self.command, self.path, self.body, headers)
            answer = store.getresponse()
            body = answer.read()
        if corrupted:
            body = body[:-20] + body[-20:].translate(_OTHER_DIGITS)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in FORWARDED_HEADERS or name.lower().startswith("x-amz-"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if byte_every_s:
            self._trickle(body, byte_every_s)
        else:
            self.wfile.write(body if truncated_to is None else body[:truncated_to])
        self.close_connection = self.close_connection or truncated_to is not None

    def _trickle(self, body: bytes, byte_every_s: float) -> None:
        rule = self.server.rule
        for byte in body:
            if self.server.rule is not rule:
                break
            self.wfile.write(bytes([byte]))
            time.sleep(byte_every_s)
        self.close_connection = True

    def reply_error(self, status: int, code: str) -> None:
        """Answer with an error in S3's format."""
        body = f"<Error><Code>{code}</Code><Message>injected by the test</Message></Error>".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang(self, seconds: float) -> None:
        """Send nothing for so long, or until the rule changes. Then reset the connection."""
        give_up = time.monotonic() + seconds
        rule = self.server.rule
        while self.server.rule is rule and time.monotonic() < give_up:
            time.sleep(0.02)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


Rule = Callable[[GatewayRequest], bool]
"""Answers a request and returns True, or returns False to have it forwarded."""


class ObjectGateway(ThreadingHTTPServer):
    """Fails by ``rule``. ``client_pids`` returns the processes that a request can come from."""

    daemon_threads = True
    request_queue_size = 128
    rule: Rule | None = None
    target: int
    client_pids: Callable[[], list[int]]

    @property
    def port(self) -> int:
        return self.server_port

    def handle_error(self, *_: object) -> None:
        """Print nothing: tests kill clients in the middle of a request."""


@contextlib.contextmanager
def object_gateway(target: int, client_pids: Callable[[], list[int]]) -> Iterator[ObjectGateway]:
    """Run a gateway before the store on port ``target``."""
    gateway = ObjectGateway(("127.0.0.1", 0), GatewayRequest)
    gateway.target, gateway.client_pids = target, client_pids
    with serving(gateway):
        yield gateway
