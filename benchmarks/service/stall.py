"""Probes and repeated forecasts while other clients loop the most expensive reads and searches, beside idle ones."""

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

from benchmarks.load.concurrent_clients import asking, exchanged, getting, in_turns
from test_support.stacks.run_app import RunningStack

CLIENTS = 8
"""Each sends a costly request as soon as it has the answer to the last one."""
ROUNDS, SECONDS = 3, 8.0
PAUSE_S = 0.01
"""Between two measured requests."""
TICKER, DAYS = "AAPL", 30
_MEASURED = {"livez": getting("/livez"), "repeat": asking(TICKER, DAYS)}


def stall_figures(stack: RunningStack) -> dict[str, object]:
    """The 99th percentile of each measured request, idle and under load, in turns; the ratio is that of the medians."""
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
    served = 0
    for _ in range(ROUNDS):
        _add(idle, _percentiles(port))
        with ProcessPoolExecutor(1) as processes:
            load = processes.submit(_load, port, svg)
            time.sleep(1)  # until the load has begun
            _add(loaded, _percentiles(port))
            served += load.result()
    middle = {name: (statistics.median(idle[name]), statistics.median(loaded[name])) for name in _MEASURED}
    return {f"stall_{name}_ratio": under / alone for name, (alone, under) in middle.items()} | {
        "stall": {name: {"idle_p99_ms": alone, "loaded_p99_ms": under} for name, (alone, under) in middle.items()}
        | {"costly_per_second": served / (ROUNDS * (SECONDS + 2))}
    }


def costly_requests(svg: str) -> Iterator[bytes]:
    """Searches that were never made before, whole price histories, lists, pictures and the page's largest file."""
    others = [
        "/api/v1/tickers",
        f"/api/v1/prices/{TICKER}",
        f"/api/v1/prices/{TICKER}?format=csv",
        svg,
        "/api/openapi.json",
    ]
    texts = ("".join(letters) for letters in itertools.product(string.ascii_lowercase, repeat=4))
    for text, other in zip(texts, itertools.cycle(others), strict=False):
        yield getting(f"/api/v1/tickers?q={text}{'a' * 60}")
        yield getting(other)


def _load(port: int, svg: str) -> int:
    return len(in_turns(port, costly_requests(svg), CLIENTS, SECONDS + 2))


def _percentiles(port: int) -> dict[str, float]:
    async def run() -> dict[str, list[float]]:
        taken: dict[str, list[float]] = {name: [] for name in _MEASURED}
        give_up = time.perf_counter() + SECONDS
        while time.perf_counter() < give_up:
            for name, request in _MEASURED.items():
                answer = await exchanged(port, request)
                if answer.status != 200:
                    raise SystemExit(
                        f"{name} was answered with {answer.status}: {json.dumps(answer.ending[-300:].decode())}"
                    )
                taken[name].append(answer.seconds * 1000)
            await asyncio.sleep(PAUSE_S)
        return taken

    return {name: statistics.quantiles(times, n=100)[98] for name, times in uvloop.run(run()).items()}


def _add(lists: dict[str, list[float]], values: dict[str, float]) -> None:
    for name, value in values.items():
        lists[name].append(value)
