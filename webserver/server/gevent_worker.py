"""gunicorn's gevent worker, with limits on how long a client may take, and mistakes answered as ours.

Every client has a greenlet, so that one who waits for a forecast, or is slow, holds a place and no thread. gunicorn by
itself waits for ever for the rest of a body, and for a client to take its answer; what is no HTTP it answers with a
page of HTML.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
from gevent import monkey
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
from webserver.http.request_parsing import MAX_BODY_BYTES

ARRIVES_WITHIN_S = 5.0
"""How long the body of a request may take, and before it the head (``keepalive``); the largest body is 16 KiB."""
IS_TAKEN_WITHIN_S = 30.0
"""How long a client may take to read what it is sent at once, such as a forecast with its picture."""
LINGERS_S = 2.0
"""How long a client may take to close a connection over which it was refused while it was still sending."""
LATE = "The request did not arrive in time. Send it again."
_LOOK_EVERY_S = 0.2
_MOST_AT_ONCE = 65_536


class _TooLate(Exception):
    """The body of a request did not arrive in time."""


class _Client(gevent.socket.socket):  # type: ignore[misc]
    """A client's connection, however quick the client is: gevent lets nobody else go on while there is more to read."""

    def recv(self, *args: Any) -> bytes:
        """Read, after the others had their turn."""
        gevent.sleep(0)
        return bytes(super().recv(*args))

    def expect_no_more(self) -> None:
        """End what is read after what has arrived; gevent's own way would raise in whoever is reading."""
        self._sock.shutdown(socket.SHUT_RD)


class _Listener(StreamServer):  # type: ignore[misc]
    """Where clients come in."""

    def do_read(self) -> tuple[_Client, Any] | None:
        """Take the next one, if there is one."""
        taken = super().do_read()
        if taken is None:
            return None
        client, address = taken
        return _Client(client.family, client.type, client.proto, fileno=client.detach()), address


