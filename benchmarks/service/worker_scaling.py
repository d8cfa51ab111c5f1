"""The throughput of two workers beside two bare processes that run the engine, without the services around them."""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context

from benchmarks.service.many_questions import DAYS
from benchmarks.yardsticks.stock_prophet import sample_series
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.s3.price_store import PriceStore, make_s3_client
from forecast_service.calls.input import CallInput
from forecast_service.charts.chart import draw_chart
from forecast_service.engine.forecast import make_forecast
from forecast_service.workers.pool import WorkerPool
from forecast_service.workers.worker import run_once
from test_support.stacks.run_app import RunningStack

TICKER = "AAPL"
ROUNDS = 5
FORECASTS = 16
SIZES = (1, 2)


def worker_scaling_figures(stack: RunningStack) -> dict[str, object]:
    """Count the forecasts a second of two workers, of one, and of two bare processes, alternately."""
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
        "worker_scaling": statistics.median(two / bare for _, two, bare in rates),
        "workers": {
            "two_beside_one": statistics.median(two / one for one, two, _ in rates),
            "one_per_second": rates[-1][0],
            "two_per_second": rates[-1][1],
            "two_bare_per_second": rates[-1][2],
        },
    }


async def _forecasts_per_second(bucket: str) -> list[tuple[float, float, float]]:
    """Return the forecasts a second of one worker, two workers and two bare processes, once for each round."""
    revision = _stored_revision(bucket)
    pools = [WorkerPool(bucket, size) for size in SIZES]
    for pool in pools:
        pool.start()
    for pool in pools:
        await pool.ready()
        await _per_second(pool, FORECASTS * pool.size, revision)  # long enough to warm the second worker as well
    with ProcessPoolExecutor(SIZES[-1], mp_context=get_context("spawn"), initializer=run_once) as processes:
        _bare_per_second(processes, FORECASTS * SIZES[-1])
        rates = [await _round(pools, processes, revision) for _ in range(ROUNDS)]
    for pool in pools:
        await pool.stop()
    return rates


def _stored_revision(bucket: str) -> str:
    """Return the revision of the ticker's prices, which an order names."""
    facts = PriceStore(make_s3_client(), bucket).read_facts(TICKER)
    if facts is None:
        raise SystemExit(f"no prices of {TICKER} are stored")
    return facts.revision


async def _round(pools: list[WorkerPool], processes: ProcessPoolExecutor, revision: str) -> tuple[float, float, float]:
    one, two = [await _per_second(pool, FORECASTS * pool.size, revision) for pool in pools]
    return one, two, _bare_per_second(processes, FORECASTS * SIZES[-1])


async def _per_second(pool: WorkerPool, forecasts: int, revision: str) -> float:
    today, began = datetime.now(UTC).date(), time.perf_counter()
    await asyncio.gather(*(pool.compute(CallInput(asked, today, revision)) for asked in _questions(forecasts)))
    return forecasts / (time.perf_counter() - began)


def _bare_per_second(processes: ProcessPoolExecutor, forecasts: int) -> float:
    began = time.perf_counter()
    list(processes.map(_bare_forecast, _questions(forecasts)))
    return forecasts / (time.perf_counter() - began)


def _questions(forecasts: int) -> Iterator[ForecastQuestion]:
    days = itertools.islice(itertools.count(DAYS), forecasts)
    return (ForecastQuestion(ticker=TICKER, days=horizon) for horizon in days)


@cache
def _sample() -> PriceSeries:
    return sample_series(TICKER)


def _bare_forecast(question: ForecastQuestion) -> tuple[bytes, bytes]:
    """Make a forecast and its chart from prices in memory. Return the JSON and the PNG."""
    now = datetime.now(UTC)
    forecast = make_forecast(_sample(), question, today=now.date(), fetched_at=now, version="")
    return forecast.model_dump_json().encode(), draw_chart(forecast).png
