"""The simulation beside a real stack: the same questions at the same times, each with the time that its forecast took.

So the difference is that of the queues: who waits for how long, who joins, and who is refused.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np

from benchmarks.load.concurrent_clients import TimedResponse, forecast_request, send_at, send_by_clients
from benchmarks.service.many_questions import CLIENTS, STORED, require_done
from benchmarks.sizing.measured import Measured, new_questions, worker_seconds
from benchmarks.sizing.simulation import Deployment, Simulation
from benchmarks.sizing.users import HORIZONS, TICKERS, Question, arrivals
from test_support.stacks.run_app import RunningStack

WORKERS, WEB = 2, 2
CAPACITY_QUESTIONS = 100
SHARE, STEADY_S = 0.7, 60.0
BURST_TIMES, BURST_S = 5.0, 12.0
"""After a minute of questions at a share of the capacity come some seconds of several times as many."""
FIRST_DAY = 70
"""Later than those of the other measurements."""
_STRIDE = len(HORIZONS)
_HORIZONS = list(HORIZONS)


def validate(stack: RunningStack, measured: Measured) -> dict[str, object]:
    """Return the figures of the stack, those of the simulation, and the relative differences."""
    port, began = stack.ports.web, time.perf_counter()
    require_done(send_by_clients(port, new_questions(CAPACITY_QUESTIONS), CLIENTS))
    capacity = CAPACITY_QUESTIONS / (time.perf_counter() - began)
    rng = np.random.default_rng(3)
    steady = arrivals(rng, SHARE * capacity, STEADY_S)
    burst = arrivals(rng, BURST_TIMES * capacity, BURST_S)
    asked = steady + [(STEADY_S + due, question) for due, question in burst]
    fits = _fits(stack)
    answers = send_at(port, [(due, _request(question)) for due, question in asked])
    fits = _fits(stack) - fits
    finished = _first_answers(asked, answers)
    worker = dict(zip(finished, worker_seconds(stack, finished.values()), strict=True))
    times = replace(measured.times(), forecast=list(worker.values()), known=worker)
    simulated = Simulation(Deployment(WEB, WORKERS), times, rng, fresh_tickers=TICKERS, further=0).run(asked)
    real = _figures(
        [answer.seconds for answer in answers if answer.is_done], sum(answer.is_refused for answer in answers), fits
    )
    model = _figures(simulated.new + simulated.repeated, simulated.refused, simulated.fits)
    return {
        "capacity_per_second": capacity,
        "asked": len(asked),
        "worker_median_s": statistics.median(worker.values()),
        "stack": real,
        "simulation": model,
        "difference": {name: model[name] / real[name] - 1 if real[name] else 0.0 for name in real},
    }


def _request(question: Question) -> bytes:
    """Return the request of a question: each has a stored ticker and a horizon of its own."""
    row, column = divmod(question.rank, len(STORED))
    days = FIRST_DAY + row * _STRIDE + _HORIZONS.index(question.days)
    return forecast_request(STORED[column], days)


def _first_answers(asked: list[tuple[float, Question]], answers: list[TimedResponse]) -> dict[Question, TimedResponse]:
    """Return a finished answer of each question. All of a question have the times of the one forecast."""
    pairs = zip((question for _, question in asked), answers, strict=True)
    return {question: answer for question, answer in pairs if answer.is_done}


def _figures(seconds: list[float], refused: int, fits: float) -> dict[str, float]:
    p50, p95 = np.percentile(seconds, [50, 95])
    return {"p50_s": float(p50), "p95_s": float(p95), "answered": len(seconds), "refused": refused, "fits": fits}


def _fits(stack: RunningStack) -> float:
    return stack.metric(stack.ports.forecast_health, "stockcast_orders_total")
