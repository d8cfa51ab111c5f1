"""The gain of a second worker process, measured on the worker pool without the services around it."""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from datetime import UTC, datetime

from benchmarks.service.many_questions import DAYS
from common.domain.questions import ForecastQuestion
from forecast_service.workers.pool import WorkerPool
from test_support.stacks.run_app import RunningStack

TICKER = "AAPL"
ROUNDS = 3
FORECASTS = 16
SIZES = (1, 2)


def worker_scaling_figures(stack: RunningStack) -> dict[str, object]:
    """Count the forecasts a second of two workers and of one, alternately."""
    with stack.client() as client:
        client.put(f"/api/v1/tickers/{TICKER}").raise_for_status()
    before = dict(os.environ)
    os.environ.update(stack.environment)
    try:
        rates = asyncio.run(_forecasts_per_second("stockcast"))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {
        "worker_scaling": statistics.median(two / one for one, two in rates),
        "workers": {"one_per_second": rates[-1][0], "two_per_second": rates[-1][1]},
    }


async def _forecasts_per_second(bucket: str) -> list[tuple[float, ...]]:
    """Return the forecasts a second of each size in :data:`SIZES`, once for each round."""
    pools = [WorkerPool(bucket, size) for size in SIZES]
    for pool in pools:
        pool.start()
    for pool in pools:
        await pool.ready()
        await _per_second(pool, FORECASTS * pool.size)  # long enough to warm the second worker as well
    rates = [tuple([await _per_second(pool, FORECASTS * pool.size) for pool in pools]) for _ in range(ROUNDS)]
    for pool in pools:
        await pool.stop()
    return rates


async def _per_second(pool: WorkerPool, forecasts: int) -> float:
    today, began = datetime.now(UTC).date(), time.perf_counter()
    questions = (
        ForecastQuestion(ticker=TICKER, days=days) for days in itertools.islice(itertools.count(DAYS), forecasts)
    )
    await asyncio.gather(*(pool.compute(question, today) for question in questions))
    return forecasts / (time.perf_counter() - began)
