"""Servers of ``socketserver`` that run in a thread during one test, mostly of HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer
from typing import TypeVar

S = TypeVar("S", bound=TCPServer)


@contextmanager
def serving(server: S) -> Iterator[S]:
    """Run a bound server in a thread until the block ends."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
