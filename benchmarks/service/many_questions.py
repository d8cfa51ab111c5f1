"""Many simultaneous questions: all for one ticker, and each for another ticker."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import httpx
import pandas as pd

from benchmarks.load.concurrent_clients import (
    TimedResponse,
    forecast_request,
    post_request,
    send_all_at_once,
    send_by_clients,
)
from benchmarks.load.price_source import WALKS, walk
from benchmarks.yardsticks.bare_server import KEY, bare_server
from benchmarks.yardsticks.stock_prophet import quiet_prophet, stock_prophet
from test_support.stacks.run_app import RunningStack

BURST_CLIENTS = 500
BURSTS = 3
CLIENTS = 8
"""Enough clients to keep two workers busy while other answers are transferred."""
PROPHETS = 2
PROPHET_SERIES = 16
DAYS = 30
STORED = tuple(f"WALK{number}" for number in range(WALKS))
"""Tickers with different series, which are stored before the first question."""
_days = itertools.count(DAYS)


def burst_figures(stack: RunningStack) -> dict[str, object]:
    """Time the slowest of many simultaneous questions for one new ticker.

    The yardstick is one question alone plus the slowest of as many simultaneous requests to a bare Flask route that
    returns the same bytes.
    """
    port, alone, bare, slowest = stack.ports.web, [], [], []
    fetches = fits = 0.0
    with bare_server(stack) as address:
        bare_port = httpx.URL(address).port or 0
        for number in range(BURSTS):
            alone.append(send_all_at_once(port, [forecast_request(f"ALONE{number}", DAYS)])[0].seconds)
            before = _fetches(stack), _fits(stack)
            answers = send_all_at_once(port, [forecast_request(f"BURST{number}", DAYS)] * BURST_CLIENTS)
            require_done(answers)
            slowest.append(max(answer.seconds for answer in answers))
            fetches, fits = max(fetches, _fetches(stack) - before[0]), max(fits, _fits(stack) - before[1])
            bare.append(_slowest_bare(stack, bare_port, f"BURST{number}"))
    rounds = list(zip(slowest, alone, bare, strict=True))
    return {
        "burst_ratio": statistics.median(most / (one + transfer) for most, one, transfer in rounds),
        "burst_fetches": round(fetches),
        "burst_fits": round(fits),
        "burst": {
            "alone_ms": statistics.median(alone) * 1000,
            "bare_slowest_ms": statistics.median(bare) * 1000,
            "slowest_ms": statistics.median(slowest) * 1000,
            "slowest_beside_alone": statistics.median(most / one for most, one, _ in rounds),
        },
    }


def _slowest_bare(stack: RunningStack, port: int, ticker: str) -> float:
    """Return the seconds of the slowest of many simultaneous requests for a finished answer's bytes."""
    with stack.client() as client:
        answer = client.post("/api/v1/forecasts", json={"ticker": ticker, "days": DAYS}).raise_for_status()
    stack.redis.set(KEY, answer.content)
    answers = send_all_at_once(port, [post_request("/same", answer.request.content)] * BURST_CLIENTS)
    require_done(answers)
    return max(answer.seconds for answer in answers)


def _fetches(stack: RunningStack) -> float:
    return stack.metric(stack.ports.ingestion_health, "stockcast_source_calls_total", outcome="answered")


def _fits(stack: RunningStack) -> float:
    return stack.metric(stack.ports.forecast_health, "stockcast_orders_total")


def distinct_figures(stack: RunningStack) -> dict[str, object]:
    """Count the forecasts a second of stored series without cached results, and stock Prophet's in two processes."""
    store_walks(stack)
    began = time.perf_counter()
    require_done(send_by_clients(stack.ports.web, distinct_questions(len(STORED)), CLIENTS))
    ours = len(STORED) / (time.perf_counter() - began)
    stock = _prophets_per_second([walk(number) for number in range(PROPHET_SERIES)])
    return {
        "distinct_ratio": ours / stock,
        "distinct": {"per_second": ours, "stock_prophet_per_second": stock},
    }


def store_walks(stack: RunningStack) -> None:
    """Store the price source's series through the API."""

    def store(client: httpx.Client, ticker: str) -> None:
        client.put(f"/api/v1/tickers/{ticker}").raise_for_status()

    with stack.client() as client, ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(store, client), STORED))


def distinct_questions(most: int | None = None) -> Iterator[bytes]:
    """Return new questions about the stored series in turn."""
    questions = (forecast_request(ticker, days) for days in _days for ticker in STORED)
    return itertools.islice(questions, most)


def unused_horizon() -> int:
    """Return a horizon that no question has had."""
    return next(_days)


def require_done(answers: list[TimedResponse]) -> None:
    """Exit if an answer is not a finished forecast."""
    for answer in answers:
        if not answer.is_done:
            raise SystemExit(f"no forecast: {answer.beginning[:300]!r}")


def _prophets_per_second(series: list[pd.Series]) -> float:
    with ProcessPoolExecutor(PROPHETS, initializer=quiet_prophet) as processes:
        list(processes.map(partial(stock_prophet, days=DAYS), series[:PROPHETS]))
        began = time.perf_counter()
        list(processes.map(partial(stock_prophet, days=DAYS), series))
        return len(series) / (time.perf_counter() - began)
