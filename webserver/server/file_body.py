"""The body of a request that its view reads in pieces, with a time limit for the whole."""

from __future__ import annotations

import time
from typing import Any

import gevent
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import ClientDisconnected, RequestTimeout

LATE = "The file did not arrive in time. Send it again, over a faster connection or in parts."
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class FileBody:
    """A body that is still arriving. It takes the place of gunicorn's.

    A client that waits for ``100 Continue`` sends the body at the first read only. It can be refused before.

    Args:
        req: gunicorn's request, whose head has arrived.
        client: the connection.
        timeout_s: the seconds from now to the last byte.
    """

    def __init__(self, req: Any, client: Any, timeout_s: float) -> None:
        self.is_whole = False
        """Whether the client has sent everything."""
        self._body = req.body
        self._client = client
        self._expects_continue = req._expected_100_continue  # noqa: SLF001 - gunicorn would send it too early
        self._until = time.monotonic() + timeout_s
        lengths = [int(value) for name, value in req.headers if name == "CONTENT-LENGTH" and value.isdigit()]
        self._left = lengths[0] if lengths else None
        req._expected_100_continue = False  # noqa: SLF001 - see above
        req.body = self

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, at most ``size``; none at the end.

        Raises:
            RequestTimeout: the body did not arrive in time.
            ClientDisconnected: the connection ended within the body, or the body is not valid HTTP.
        """
        if self._expects_continue:
            self._expects_continue = False
            self._client.sendall(_CONTINUE)
        try:
            with gevent.Timeout(max(self._until - time.monotonic(), 0.001), TimeoutError):
                data = bytes(self._body.read(size))
        except TimeoutError as exc:
            raise RequestTimeout(LATE) from exc
        except (OSError, ParseException) as exc:
            raise ClientDisconnected from exc
        if self._left is not None:
            # gunicorn returns fewer bytes at the end of the connection only.
            if len(data) < (self._left if size is None or size < 0 else min(size, self._left)):
                raise ClientDisconnected
            self._left -= len(data)
        self.is_whole = not self._left if self._left is not None else not data
        return data
