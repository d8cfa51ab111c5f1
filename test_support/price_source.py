"""A price source on the loopback interface that speaks as Tiingo does, counts what it is asked, and fails as told.

Each ticker has a level of its own, so that a forecast made of another ticker's prices is seen by its last close.
"""

from __future__ import annotations

import contextlib
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd

from test_support.loopback import served

UNKNOWN = "NOPE"
DAYS = 400
_HEADER = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"


class PriceSource(ThreadingHTTPServer):
    """Knows every ticker but :data:`UNKNOWN`; ``failing`` is the status it answers everything with, if any.

    While ``answering`` is not set, who asks waits.
    """

    daemon_threads = True
    request_queue_size = 256
    asked: Counter[str]
    failing: int | None
    delay_s: float
    answering: threading.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def heal(self) -> None:
        self.failing, self.delay_s = None, 0.0
        self.answering.set()


class _Handler(BaseHTTPRequestHandler):
    server: PriceSource

    def do_GET(self) -> None:
        ticker = self.path.split("/")[3]
        self.server.asked[ticker] += 1
        self.server.answering.wait()
        time.sleep(self.server.delay_s)
        with contextlib.suppress(OSError):
            self._answer(*self._said(ticker))

    def _said(self, ticker: str) -> tuple[int, bytes]:
        if self.server.failing is not None:
            return self.server.failing, b"{}"
        if ticker == UNKNOWN:
            return 404, b'{"detail": "Error: Ticker not found"}'
        return 200, table(last_close_of(ticker))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def last_close_of(ticker: str) -> float:
    """The last close of a ticker here, in which no two tickers of a test agree."""
    return 20 + zlib.crc32(ticker.encode()) % 90_000 / 100


@lru_cache(maxsize=64)
def table(last: float) -> bytes:
    """A history up to yesterday that ends with this close, as Tiingo writes it."""
    days = pd.bdate_range(end=pd.Timestamp.now(tz="UTC").date() - pd.Timedelta(days=1), periods=DAYS)
    path = np.exp(np.random.default_rng(1).normal(0, 0.01, DAYS).cumsum())
    closes = np.round(path / path[-1] * last, 4)
    rows = [
        f"{day.date()},{c},{c},{c},{c},1000,{c},{c},{c},{c},1000,0.0,1.0" for day, c in zip(days, closes, strict=True)
    ]
    return "\n".join([_HEADER, *rows, ""]).encode()


@contextlib.contextmanager
def price_source() -> Iterator[PriceSource]:
    """A running source that has been asked nothing."""
    server = PriceSource(("127.0.0.1", 0), _Handler)
    server.asked = Counter()
    server.answering = threading.Event()
    server.heal()
    with served(server):
        yield server
