"""A request without a cached result, over HTTP, beside stock Prophet in this process; and the time of each stage."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from benchmarks.report import seconds_of
from benchmarks.yardsticks.stock_prophet import (
    fit_stock_prophet,
    same_model_prophet,
    sample_series,
    stock_prophet,
)
from test_support.stacks.run_app import RunningStack

ROUNDS = 9
REPEATS = 50
DAYS = 30
TICKER = "AAPL"
_NOT_ENGINE_STAGES = {"read", "total"}
_LOG_TIMEOUT_S = 5


@dataclass(frozen=True)
class ColdRequest:
    """One cold request: its duration, the time at which it was sent, and its answer."""

    seconds: float
    sent: float
    answer: dict[str, Any]

    @property
    def engine_ms(self) -> float:
        """The milliseconds of fit, prediction, backtest, interval and chart."""
        return float(sum(ms for stage, ms in self.answer["timings_ms"].items() if stage not in _NOT_ENGINE_STAGES))

    @property
    def overhead_ms(self) -> float:
        """The milliseconds of everything else."""
        return self.seconds * 1000 - self.engine_ms


def cold_figures(stack: RunningStack) -> dict[str, object]:
    """Time the service and Prophet alternately, so that a slow moment of the machine affects both."""
    closes = sample_series(TICKER).frame["close"]
    stock_prophet(closes, DAYS)
    colds: list[ColdRequest] = []
    bare, stock, fits = [], [], []
    with stack.client() as client:
        first = cold_request(client, DAYS)
        for round_number in range(1, ROUNDS + 1):
            # A new horizon has no cached result and takes the same work.
            colds.append(cold_request(client, DAYS + round_number))
            bare.append(seconds_of(lambda: same_model_prophet(closes, DAYS)))
            stock.append(seconds_of(lambda: stock_prophet(closes, DAYS)))
            fits.append(seconds_of(lambda: fit_stock_prophet(closes)))
        repeated = [seconds_of(partial(cold_request, client, DAYS)) for _ in range(REPEATS)]
    seconds = [cold.seconds for cold in colds]
    overheads = [cold.overhead_ms for cold in colds]
    return {
        "cold_ratio": median_ratio(seconds, stock),
        "overhead_ratio": median_ratio(overheads, [1000 * fit for fit in fits]),
        "cold": {
            "ratio_to_the_same_model_by_stan": median_ratio(seconds, bare),
            "stock_prophet_ms": statistics.median(stock) * 1000,
            "first_request_ms": first.seconds * 1000,
            "request_ms": statistics.median(seconds) * 1000,
            "stock_prophet_fit_ms": statistics.median(fits) * 1000,
            "overhead_ms": statistics.median(overheads),
            "engine_ms": statistics.median(cold.engine_ms for cold in colds),
            "stages_ms": _stages(stack, colds),
        },
        "repeated_ratio": statistics.median(repeated) / statistics.median(stock),
        "repeated_ms": statistics.median(repeated) * 1000,
    }


def cold_request(client: httpx.Client, days: int) -> ColdRequest:
    """Request a forecast, check that it is done, and return it with its times."""
    sent, began = time.time(), time.perf_counter()
    answer = client.post("/api/v1/forecasts", json={"ticker": TICKER, "days": days}).raise_for_status()
    seconds = time.perf_counter() - began
    document = answer.json()
    if document["status"] != "done":
        raise SystemExit(f"no result: {answer.text[:200]}")
    return ColdRequest(seconds, sent, document)


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))


def _stages(stack: RunningStack, colds: list[ColdRequest]) -> dict[str, float]:
    """Return the median milliseconds of each stage, from the engine's timings and the times in the services' logs."""
    stages = [_stages_of(stack, cold) for cold in colds]
    return {name: statistics.median(stage[name] for stage in stages) for name in stages[0]}


def _stages_of(stack: RunningStack, cold: ColdRequest) -> dict[str, float]:
    request_id = cold.answer["request_id"]
    accepted = _time_logged(stack, "web", request_id, "accepted")
    delivered = _time_logged(stack, "ingestion", request_id, "delivered")
    done = _time_logged(stack, "forecast", request_id, "done")
    timings = dict(cold.answer["timings_ms"])
    worker = timings.pop("total")
    return {
        "accept": (accepted - cold.sent) * 1000,
        "ingest": (delivered - accepted) * 1000,
        **timings,
        "shape and serialise": worker - sum(timings.values()),
        "queue and write": (done - delivered) * 1000 - worker,
        "notice and answer": (cold.sent + cold.seconds - done) * 1000,
    }


def _time_logged(stack: RunningStack, service: str, request_id: str, message: str) -> float:
    """Return the time of a service's log line about a request, in seconds with millisecond precision."""
    give_up = time.monotonic() + _LOG_TIMEOUT_S
    while time.monotonic() < give_up:
        for line in (stack.logs / f"{service}.log").read_text().splitlines():
            if request_id in line and json.loads(line)["message"] == message:
                return datetime.fromisoformat(json.loads(line)["time"]).timestamp()
        time.sleep(0.1)
    raise SystemExit(f"{service} did not log {message!r}")
