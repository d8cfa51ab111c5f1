"""``python -m benchmarks.market [--stocks N]``: the nightly run with one and with two worker processes.

Made-up series of ten years are stored in an object store of the benchmark's own. Figures for 8000 stocks are those of N
stocks, scaled without the start of the processes. Beside them is the time of stock Prophet with as many origins of its
cross-validation, timed on ten series.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from prophet.diagnostics import cross_validation

from benchmarks.report import parser, report
from benchmarks.yardsticks.stock_prophet import fit_stock_prophet, quiet_prophet
from common.domain.prices import COLUMNS, PriceSeries
from common.s3.price_store import PriceStore
from forecast_service.engine.evaluation.backtest import ORIGINS
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.stores.object_store import KEY, running_store, store_client

DAY = date(2026, 11, 20)
ROWS = 2520
MARKET = 8000
ORDER = (2, 1, 1, 2)
"""The worker processes of each run. A host that becomes slower or faster meanwhile affects both numbers alike."""
FEW = 4
"""The stocks of a run that shows how long the processes take to start."""
BUCKET = "market"
PROPHETS, CROSS_VALIDATED_ORIGINS = 10, 2
HORIZON_DAYS = 91
MB = 1e6
LOOK_EVERY_S = 10.0
"""A look at the processes reads all of /proc, which takes 40 ms of a core that two workers lack."""


@dataclass(frozen=True)
class Run:
    """The seconds of a run, the processor time of all its processes, and the most memory of one of them in bytes."""

    seconds: float
    core_seconds: float
    worker_bytes: int


def main() -> None:
    """Measure and report."""
    options = parser(__doc__)
    options.add_argument("--stocks", type=int, default=MARKET, help="how many series (default: %(default)s)")
    options.add_argument("--folder", type=Path, help="where the store keeps its files (default: a temporary folder)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder, running_store(Path(folder), BUCKET) as (url, _):
        store_made_up_series(url, chosen.stocks)
        measurements = [(workers, measured(url, workers)) for workers in ORDER]
        runs = {workers: mean_of([run for of, run in measurements if of == workers]) for workers in (2, 1)}
        starts = {workers: measured(url, workers, few=True) for workers in (2, 1)}
    figures = run_figures(chosen.stocks, runs, starts) | prophet_figures()
    figures["prophet_ratio"] = figures["prophet_hours_8000"] * 60 / figures["minutes_8000"]
    report(figures, chosen.json)


def store_made_up_series(url: str, count: int) -> None:
    """Store ``count`` series."""
    store = PriceStore(store_client(url), BUCKET)
    fetched_at = datetime(2026, 11, 20, 23, tzinfo=UTC)
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda number: store.write(made_up_series(number), fetched_at=fetched_at, replacing=None), range(count)
            )
        )


def made_up_series(number: int) -> PriceSeries:
    """Return ten years of prices with heavy tails and a volatility that changes slowly."""
    random = np.random.default_rng(number)
    volatility = 0.015 * np.exp(0.02 * random.normal(size=ROWS).cumsum() / 2)
    closes = 100 * np.exp((0.0002 + volatility * random.standard_t(5, ROWS) * np.sqrt(3 / 5)).cumsum())
    closes = np.clip(closes, 1e-3, 1e6).round(4)
    index = pd.bdate_range(end=DAY, periods=ROWS, name="date")
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=index)
    return PriceSeries(f"S{number:05}", "made-up", "USD", frame)


def measured(url: str, workers: int, *, few: bool = False) -> Run:
    """Run the command on all stored series, or on a few of them."""
    command = [*(sys.executable, "-m", "forecast_service.market", "--anew"), f"--workers={workers}", f"--date={DAY}"]
    environment = os.environ | {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_REGION": "us-east-1",
        "S3_BUCKET": BUCKET,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "LOG_LEVEL": "error",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",  # nothing is there, and the run goes on
    }
    if few:
        delete_all_but_few(url)
    began, used = time.perf_counter(), core_seconds_of_children()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        most = watch_memory(process)
    if process.returncode:
        raise SystemExit(f"the run ended with status {process.returncode}")
    return Run(time.perf_counter() - began, core_seconds_of_children() - used, most)


def core_seconds_of_children() -> float:
    """Return the processor time of all processes that this one started and that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def mean_of(runs: Sequence[Run]) -> Run:
    """Return the mean of runs, with the most memory of all."""
    return Run(
        statistics.mean(run.seconds for run in runs),
        statistics.mean(run.core_seconds for run in runs),
        max(run.worker_bytes for run in runs),
    )


def delete_all_but_few(url: str) -> None:
    """Delete all stored series but :data:`FEW`."""
    store = PriceStore(store_client(url), BUCKET)
    for ticker in list(store.objects.list_tickers())[FEW:]:
        store.objects.remove(ticker)


def watch_memory(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a run; return the most memory that one of its processes had."""
    most = 0
    while process.poll() is None:
        with suppress(psutil.Error):
            command = psutil.Process(process.pid)
            for each in (command, *command.children(recursive=True)):
                with suppress(psutil.Error):
                    most = max(most, each.memory_info().rss)
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_EVERY_S)
    return most


def run_figures(stocks: int, runs: Mapping[int, Run], starts: Mapping[int, Run]) -> dict[str, float]:
    """Return the figures of the runs; those of 8000 stocks are scaled from ``stocks``."""
    work = {workers: run.seconds - starts[workers].seconds for workers, run in runs.items()}
    return {
        "stocks": float(stocks),
        "seconds": runs[2].seconds,
        "start_seconds": starts[2].seconds,
        "minutes_8000": (starts[2].seconds + work[2] * MARKET / stocks) / 60,
        "stocks_a_second": stocks / work[2],
        "core_ms_a_stock": 1000 * (runs[2].core_seconds - starts[2].core_seconds) / stocks,
        "worker_mb": max(run.worker_bytes for run in runs.values()) / MB,
        "two_workers_beside_one": work[1] / work[2],
    }


def prophet_figures() -> dict[str, float]:
    """Time stock Prophet on ten series: a fit and a prediction, and its cross-validation scaled to forty origins."""
    quiet_prophet()
    warnings.simplefilter("ignore")
    each = sum(stock_prophet_seconds(made_up_series(number).frame["close"]) for number in range(PROPHETS)) / PROPHETS
    return {"prophet_seconds_a_stock": each, "prophet_hours_8000": each * MARKET / 2 / 3600}


def stock_prophet_seconds(closes: pd.Series) -> float:
    """Return the seconds of stock Prophet for one series, as if it was cross-validated at forty origins."""
    began = time.perf_counter()
    model = fit_stock_prophet(closes)
    model.predict(model.make_future_dataframe(HORIZON_DAYS, include_history=False))
    fitted = time.perf_counter()
    cutoffs = [closes.index[row] for row in np.linspace(ROWS // 4, ROWS - 80, CROSS_VALIDATED_ORIGINS).astype(int)]
    cross_validation(model, horizon=f"{HORIZON_DAYS} days", cutoffs=cutoffs, disable_tqdm=True)
    return fitted - began + (time.perf_counter() - fitted) * ORIGINS / CROSS_VALIDATED_ORIGINS


if __name__ == "__main__":
    main()
