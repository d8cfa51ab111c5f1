"""``python -m benchmarks.patterns``: the pattern search over a market, beside stumpy's ``mass`` called in a loop.

The first figures are the search for one 60-day shape in 8000 made-up series of 2500 days, on one core, with the numbers
in memory. Then a part of such a market is stored as CSVs in an object store of its own, and searched as a worker does,
with the reading.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report import median_seconds, parser, report
from benchmarks.yardsticks.environment import yardstick
from common.domain.patterns.questions import CandleSearch, PatternQuestion, Search, ShapeSearch
from common.domain.prices import COLUMNS, PriceSeries
from common.s3.price_store import PriceStore, StoredSeries, make_s3_client
from forecast_service.calls.pattern_search import compute
from forecast_service.calls.task import Task
from forecast_service.patterns.finders.shapes import Shape, correlate, find_windows
from test_support.stores.object_store import KEY, running_store

SERIES, DAYS, LENGTH = 8000, 2500, 60
DEVIATION = 0.015
SEED = 1
BLOCK = 50
"""The series of one call: their numbers fit into the processor's cache."""
LEAST = 0.9
SAMPLED = 400
"""stumpy searches a part of the series, and its time is scaled to all."""
FEW = 10
"""The stocks that are searched before the memory of a search in all stored ones is measured."""
ROUNDS = 3
_STEPS = np.linspace(0, 1, LENGTH)
FORM = 0.1 * (np.sin(3 * np.pi * _STEPS) + 0.5 * _STEPS)


def main() -> None:
    """Measure and report."""
    options = parser(__doc__)
    options.add_argument("--stored", type=int, default=200, help="the number of stocks that are stored and read")
    arguments = options.parse_args()
    stored = stored_figures(arguments.stored)  # first, while the process has held no large arrays
    report(array_figures() | stored, arguments.json)


def array_figures() -> dict[str, float]:
    """Time the search in arrays, in single and in double precision, and stumpy's; seconds of the processor, and all."""
    moves = np.random.default_rng(SEED).normal(0, DEVIATION, (SERIES, DAYS))
    logs = np.cumsum(moves, axis=1)
    singles, shape = logs.astype(np.float32), Shape.of(np.exp(FORM))
    asked = {"shape": FORM.tolist(), "series": SAMPLED, "days": DAYS, "deviation": DEVIATION, "seed": SEED}
    calls = {"float32": lambda: search(singles, shape), "float64": lambda: search(logs, shape)}
    with yardstick("stumpy_mass.py", asked) as mass:
        stumpy = SERIES / SAMPLED * statistics.median(float(mass()) for _ in range(ROUNDS))
        processor = {name: min(_processor_seconds(call) for _ in range(ROUNDS)) for name, call in calls.items()}
        seconds = median_seconds(ROUNDS, stumpy=mass, **calls)
    return {
        "hits": float(search(singles, shape)),
        **{f"{name}_processor_s": value for name, value in processor.items()},
        **{f"{name}_s": seconds[name] for name in calls},
        "stumpy_mass_loop_processor_s": stumpy,
        "stumpy_mass_loop_s": seconds["stumpy"] * SERIES / SAMPLED,
        "stumpy_ratio": stumpy / processor["float32"],
    }


def search(logs: np.ndarray, shape: Shape) -> int:
    """Return the number of near windows in all series."""
    runs, count = np.zeros(logs.shape[1], np.intp), 0
    for begin in range(0, len(logs), BLOCK):
        for correlations in correlate(logs[begin : begin + BLOCK], shape):
            count += len(find_windows(correlations, runs, shape, LEAST))
    return count


def _processor_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def stored_figures(stocks: int) -> dict[str, float]:
    """Time the whole call over stored CSVs, and measure the process's peak of memory beside a search in a few."""
    with tempfile.TemporaryDirectory() as folder, running_store(Path(folder), "prices") as (url, _):
        os.environ |= {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY}
        os.environ["AWS_REGION"] = "us-east-1"
        store = PriceStore(make_s3_client(), "prices")
        for number in range(stocks):
            store.write(made_up_series(number), fetched_at=datetime.now(UTC), replacing=None)
        searches: dict[str, Search] = {
            "shape": ShapeSearch(type="shape", numbers=tuple(FORM.tolist())),
            "candles": CandleSearch(type="candles", candles="G G G R"),
        }
        for search_for in searches.values():
            _seconds_of_call(store, search_for, FEW)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        figures = {}
        for name, search_for in searches.items():
            seconds, processor = _seconds_of_call(store, search_for)
            figures[f"stored_{name}_of_{SERIES}_s"] = SERIES * seconds / stocks
            figures[f"stored_{name}_of_{SERIES}_processor_s"] = SERIES * processor / stocks
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return figures | {"stored_memory_growth_mb": grown / 1000}


def made_up_series(number: int) -> PriceSeries:
    """Return the prices of a random walk."""
    rng = np.random.default_rng([SEED, number])
    closes = 100 * np.exp(np.cumsum(rng.normal(0, DEVIATION, DAYS)))
    opens = closes * np.exp(rng.normal(0, 0.01, DAYS))
    columns = (opens, np.maximum(opens, closes) * 1.004, np.minimum(opens, closes) / 1.004, closes, closes, opens * 1e4)
    frame = pd.DataFrame(
        dict(zip(COLUMNS, columns, strict=True)), index=pd.bdate_range("2016-01-01", periods=DAYS, name="date")
    )
    return PriceSeries(f"S{number}", "tiingo", "USD", frame)


def _seconds_of_call(store: PriceStore, search: Search, few: int = 0) -> tuple[float, float]:
    """Return the seconds of a call over all stored stocks, or over a few, and those of the processor."""

    def prices(ticker: str) -> StoredSeries:
        stored = store.read(ticker)
        assert stored is not None  # noqa: S101 - it was written
        return stored

    tickers = tuple(f"S{number}" for number in range(few))
    question = PatternQuestion(ticker="S0", patterns=(search,), tickers=tickers, all=not few)
    today = datetime.now(UTC).date()
    task = Task(question, today, prices, lambda _: None, store.objects.list_tickers)
    began, processor = time.perf_counter(), time.process_time()
    compute(task)
    return time.perf_counter() - began, time.process_time() - processor


if __name__ == "__main__":
    main()
