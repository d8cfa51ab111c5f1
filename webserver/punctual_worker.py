"""gunicorn's thread worker, with a limit on how long a request may take to arrive, and mistakes answered as ours.

gunicorn waits for ever for the rest of a request that has begun, in one of its few threads: a hundred clients that send
a byte and no more would hold them all. What is no HTTP it answers with a page of HTML.
"""

from __future__ import annotations

import io
import selectors
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import (  # type: ignore[import-untyped]
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from common.errors import Failure, ForecastFailed, InvalidRequest
from webserver.problems import LONG_ADDRESS, LONG_HEADERS, MAX_BODY_BYTES, OUR_MISTAKE, problem_of

ARRIVES_WITHIN_S = 5.0
"""How long the headers and the body of a request may take together; the largest body is 16 KiB."""
_LOOK_EVERY_S = 0.25
_MOST_AT_ONCE = 65_536


class PunctualWorker(ThreadWorker):  # type: ignore[misc]
    """Reads the body before the application runs, and ends what has not arrived in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due: dict[Any, float] = {}

    def init_process(self) -> None:
        """Begin to look for late requests; the arbiter's process, which this is a fork of, has no threads."""
        threading.Thread(target=self._end_late, name="punctuality", daemon=True).start()
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Have a connection served that is new or has been heard of again."""
        self._due[conn] = time.monotonic() + ARRIVES_WITHIN_S
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Serve a request whose headers are there."""
        if not _has_whole_body(req, conn.sock):
            req.force_close()
        self._due.pop(conn, None)
        return super().handle_request(req, conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Keep a connection that goes on, and let go of one that is over."""
        # Not where its thread is done with it: another may have taken it up again by then, for its next request.
        self._due.pop(conn, None)
        if fs.cancelled() or fs.exception() is not None or fs.result() is not False:
            super().finish_request(conn, fs)
        else:
            self._let_go(conn)

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

    def _let_go(self, conn: Any) -> None:
        """Close a connection once its client has, or soon: closing over unread bytes would lose the answer.

        gunicorn would wait for that here, in the one thread that hears of all clients, and counts a connection twice
        that is closed already, because its answer broke off.
        """
        conn.timeout = time.monotonic() + self.cfg.keepalive
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read_on, conn))
        except OSError:
            self._close(conn)
        else:
            self.pending_conns.append(conn)

    def _read_on(self, conn: Any, client: Any) -> None:
        """Read what still comes over a connection that is over, until the client closes it."""
        with suppress(OSError):
            if client.recv(_MOST_AT_ONCE):
                return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def _end_late(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            now = time.monotonic()
            for conn, due in list(self._due.items()):
                if due < now:
                    self._due.pop(conn, None)
                    # What has arrived can still be read: a request that waited for a thread is not lost.
                    with suppress(OSError):
                        conn.sock.shutdown(socket.SHUT_RD)


def _has_whole_body(req: Any, client: Any) -> bool:
    """Read the body, and give its length to the application; False where it will refuse it for its length."""
    # gunicorn would say so after the body has come, and once more after a wait.
    wants_to_be_told, req._expected_100_continue = req._expected_100_continue, False  # noqa: SLF001
    lengths = [int(value) for name, value in req.headers if name == "CONTENT-LENGTH" and value.isdigit()]
    if lengths and lengths[0] > MAX_BODY_BYTES:
        return False
    if wants_to_be_told:
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = req.body.read(MAX_BODY_BYTES + 1)
    req.body = io.BytesIO(body)
    if any(name == "TRANSFER-ENCODING" for name, _ in req.headers):
        others = [header for header in req.headers if header[0] != "TRANSFER-ENCODING"]
        req.headers = [*others, ("CONTENT-LENGTH", str(len(body)))]
        req.force_close()
    return len(body) <= MAX_BODY_BYTES


def _refusal(exc: BaseException) -> tuple[HTTPStatus, Failure]:
    """What to answer where gunicorn cannot give a request to the application."""
    match exc:
        case InvalidResponseHeader() | InvalidResponseHeaderName():
            return HTTPStatus.INTERNAL_SERVER_ERROR, ForecastFailed(OUR_MISTAKE)
        case LimitRequestLine():
            return HTTPStatus.REQUEST_URI_TOO_LONG, InvalidRequest(LONG_ADDRESS)
        case LimitRequestHeaders():
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, InvalidRequest(LONG_HEADERS)
        case ParseException():
            return HTTPStatus.BAD_REQUEST, InvalidRequest("This is not HTTP as it should be.")
    return HTTPStatus.INTERNAL_SERVER_ERROR, ForecastFailed(OUR_MISTAKE)
