"""A cold request over HTTP, beside stock Prophet in this process, and where its milliseconds go."""

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
from benchmarks.yardsticks.stock_prophet import same_model_prophet, sample_series, stock_prophet
from test_support.stacks.run_app import RunningStack

ROUNDS = 9
REPEATS = 50
DAYS = 30
TICKER = "AAPL"
_NOT_THE_ENGINES = {"read", "total"}
_LOG_PATIENCE_S = 5


@dataclass(frozen=True)
class Cold:
    """One cold request: how long it took, when it was sent, and its answer."""

    seconds: float
    sent: float
    answer: dict[str, Any]

    @property
    def engine_ms(self) -> float:
        """What fit, prediction, backtest, interval and picture took."""
        return float(sum(ms for stage, ms in self.answer["timings_ms"].items() if stage not in _NOT_THE_ENGINES))

    @property
    def overhead_ms(self) -> float:
        """What everything else took."""
        return self.seconds * 1000 - self.engine_ms


def cold_figures(stack: RunningStack) -> dict[str, object]:
    """Take turns: the service, and Prophet alone; so that a slow moment of the machine meets both."""
    closes = sample_series(TICKER).frame["close"]
    stock_prophet(closes, DAYS)
    colds: list[Cold] = []
    bare, stock = [], []
    with stack.client() as client:
        first = cold_request(client, DAYS)
        for round_number in range(1, ROUNDS + 1):
            # Another horizon is another question: nothing of it is cached, and the work is the same.
            colds.append(cold_request(client, DAYS + round_number))
            bare.append(seconds_of(lambda: same_model_prophet(closes, DAYS)))
            stock.append(seconds_of(lambda: stock_prophet(closes, DAYS)))
        repeated = [seconds_of(partial(cold_request, client, DAYS)) for _ in range(REPEATS)]
    seconds = [cold.seconds for cold in colds]
    return {
        "cold_ratio": ratio(seconds, stock),
        "overhead_ms": statistics.median(cold.overhead_ms for cold in colds),
        "cold": {
            "ratio_to_the_same_model_by_stan": ratio(seconds, bare),
            "stock_prophet_ms": statistics.median(stock) * 1000,
            "first_request_ms": first.seconds * 1000,
            "request_ms": statistics.median(seconds) * 1000,
            "engine_ms": statistics.median(cold.engine_ms for cold in colds),
            "stages_ms": _stages(stack, colds),
        },
        "repeated_ratio": statistics.median(repeated) / statistics.median(stock),
        "repeated_ms": statistics.median(repeated) * 1000,
    }


def cold_request(client: httpx.Client, days: int) -> Cold:
    """Ask for a forecast and see that it came."""
    sent, began = time.time(), time.perf_counter()
    answer = client.post("/api/v1/forecasts", json={"ticker": TICKER, "days": days}).raise_for_status()
    seconds = time.perf_counter() - began
    said = answer.json()
    if said["status"] != "done":
        raise SystemExit(f"no result: {answer.text[:200]}")
    return Cold(seconds, sent, said)


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios, round by round."""
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))


def _stages(stack: RunningStack, colds: list[Cold]) -> dict[str, float]:
    """The median of each stage, told by the engine's own timings and by when the services logged."""
    stages = [_stages_of(stack, cold) for cold in colds]
    return {name: statistics.median(stage[name] for stage in stages) for name in stages[0]}


def _stages_of(stack: RunningStack, cold: Cold) -> dict[str, float]:
    request_id = cold.answer["request_id"]
    accepted = _logged(stack, "web", request_id, "accepted")
    handed_on = _logged(stack, "ingestion", request_id, "handed on")
    done = _logged(stack, "forecast", request_id, "done")
    timings = dict(cold.answer["timings_ms"])
    worker = timings.pop("total")
    return {
        "accept": (accepted - cold.sent) * 1000,
        "ingest": (handed_on - accepted) * 1000,
        **timings,
        "shape and serialise": worker - sum(timings.values()),
        "queue and write": (done - handed_on) * 1000 - worker,
        "notice and answer": (cold.sent + cold.seconds - done) * 1000,
    }


def _logged(stack: RunningStack, service: str, request_id: str, message: str) -> float:
    """When a service said something of a request, to the millisecond."""
    give_up = time.monotonic() + _LOG_PATIENCE_S
    while time.monotonic() < give_up:
        for line in (stack.logs / f"{service}.log").read_text().splitlines():
            if request_id in line and json.loads(line)["message"] == message:
                return datetime.fromisoformat(json.loads(line)["time"]).timestamp()
        time.sleep(0.1)
    raise SystemExit(f"{service} did not log {message!r}")
