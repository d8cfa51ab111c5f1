"""The time to refresh a hundred tickers, beside the time that their source alone takes.

``python -m benchmarks.service.refresh`` refreshes them in a process, as the refresh command does, and prints JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
from functools import partial

import psutil

from benchmarks.load.price_source import ANSWER_S
from benchmarks.report import seconds_of
from common.runtime.settings_loading import load_settings
from ingestion_service.composition import compose
from ingestion_service.refresh.command import CALLS_AT_ONCE, make_refresher, refresh_all
from ingestion_service.settings import IngestionSettings
from test_support.paths import ROOT
from test_support.stacks.run_app import RunningStack

TICKERS = 100
ROUNDS = 3
IDEAL_S = TICKERS * ANSWER_S / CALLS_AT_ONCE


def refresh_figures(stack: RunningStack) -> dict[str, object]:
    """Measure the time as a multiple of the ideal one, and the growth of memory in MB."""
    command = [sys.executable, "-m", "benchmarks.service.refresh"]
    output = subprocess.run(command, cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, check=True).stdout
    figures: dict[str, object] = json.loads(output)
    return figures


def main() -> None:
    """Refresh a hundred tickers to warm up, then further hundreds. Print the figures."""
    refresh = make_refresher(compose(load_settings(IngestionSettings), calls_at_once=CALLS_AT_ONCE))

    def refresh_a_hundred(number: int) -> None:
        lines = refresh_all([f"B{number}X{ticker}" for ticker in range(TICKERS)], refresh, threading.Event())
        failed = [line for line in lines if line.result != "new"]
        if failed:
            raise SystemExit(f"not refreshed: {failed[0]}")

    refresh_a_hundred(0)
    before = psutil.Process().memory_info().rss
    seconds = [seconds_of(partial(refresh_a_hundred, number)) for number in range(1, ROUNDS + 1)]
    growth = psutil.Process().memory_info().rss - before
    print(json.dumps({"refresh_ratio": statistics.median(seconds) / IDEAL_S, "refresh_growth_mb": growth / 1e6}))


if __name__ == "__main__":
    main()
