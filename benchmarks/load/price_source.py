"""``python -m benchmarks.load.price_source``: the price source in a process of its own.

It answers with ten years of prices after 50 ms. It prints its port, and ends when its standard input is closed. The
number at a ticker's end selects one of :data:`WALKS` random walks. A ticker without a number is unknown.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from test_support.network.http_server import serving
from test_support.paths import ROOT
from test_support.sources.price_source import PriceSource, tiingo_table

ANSWER_S = 0.05
WALKS = 100
DAILY_MOVE = 0.015
_ROWS = 2520
_NUMBER = re.compile(r"\d+$")


def walk(number: int) -> pd.Series:
    """Return the random walk of a number: ten years of closes that end three days ago."""
    days = pd.bdate_range(end=datetime.now(UTC).date() - timedelta(days=3), periods=_ROWS)
    moves = np.random.default_rng(number).normal(0, DAILY_MOVE, _ROWS)
    return pd.Series((100 * np.exp(moves.cumsum())).round(2), index=days)


@contextmanager
def price_source() -> Iterator[dict[str, str]]:
    """Run this module as a process. Yield the settings by which services ask it first, and the sample after it."""
    command = [sys.executable, "-m", "benchmarks.load.price_source"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        yield {
            "PROVIDERS": "tiingo,sample",
            "TIINGO_API_KEY": "benchmark",
            "TIINGO_URL": f"http://127.0.0.1:{process.stdout.readline().strip()}",
            "PROVIDER_BUDGETS": "tiingo=1000000/minute",
        }
        process.communicate()


def main() -> None:
    """Serve until standard input is closed."""
    tables = tuple(tiingo_table(walk(number)) for number in range(WALKS))

    def table_of(ticker: str) -> bytes | None:
        number = _NUMBER.search(ticker)
        return tables[int(number[0]) % WALKS] if number else None

    with serving(PriceSource(table_of)) as source:
        source.delay_s = ANSWER_S
        print(source.server_port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
