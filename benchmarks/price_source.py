"""``python -m benchmarks.price_source``: a source on the loopback interface that gives ten years of prices in 50 ms.

Prints its port, speaks as Tiingo does, and ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd

ANSWER_S = 0.05
_HEADER = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"


def ten_years() -> bytes:
    """Daily prices to the last week, in Tiingo's columns."""
    days = pd.bdate_range(end=datetime.now(UTC).date() - timedelta(days=3), periods=2520)
    rows = ((day.date(), 100 + number / 8) for number, day in enumerate(days))
    lines = (f"{day},{close},{close + 1},{close - 1},{close},1000,{close},,,,,0.0,1.0" for day, close in rows)
    return "\n".join([_HEADER, *lines, ""]).encode()


BODY = ten_years()


class Handler(BaseHTTPRequestHandler):
    """Gives the same prices for every ticker."""

    def do_GET(self) -> None:
        """Answer after :data:`ANSWER_S`."""
        time.sleep(ANSWER_S)
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
