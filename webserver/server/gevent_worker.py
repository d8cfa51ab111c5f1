"""gunicorn's gevent worker with time limits on clients, and with problem details for malformed requests.

Every client has a greenlet: a waiting request or a slow client holds a connection and no thread. By itself, gunicorn
has no limit on the time for a body or for reading a response, and answers malformed HTTP with HTML.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from contextlib import nullcontext, suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
from gevent import monkey
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from gevent.server import StreamServer
from gunicorn.http.errors import (  # type: ignore[import-untyped]
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

from common.domain.errors import Failure, ForecastFailed, InvalidRequest
from common.runtime.metrics import REQUESTS_IN_FLIGHT
from webserver.http.problems import LONG_ADDRESS, LONG_HEADERS, SERVER_ERROR, problem_of
from webserver.http.request_parsing import MAX_BODY_BYTES, longest_body, takes_file
from webserver.server.file_body import FileBody

RECEIVE_TIMEOUT_S = 5.0
"""Seconds within which a body must arrive, and before it the head (``keepalive``)."""
SEND_TIMEOUT_S = 30.0
"""Seconds within which a client must read a response."""
RECEIVE_FILE_TIMEOUT_S = 60.0
"""Seconds within which an uploaded file must arrive."""
LINGER_S = 2.0
"""Seconds for which a refused client that is still sending may take to close its connection."""
MOST_LONG_BODIES = 8
"""The most long bodies in a process's memory at once; other clients that send one wait."""
LATE = "The request did not arrive in time. Send it again."
_CHECK_EVERY_S = 0.2
_RECEIVE_BYTES = 65_536


class _BodyTimeoutError(Exception):
    """The body of a request did not arrive in time."""


class _Client(gevent.socket.socket):  # type: ignore[misc]
    """A client's connection. gevent itself gives other greenlets no turn while there is more to read."""

    def recv(self, *args: Any) -> bytes:
        """Read after the other greenlets had a turn."""
        gevent.sleep(0)
        return bytes(super().recv(*args))

    def stop_reading(self) -> None:
        """End the input after the received bytes; gevent's own close would raise in the reading greenlet."""
        self._sock.shutdown(socket.SHUT_RD)


class _Listener(StreamServer):  # type: ignore[misc]
    """Accepts the connections of clients."""

    def do_read(self) -> tuple[_Client, Any] | None:
        """Return the next connection, if there is one."""
        accepted = super().do_read()
        if accepted is None:
            return None
        client, address = accepted
        return _Client(client.family, client.type, client.proto, fileno=client.detach()), address


