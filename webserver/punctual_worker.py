"""gunicorn's thread worker, with a limit on how long a request may take to arrive.

gunicorn waits for ever for the rest of a request that has begun, in one of its few threads: a hundred clients that send
a byte and no more would hold them all.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from webserver.api import MAX_BODY_BYTES

ARRIVES_WITHIN_S = 5.0
"""How long the headers and the body of a request may take together; the largest body is 16 KiB."""
_LOOK_EVERY_S = 0.25


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

    def handle(self, conn: Any) -> Any:
        """Serve a connection's next request."""
        try:
            return super().handle(conn)
        finally:
            self._due.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Serve a request whose headers are there."""
        if not _is_too_large(req):
            req.body = io.BytesIO(req.body.read(MAX_BODY_BYTES + 1))
        self._due.pop(conn, None)
        return super().handle_request(req, conn)

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


def _is_too_large(req: Any) -> bool:
    """Whether the application will refuse the body unread; a body of unknown length ends its connection."""
    lengths = [int(value) for name, value in req.headers if name == "CONTENT-LENGTH" and value.isdigit()]
    if any(name == "TRANSFER-ENCODING" for name, _ in req.headers):
        req.force_close()
    return bool(lengths) and lengths[0] > MAX_BODY_BYTES
