"""New forecasts while fifty requests of long work wait and one is at work, beside new forecasts alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx
import psutil

from benchmarks.load.concurrent_clients import forecast_request, send_by_clients
from benchmarks.service.many_questions import STORED, require_done, store_walks, unused_horizon
from test_support.stacks.run_app import RunningStack
from test_support.stacks.service_processes import command_line

WAITING = 50
"""The most requests of long work that one client may have in the queue."""
ROUNDS, FORECASTS = 5, 10
GIVE_UP_S = 60.0
_EVALUATION: dict[str, Any] = {"kind": "evaluation", "models": ["prophet", "ets", "arima"], "origins": 250}


def beside_long_figures(stack: RunningStack) -> dict[str, object]:
    """Alternately time new forecasts one by one, alone and beside long work, and the end of cancelled long work."""
    store_walks(stack)
    alone, beside, cancelled = [], [], []
    _seconds_of_forecasts(stack)
    with stack.client() as client:
        for number in range(ROUNDS):
            alone.append(_seconds_of_forecasts(stack))
            url = _send_long_work(client, number)
            _wait(lambda: _counts(client, url).get("computing"), "no evaluation begins")  # noqa: B023
            beside.append(_seconds_of_forecasts(stack))
            workers = _long_workers(stack)
            began = time.perf_counter()
            client.delete(url).raise_for_status()
            _wait(lambda: not any(map(_is_running, workers)), "the work goes on after its cancellation")  # noqa: B023
            cancelled.append(time.perf_counter() - began)
    return {
        "beside_long_ratio": statistics.median(one / other for one, other in zip(beside, alone, strict=True)),
        "beside_long": {
            "alone_ms": statistics.median(alone) * 1000,
            "beside_ms": statistics.median(beside) * 1000,
            "slowest_cancellation_s": max(cancelled),
        },
    }


def _seconds_of_forecasts(stack: RunningStack) -> float:
    """Return the median time of a forecast without a cached result, one at a time."""
    questions = [forecast_request(STORED[number], unused_horizon()) for number in range(FORECASTS)]
    answers = send_by_clients(stack.ports.web, iter(questions), clients=1)
    require_done(answers)
    return statistics.median(answer.seconds for answer in answers)


def _send_long_work(client: httpx.Client, number: int) -> str:
    """Send a batch of new evaluations; return its address."""
    requests = [_EVALUATION | {"ticker": ticker, "days": 30 + number} for ticker in STORED[:WAITING]]
    batch = client.post("/api/v1/batches", json={"requests": requests}).raise_for_status().json()
    return str(batch["url"])


def _counts(client: httpx.Client, url: str) -> dict[str, int]:
    counts: dict[str, int] = client.get(url).raise_for_status().json()["counts"]
    return counts


def _long_workers(stack: RunningStack) -> list[psutil.Process]:
    """Return the worker processes of long work, which have the lowest priority of all."""
    forked = [
        process
        for process in psutil.Process(stack.pid).children(recursive=True)
        if "multiprocessing.forkserver" in command_line(process)
    ]
    lowest = max(process.nice() for process in forked)
    return [process for process in forked if process.nice() == lowest]


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False


def _wait(holds: Callable[[], object], complaint: str) -> None:
    give_up = time.monotonic() + GIVE_UP_S
    while not holds():
        if time.monotonic() > give_up:
            raise SystemExit(complaint)
        time.sleep(0.01)
