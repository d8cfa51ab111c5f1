"""Reading the dataset leaves no thread of Arrow, which may abort a process that ends soon after."""

from __future__ import annotations

import subprocess
import sys

from test_support.paths import ROOT

SCRIPT = """
import psutil
from datetime import date
from forecast_service.market.dataset.complete_board import read_tickers
from forecast_service.market.dataset.schema import board_schema, board_table, from_parquet, to_parquet
day = date(2026, 11, 20)
body = to_parquet(board_table([{"ticker": "A"}], board_schema((5,), day)))
before = psutil.Process().num_threads()
assert from_parquet(body)["ticker"].to_pylist() == ["A"]
assert read_tickers(body, day, (5,)) == {"A"}
print(psutil.Process().num_threads() - before)
"""


def test_reading_a_file_starts_no_thread():
    assert subprocess.check_output([sys.executable, "-c", SCRIPT], cwd=ROOT, text=True) == "0\n"
