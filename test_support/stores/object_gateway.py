"""An S3 endpoint in front of the local one that fails as told: what a rule does not answer is passed on."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil

from test_support.network.http_server import served

PASSED_BOTH_WAYS = ("content-type", "etag", "last-modified", "content-range")


_OTHER_DIGITS = bytes.maketrans(b"0123456789", b"1234567890")


class GatewayRequest(BaseHTTPRequestHandler):
    """One request to the store, as rules see it."""

    protocol_version = "HTTP/1.1"
    server: ObjectGateway
    body: bytes

    def do_GET(self) -> None:
        try:
            self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            rule = self.server.rule
            if rule is None or not rule(self):
                self.pass_on()
        except OSError:
            self.close_connection = True  # one side is gone: the other must not wait for it

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass

    @property
    def asker(self) -> psutil.Process | None:
        """The process at the other end of the connection."""
        mine = self.client_address[1]
        for pid in self.server.watched():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                if any(link.laddr.port == mine for link in process.net_connections("tcp") if link.laddr):
                    return process
        return None

    def pass_on(self, *, cut_to: int | None = None, flipped: bool = False, byte_every_s: float = 0) -> None:
        """Answer as the store does; a body cut to ``cut_to`` bytes still claims its whole length.

        A flipped one has another digit somewhere. With ``byte_every_s`` the body comes a byte at a time, until the
        rule changes.
        """
        with contextlib.closing(HTTPConnection("127.0.0.1", self.server.target, timeout=10)) as store:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            store.request(self.command, self.path, self.body, headers)
            said = store.getresponse()
            body = said.read()
        if flipped:
            body = body[:-20] + body[-20:].translate(_OTHER_DIGITS)
        self.send_response_only(said.status)
        for name, value in said.getheaders():
            if name.lower() in PASSED_BOTH_WAYS or name.lower().startswith("x-amz-"):
                self.send_header(name, value)
        length = said.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if byte_every_s:
            self._trickle(body, byte_every_s)
        else:
            self.wfile.write(body if cut_to is None else body[:cut_to])
        self.close_connection = self.close_connection or cut_to is not None

    def _trickle(self, body: bytes, byte_every_s: float) -> None:
        rule = self.server.rule
        for byte in body:
            if self.server.rule is not rule:
                break
            self.wfile.write(bytes([byte]))
            time.sleep(byte_every_s)
        self.close_connection = True

    def refuse(self, status: int, code: str) -> None:
        """Answer with an error of S3's."""
        body = f"<Error><Code>{code}</Code><Message>told to</Message></Error>".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang(self, seconds: float) -> None:
        """Say nothing for so long, then reset."""
        give_up = time.monotonic() + seconds
        rule = self.server.rule
        while self.server.rule is rule and time.monotonic() < give_up:
            time.sleep(0.02)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


Rule = Callable[[GatewayRequest], bool]
"""Answers a request and returns True, or returns False to have it passed on."""


class ObjectGateway(ThreadingHTTPServer):
    """Fails by ``rule``; ``watched`` names the processes among which askers are looked for."""

    daemon_threads = True
    request_queue_size = 128
    rule: Rule | None = None
    target: int
    watched: Callable[[], list[int]]

    @property
    def port(self) -> int:
        return self.server_port

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no trouble of ours."""


@contextlib.contextmanager
def object_gateway(target: int, watched: Callable[[], list[int]]) -> Iterator[ObjectGateway]:
    """A gateway before the store on port ``target``."""
    gateway = ObjectGateway(("127.0.0.1", 0), GatewayRequest)
    gateway.target, gateway.watched = target, watched
    with served(gateway):
        yield gateway
