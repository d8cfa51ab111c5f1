"""Many questions at once: one ticker that everybody asks for, and as many tickers as there are requests."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import httpx
import pandas as pd

from benchmarks.load.concurrent_clients import TimedResponse, all_at_once, asking, in_turns
from benchmarks.load.price_source import WALKS, walk
from benchmarks.yardsticks.stock_prophet import quiet_prophet, stock_prophet
from test_support.stacks.run_app import RunningStack

CROWD = 500
BURSTS = 3
CLIENTS = 8
"""Enough to keep two workers busy while the others' answers are on their way."""
PROPHETS = 2
PROPHET_SERIES = 16
DAYS = 30
STORED = tuple(f"WALK{number}" for number in range(WALKS))
"""Tickers with series of their own, which are stored before they are asked for."""
_days = itertools.count(DAYS)


def burst_figures(stack: RunningStack) -> dict[str, object]:
    """A crowd that asks for a ticker that nobody asked for before, beside one who does."""
    port, alone, slowest = stack.ports.web, [], []
    fetches = fits = 0.0
    for number in range(BURSTS):
        alone.append(all_at_once(port, [asking(f"ALONE{number}", DAYS)])[0].seconds)
        before = _fetches(stack), _fits(stack)
        answers = all_at_once(port, [asking(f"BURST{number}", DAYS)] * CROWD)
        require_done(answers)
        slowest.append(max(answer.seconds for answer in answers))
        fetches, fits = max(fetches, _fetches(stack) - before[0]), max(fits, _fits(stack) - before[1])
    return {
        "burst_ratio": statistics.median(most / one for most, one in zip(slowest, alone, strict=True)),
        "burst_fetches": round(fetches),
        "burst_fits": round(fits),
        "burst": {"alone_ms": statistics.median(alone) * 1000, "slowest_ms": statistics.median(slowest) * 1000},
    }


def _fetches(stack: RunningStack) -> float:
    return stack.metric(stack.ports.ingestion_health, "stockcast_source_calls_total", outcome="answered")


def _fits(stack: RunningStack) -> float:
    return stack.metric(stack.ports.forecast_health, "stockcast_orders_total")


def distinct_figures(stack: RunningStack) -> dict[str, object]:
    """Distinct series, all cold and stored, beside stock Prophet in two processes that does no backtest."""
    store_walks(stack)
    began = time.perf_counter()
    require_done(in_turns(stack.ports.web, distinct_questions(len(STORED)), CLIENTS))
    ours = len(STORED) / (time.perf_counter() - began)
    stock = _prophets_per_second([walk(number) for number in range(PROPHET_SERIES)])
    return {
        "distinct_ratio": ours / stock,
        "distinct": {"per_second": ours, "stock_prophet_per_second": stock},
    }


def store_walks(stack: RunningStack) -> None:
    """Have the price source's series fetched and stored, as many at once as commands are taken."""

    def store(client: httpx.Client, ticker: str) -> None:
        client.put(f"/api/v1/tickers/{ticker}").raise_for_status()

    with stack.client() as client, ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(store, client), STORED))


def distinct_questions(most: int | None = None) -> Iterator[bytes]:
    """Questions about the stored series in turn, none of which was ever asked."""
    questions = (asking(ticker, days) for days in _days for ticker in STORED)
    return itertools.islice(questions, most)


def next_days() -> int:
    """A horizon that was never asked for."""
    return next(_days)


def require_done(answers: list[TimedResponse]) -> None:
    """End where an answer is no finished forecast."""
    for answer in answers:
        if not answer.is_done:
            raise SystemExit(f"no forecast: {answer.beginning[:300]!r}")


def _prophets_per_second(series: list[pd.Series]) -> float:
    with ProcessPoolExecutor(PROPHETS, initializer=quiet_prophet) as processes:
        list(processes.map(partial(stock_prophet, days=DAYS), series[:PROPHETS]))
        began = time.perf_counter()
        list(processes.map(partial(stock_prophet, days=DAYS), series))
        return len(series) / (time.perf_counter() - began)
