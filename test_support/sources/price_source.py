"""A price source in Tiingo's format that counts its calls and fails on demand."""

from __future__ import annotations

import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler

import numpy as np
import pandas as pd

from test_support.network.http_server import serving
from test_support.sources.source_server import SourceServer, answering

UNKNOWN = "NOPE"
DAYS = 400
_NOT_FOUND = b'{"detail": "Error: Ticker not found"}'
_HEADER = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"


class PriceSource(SourceServer):
    """Answers each call with the table of its ticker, or with 404 if ``table_of`` returns None.

    Attributes:
        error_status: the status of every answer; None for correct answers.
        may_answer: every call waits until this event is set.
        delay_s: the seconds that every call waits after that.
    """

    def __init__(self, table_of: Callable[[str], bytes | None]) -> None:
        super().__init__(self._answer)
        self._table_of = table_of
        self.error_status: int | None = None
        self.delay_s = 0.0
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def calls(self) -> Counter[str]:
        """The number of calls for each ticker."""
        return Counter(_ticker_of(path) for path, _ in self.asked)

    def remove_faults(self) -> None:
        """Answer every call correctly and immediately."""
        self.error_status, self.delay_s = None, 0.0
        self.may_answer.set()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.may_answer.wait()
        time.sleep(self.delay_s)
        if self.error_status is not None:
            answering(self.error_status, b"{}")(request)
            return
        table = self._table_of(_ticker_of(request.path))
        answering(404, _NOT_FOUND)(request) if table is None else answering(200, table)(request)


def _ticker_of(path: str) -> str:
    return path.split("/")[3]


def last_close_of(ticker: str) -> float:
    """Return the last close of a ticker. Tickers of a test have different ones, so a mix-up is visible."""
    return 20 + zlib.crc32(ticker.encode()) % 90_000 / 100


@lru_cache(maxsize=64)
def table(last: float) -> bytes:
    """Return a history in Tiingo's format that ends yesterday with this close."""
    days = pd.bdate_range(end=pd.Timestamp.now(tz="UTC").date() - pd.Timedelta(days=1), periods=DAYS)
    path = np.exp(np.random.default_rng(1).normal(0, 0.01, DAYS).cumsum())
    return tiingo_table(pd.Series(np.round(path / path[-1] * last, 4), index=days))


def tiingo_table(closes: pd.Series) -> bytes:
    """Return closes as daily prices in Tiingo's format."""
    days = pd.DatetimeIndex(closes.index).strftime("%Y-%m-%d")
    rows = (f"{day},{c},{c},{c},{c},1000,{c},{c},{c},{c},1000,0.0,1.0" for day, c in zip(days, closes, strict=True))
    return "\n".join([_HEADER, *rows, ""]).encode()


@contextmanager
def price_source() -> Iterator[PriceSource]:
    """Serve a history for every ticker except :data:`UNKNOWN`."""
    with serving(PriceSource(lambda ticker: None if ticker == UNKNOWN else table(last_close_of(ticker)))) as server:
        yield server