class LimitedGeventWorker(GeventWorker):  # type: ignore[misc]
    """Reads the body before the application runs, and lets nobody take for ever."""

    sockets: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: set[_Client] = set()
        self._served: set[_Client] = set()
        """Those of a request whose head is there and whose answer is not."""
        self._has_metrics = False

    def patch(self) -> None:
        """Take over the sockets; the rest was patched before it was loaded (``gunicorn.conf.py``)."""
        monkey.patch_queue()
        self.sockets = [
            gevent.socket.socket(listener.FAMILY, socket.SOCK_STREAM, fileno=listener.sock.detach())
            for listener in self.sockets
        ]

    def run(self) -> None:
        """Serve until told to end, then end what has begun; gunicorn's own loop looks once a second only."""
        places = Pool(self.worker_connections)
        servers = [self._serving(listener, places) for listener in self.sockets]
        while self.alive:
            self._look_up()
            self._check_metrics()
            gevent.sleep(_LOOK_EVERY_S)
        for server in servers:
            server.close()
        give_up = time.monotonic() + self.cfg.graceful_timeout
        while places and time.monotonic() < give_up:
            self._expect_no_more()
            self._look_up()
            places.join(_LOOK_EVERY_S)
        places.kill(block=False)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve a client until its connection is over."""
        self._clients.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._clients.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Serve a request whose head is there."""
        self._served.add(sock)
        try:
            return self._handle_whole(listener_name, req, sock, addr)
        finally:
            self._served.discard(sock)

    def handle_error(self, _req: Any, client: Any, _addr: Any, exc: BaseException) -> None:
        """Answer what is no HTTP, or was not handled, as the application answers failures."""
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

    def _handle_whole(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        gevent.sleep(0)  # to others, for one client may have sent many
        is_whole = _has_whole_body(req, sock)
        sock.settimeout(IS_TAKEN_WITHIN_S)
        if not is_whole or self._is_crowded():
            req.force_close()
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except TimeoutError as exc:
            raise StopIteration from exc
        finally:
            if not is_whole:
                _linger(sock)

    def _serving(self, listener: Any, places: Pool) -> _Listener:
        server = _Listener(listener, handle=partial(self.handle, listener), spawn=places)
        server.max_accept = 1  # at a time, so that the processes share a crowd
        server.start()
        return server

    def _look_up(self) -> None:
        """Show gunicorn that this process lives, and whoever measures it how much it has to do."""
        self.notify()
        REQUESTS_IN_FLIGHT.set(len(self._served))

    def _check_metrics(self) -> None:
        """Have all worker processes replaced where the files of the metrics were removed: new ones write new files."""
        folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        has_metrics = (folder / f"counter_{os.getpid()}.db").exists()
        had_metrics, self._has_metrics = self._has_metrics, has_metrics
        if not had_metrics or has_metrics:
            return
        with suppress(OSError):  # another process has asked for it already, or there is no room for the folder
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "removed").touch(exist_ok=False)
            self.log.error("The temporary folder %s was removed; the worker processes are replaced.", folder)
            os.kill(self.ppid, signal.SIGHUP)

    def _is_crowded(self) -> bool:
        """Whether nearly all places are taken: who has been served makes room then."""
        return bool(len(self._clients) > self.worker_connections * 4 // 5)

    def _expect_no_more(self) -> None:
        """Let go of those who could send another request; what has arrived can still be read."""
        for client in self._clients - self._served:
            with suppress(OSError):
                client.expect_no_more()


def _has_whole_body(req: Any, client: Any) -> bool:
    """Read the body, and give its length to the application; False where it will refuse it for its length.

    Raises:
        _TooLate: it did not arrive in time.
    """
    # gunicorn would say so after the body has come, and once more after a wait.
    wants_to_be_told, req._expected_100_continue = req._expected_100_continue, False  # noqa: SLF001
    lengths = [int(value) for name, value in req.headers if name == "CONTENT-LENGTH" and value.isdigit()]
    if lengths and lengths[0] > MAX_BODY_BYTES:
        return False
    if wants_to_be_told:
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    with gevent.Timeout(ARRIVES_WITHIN_S, _TooLate):
        body = req.body.read(MAX_BODY_BYTES + 1)
    req.body = io.BytesIO(body)
    if any(name == "TRANSFER-ENCODING" for name, _ in req.headers):
        others = [header for header in req.headers if header[0] != "TRANSFER-ENCODING"]
        req.headers = [*others, ("CONTENT-LENGTH", str(len(body)))]
        req.force_close()
    return len(body) <= MAX_BODY_BYTES


def _linger(client: Any) -> None:
    """Read on until the client closes, or for a while: closing over unread bytes would lose it the answer."""
    with suppress(OSError), gevent.Timeout(LINGERS_S, False):
        client.shutdown(socket.SHUT_WR)
        while client.recv(_MOST_AT_ONCE):
            pass


def _refusal(exc: BaseException) -> tuple[HTTPStatus, Failure]:
    """What to answer where gunicorn cannot give a request to the application."""
    match exc:
        case InvalidResponseHeader() | InvalidResponseHeaderName():
            return HTTPStatus.INTERNAL_SERVER_ERROR, ForecastFailed(SERVER_ERROR)
        case LimitRequestLine():
            return HTTPStatus.REQUEST_URI_TOO_LONG, InvalidRequest(LONG_ADDRESS)
        case LimitRequestHeaders():
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, InvalidRequest(LONG_HEADERS)
        case _TooLate():
            return HTTPStatus.REQUEST_TIMEOUT, InvalidRequest(LATE)
        case ParseException():
            return HTTPStatus.BAD_REQUEST, InvalidRequest("The request is not valid HTTP. Check the client.")
    return HTTPStatus.INTERNAL_SERVER_ERROR, ForecastFailed(SERVER_ERROR)