class LimitedGeventWorker(GeventWorker):  # type: ignore[misc]
    """Reads each body before the application runs, and limits the time of every step."""

    sockets: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: set[_Client] = set()
        self._served: set[_Client] = set()
        """The clients whose request has arrived and whose response is not sent."""
        self._has_metrics = False
        self._long_bodies = BoundedSemaphore(MOST_LONG_BODIES)

    def patch(self) -> None:
        """Patch the listening sockets; ``gunicorn.conf.py`` patched the standard library before its import."""
        monkey.patch_queue()
        self.sockets = [
            gevent.socket.socket(listener.FAMILY, socket.SOCK_STREAM, fileno=listener.sock.detach())
            for listener in self.sockets
        ]

    def run(self) -> None:
        """Serve until shutdown, then finish the present requests; gunicorn's own loop checks only once a second."""
        connections = Pool(self.worker_connections)
        servers = [self._serving(listener, connections) for listener in self.sockets]
        while self.alive:
            self._report()
            self._check_metrics()
            gevent.sleep(_CHECK_EVERY_S)
        for server in servers:
            server.close()
        give_up = time.monotonic() + self.cfg.graceful_timeout
        while connections and time.monotonic() < give_up:
            self._stop_reading()
            self._report()
            connections.join(_CHECK_EVERY_S)
        connections.kill(block=False)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve a client until its connection ends."""
        self._clients.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._clients.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Serve a request whose head has arrived."""
        self._served.add(sock)
        try:
            return self._handle_with_body(listener_name, req, sock, addr)
        finally:
            self._served.discard(sock)

    def handle_error(self, _req: Any, client: Any, _addr: Any, exc: BaseException) -> None:
        """Respond to malformed HTTP or an unhandled exception with problem details."""
        status, failure = _refusal(exc)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("a request failed unexpectedly", exc_info=exc)
        body = problem_of(failure, status).model_dump_json(exclude_none=True).encode()
        head = (
            f"HTTP/1.1 {int(status)} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        with suppress(OSError):
            client.sendall(head.encode() + body)
            _linger(client)

    def _handle_with_body(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        gevent.sleep(0)  # a turn for others: one client may have sent many requests
        if takes_file(req.path) and _has_body(req):
            return self._handle_file(listener_name, req, sock, addr)
        with self._long_bodies if longest_body(req.path) > MAX_BODY_BYTES else nullcontext():
            return self._read_and_handle(listener_name, req, sock, addr)

    def _handle_file(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Handle a request whose view reads the body, after the caller was checked."""
        body = FileBody(req, sock, RECEIVE_FILE_TIMEOUT_S)
        sock.settimeout(SEND_TIMEOUT_S)
        req.force_close()
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except TimeoutError as exc:
            raise StopIteration from exc
        finally:
            if not body.is_whole:
                _linger(sock)

    def _read_and_handle(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        is_whole = _has_whole_body(req, sock)
        sock.settimeout(SEND_TIMEOUT_S)
        if not is_whole or self._is_crowded():
            req.force_close()
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except TimeoutError as exc:
            raise StopIteration from exc
        finally:
            if not is_whole:
                _linger(sock)

    def _serving(self, listener: Any, connections: Pool) -> _Listener:
        server = _Listener(listener, handle=partial(self.handle, listener), spawn=connections)
        server.max_accept = 1  # at a time, so that the processes share concurrent clients
        server.start()
        return server

    def _report(self) -> None:
        """Report to gunicorn that the process is alive, and to the metrics how many requests it serves."""
        self.notify()
        REQUESTS_IN_FLIGHT.set(len(self._served))

    def _check_metrics(self) -> None:
        """Replace all worker processes if the files of the metrics were removed; new processes write new files."""
        folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        has_metrics = (folder / f"counter_{os.getpid()}.db").exists()
        had_metrics, self._has_metrics = self._has_metrics, has_metrics
        if not had_metrics or has_metrics:
            return
        with suppress(OSError):  # another process did it already, or the disk has no room for the folder
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "removed").touch(exist_ok=False)
            self.log.error("The temporary folder %s was removed; the worker processes are replaced.", folder)
            os.kill(self.ppid, signal.SIGHUP)

    def _is_crowded(self) -> bool:
        """Return whether nearly all connections are in use; a served client is then disconnected."""
        return bool(len(self._clients) > self.worker_connections * 4 // 5)

    def _stop_reading(self) -> None:
        """Stop reading from idle clients; received requests are still served."""
        for client in self._clients - self._served:
            with suppress(OSError):
                client.stop_reading()


def _has_body(req: Any) -> bool:
    return any(
        name == "TRANSFER-ENCODING" or (name == "CONTENT-LENGTH" and value != "0") for name, value in req.headers
    )


def _has_whole_body(req: Any, client: Any) -> bool:
    """Read the body and pass its length to the application; return False if it is too long.

    Raises:
        _BodyTimeoutError: it did not arrive in time.
    """
    # gunicorn would send 100 Continue after the body has arrived, and again after a wait.
    expects_continue, req._expected_100_continue = req._expected_100_continue, False  # noqa: SLF001
    longest = longest_body(req.path)
    lengths = [int(value) for name, value in req.headers if name == "CONTENT-LENGTH" and value.isdigit()]
    if lengths and lengths[0] > longest:
        return False
    if expects_continue:
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    with gevent.Timeout(RECEIVE_TIMEOUT_S, _BodyTimeoutError):
        body = req.body.read(longest + 1)
    req.body = io.BytesIO(body)
    if any(name == "TRANSFER-ENCODING" for name, _ in req.headers):
        others = [header for header in req.headers if header[0] != "TRANSFER-ENCODING"]
        req.headers = [*others, ("CONTENT-LENGTH", str(len(body)))]
        req.force_close()
    return len(body) <= longest


def _linger(client: Any) -> None:
    """Read until the client closes, for a limited time; closing over unread bytes would discard the response."""
    with suppress(OSError), gevent.Timeout(LINGER_S, False):
        client.shutdown(socket.SHUT_WR)
        while client.recv(_RECEIVE_BYTES):
            pass


def _refusal(exc: BaseException) -> tuple[HTTPStatus, Failure]:
    """Return the status and failure for a request that gunicorn could not pass to the application."""
    match exc:
        case InvalidResponseHeader() | InvalidResponseHeaderName():
            return HTTPStatus.INTERNAL_SERVER_ERROR, ForecastFailed(SERVER_ERROR)
        case LimitRequestLine():
            return HTTPStatus.REQUEST_URI_TOO_LONG, InvalidRequest(LONG_ADDRESS)
        case LimitRequestHeaders():
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, InvalidRequest(LONG_HEADERS)
        case _BodyTimeoutError():
            return HTTPStatus.REQUEST_TIMEOUT, InvalidRequest(LATE)
        case ParseException():
            return HTTPStatus.BAD_REQUEST, InvalidRequest("The request is not valid HTTP. Check the client.")
    return HTTPStatus.INTERNAL_SERVER_ERROR, ForecastFailed(SERVER_ERROR)
