"""``python -m benchmarks.price_source``: a source on the loopback interface that gives ten years of prices in 50 ms.

Prints its port, speaks as Tiingo does, and ends with its standard input. The number at a ticker's end chooses one of
:data:`WALKS` random walks; of a ticker without one, such as the sample's, nothing is known here.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ANSWER_S = 0.05
WALKS = 100
DAILY_MOVE = 0.015
_ROWS = 2520
_HEADER = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"
_NUMBER = re.compile(r"/daily/[^/]*?(\d+)/prices")


def walk(number: int) -> pd.Series:
    """Ten years of closes to the last week: a random walk, of which every number has its own."""
    days = pd.bdate_range(end=datetime.now(UTC).date() - timedelta(days=3), periods=_ROWS)
    moves = np.random.default_rng(number).normal(0, DAILY_MOVE, _ROWS)
    return pd.Series((100 * np.exp(moves.cumsum())).round(2), index=days)


def table(closes: pd.Series) -> bytes:
    """Closes as daily prices in Tiingo's columns."""
    rows = zip(pd.DatetimeIndex(closes.index).strftime("%Y-%m-%d"), closes, strict=True)
    lines = (f"{day},{c},{c * 1.01:.2f},{c * 0.99:.2f},{c},1000,{c},,,,,0.0,1.0" for day, c in rows)
    return "\n".join([_HEADER, *lines, ""]).encode()


@contextmanager
def price_source() -> Iterator[dict[str, str]]:
    """Run this module as a process; yield the settings of services that ask it, and then the sample."""
    command = [sys.executable, "-m", "benchmarks.price_source"]
    root = Path(__file__).resolve().parent.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        yield {
            "PROVIDERS": "tiingo,sample",
            "TIINGO_API_KEY": "benchmark",
            "TIINGO_URL": f"http://127.0.0.1:{process.stdout.readline().strip()}",
            "PROVIDER_BUDGETS": "tiingo=1000000/minute",
        }
        process.communicate()


class Handler(BaseHTTPRequestHandler):
    """Gives the walk of a ticker's number."""

    bodies: tuple[bytes, ...] = ()

    def do_GET(self) -> None:
        """Answer after :data:`ANSWER_S`."""
        time.sleep(ANSWER_S)
        number = _NUMBER.search(self.path)
        body = self.bodies[int(number[1]) % WALKS] if number else b'{"detail": "Error: Ticker not found"}'
        self.send_response(200 if number else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until standard input ends."""
    Handler.bodies = tuple(table(walk(number)) for number in range(WALKS))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
