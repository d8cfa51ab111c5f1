"""Probes and repeated forecasts while other clients send the most expensive reads and searches, and without them."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import string
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import uvloop

from benchmarks.load.concurrent_clients import forecast_request, get_request, send_by_clients, send_request
from test_support.stacks.run_app import RunningStack

CLIENTS = 8
"""Each sends a costly request as soon as it has its last answer."""
ROUNDS, SECONDS = 3, 8.0
PAUSE_S = 0.01
"""The pause between two measured requests."""
TICKER, DAYS = "AAPL", 30
_MEASURED = {"livez": get_request("/livez"), "repeat": forecast_request(TICKER, DAYS)}


def stall_figures(stack: RunningStack) -> dict[str, object]:
    """Measure the 99th percentile of each request, alternately idle and under load. The ratio is the medians'."""
    port = stack.ports.web
    with stack.client() as client:
        svg = (
            client.post("/api/v1/forecasts", json={"ticker": TICKER, "days": DAYS})
            .raise_for_status()
            .json()["plot_url"]
        )
    svg = svg.removesuffix("png") + "svg"
    idle: dict[str, list[float]] = {name: [] for name in _MEASURED}
    loaded: dict[str, list[float]] = {name: [] for name in _MEASURED}
    costly_answers = 0
    for _ in range(ROUNDS):
        _append_each(idle, _measure_percentiles(port))
        with ProcessPoolExecutor(1) as processes:
            load = processes.submit(_send_costly_requests, port, svg)
            time.sleep(1)  # the load has begun by then
            _append_each(loaded, _measure_percentiles(port))
            costly_answers += load.result()
    middle = {name: (statistics.median(idle[name]), statistics.median(loaded[name])) for name in _MEASURED}
    return {f"stall_{name}_ratio": under / alone for name, (alone, under) in middle.items()} | {
        "stall": {name: {"idle_p99_ms": alone, "loaded_p99_ms": under} for name, (alone, under) in middle.items()}
        | {"costly_per_second": costly_answers / (ROUNDS * (SECONDS + 2))}
    }


def costly_requests(svg: str) -> Iterator[bytes]:
    """Yield new searches, whole price histories, lists, charts and the API's description."""
    others = [
        "/api/v1/tickers",
        f"/api/v1/prices/{TICKER}",
        f"/api/v1/prices/{TICKER}?format=csv",
        svg,
        "/api/openapi.json",
    ]
    texts = ("".join(letters) for letters in itertools.product(string.ascii_lowercase, repeat=4))
    for text, other in zip(texts, itertools.cycle(others), strict=False):
        yield get_request(f"/api/v1/tickers?q={text}{'a' * 60}")
        yield get_request(other)


def _send_costly_requests(port: int, svg: str) -> int:
    return len(send_by_clients(port, costly_requests(svg), CLIENTS, SECONDS + 2))


def _measure_percentiles(port: int) -> dict[str, float]:
    async def run() -> dict[str, list[float]]:
        taken: dict[str, list[float]] = {name: [] for name in _MEASURED}
        give_up = time.perf_counter() + SECONDS
        while time.perf_counter() < give_up:
            for name, request in _MEASURED.items():
                answer = await send_request(port, request)
                if answer.status != 200:
                    raise SystemExit(
                        f"{name} was answered with {answer.status}: {json.dumps(answer.ending[-300:].decode())}"
                    )
                taken[name].append(answer.seconds * 1000)
            await asyncio.sleep(PAUSE_S)
        return taken

    return {name: statistics.quantiles(times, n=100)[98] for name, times in uvloop.run(run()).items()}


def _append_each(lists: dict[str, list[float]], values: dict[str, float]) -> None:
    for name, value in values.items():
        lists[name].append(value)
