"""The smallest deployment for a number of users, by the simulation of the minute after the market's open."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.sizing import users
from benchmarks.sizing.costs import TRADING_DAYS_A_MONTH, USD_A_CORE_HOUR, cost_of_month
from benchmarks.sizing.measured import Measured
from benchmarks.sizing.simulation import RESULT_S, Deployment, Outcome, ServiceTimes, Simulation

P95_S = 1.0
"""The goal: 95 % of the new forecasts are answered within it, and nothing is refused."""
WEB_UTILISATION = 0.6
"""Web processes get work faster than their share now and then."""
MOST_ASKS, LEAST_S, MOST_S = 40_000, 20.0, 120.0
WORKERS_A_POD, CORES_OF_STORES = 4, 1.0
CSV_GB = 160e-6
"""The CSV of a ticker, ten years."""
MACHINE = {"processors": 2.0, "memory": 4.0, "Redis": 0.384, "calls of a free key": 1000.0}
"""One small machine: cores, GB, GB of the component ``redis``, and calls a day."""
CORE_S_A_STOCK, DATASET_GB_A_STOCK, DATASETS, RUN_WORKER_GB = 0.13, 77e-6, 7, 0.32
"""Of the nightly run, by ``python -m benchmarks.market``."""


@dataclass(frozen=True)
class Plan:
    """A deployment, what it meets, and what it costs a month in US dollars."""

    users: str
    requests_a_second: float
    new_a_second: float
    tickers_a_night: float
    web: int
    workers: int
    p95_new_s: float
    p95_repeated_s: float
    cores: float
    memory_gb: float
    redis_gb: float
    usd: float
    limit: str


def plan_users(name: str, active: float, measured: Measured) -> Plan:
    """Return the smallest deployment for so many users who are active at once."""
    asks = active * users.ASKS_A_MINUTE / 60
    asks_a_day = asks * 3600 * users.ACTIVE_HOURS_A_DAY
    tickers = users.tickers_a_day(asks_a_day)
    rate = asks * users.OPEN_TIMES
    seconds = min(max(MOST_ASKS / rate, LEAST_S), MOST_S)
    web = max(2, math.ceil(_web_load(measured, rate, seconds) / WEB_UTILISATION))
    workers, outcome = find_workers(measured.times(), web, rate, seconds, fresh_tickers=math.ceil(tickers))
    requests = rate * (1 + users.FURTHER_REQUESTS_AN_ASK)
    redis_gb = users.questions_of(asks * RESULT_S) * measured.result_bytes / 1e9
    new = outcome.fits / seconds
    web_busy, ingestion_busy = outcome.web_busy_s / seconds, new * measured.ingestion_new_s
    shared = (web_busy + ingestion_busy) / WEB_UTILISATION
    cores = max(MACHINE["processors"], shared + workers + CORES_OF_STORES)
    memory_gb = _memory_gb(measured, web, workers) + 2 * max(redis_gb, 0.1)
    load = {
        "processors": web_busy + outcome.workers_busy_s / seconds + ingestion_busy,
        "memory": memory_gb,
        "Redis": redis_gb,
        "calls of a free key": tickers,
    }
    sent_gb = asks_a_day * (1 + users.FURTHER_REQUESTS_AN_ASK) * measured.answer_bytes / 1e9 * TRADING_DAYS_A_MONTH
    return Plan(
        users=name,
        requests_a_second=requests,
        new_a_second=new,
        tickers_a_night=tickers,
        web=web,
        workers=workers,
        p95_new_s=_p95(outcome.new),
        p95_repeated_s=_p95(outcome.repeated),
        cores=cores,
        memory_gb=memory_gb,
        redis_gb=redis_gb,
        usd=cost_of_month(cores=cores, memory_gb=memory_gb, s3_gb=tickers * CSV_GB, sent_gb=sent_gb),
        limit=_first_limit(load),
    )


def find_workers(
    times: ServiceTimes, web: int, rate: float, seconds: float, *, fresh_tickers: int
) -> tuple[int, Outcome]:
    """Return the smallest number of workers that meets the goal at a rate of questions, and the simulated outcome."""
    asked = users.arrivals(np.random.default_rng(1), rate, seconds)
    outcomes: dict[int, Outcome] = {}

    def is_enough(workers: int) -> bool:
        run = Simulation(Deployment(web, workers), times, np.random.default_rng(2), fresh_tickers=fresh_tickers)
        outcome = outcomes[workers] = run.run(asked)
        return outcome.refused == 0 and _p95(outcome.new) <= P95_S

    most = 1
    while not is_enough(most):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if is_enough(middle) else (middle, most)
    return most, outcomes[most]


def plan_market(stocks: int) -> dict[str, object]:
    """Return what a night of the nightly run over so many stocks needs, and what a month of nights costs."""
    core_hours = stocks * CORE_S_A_STOCK / 3600
    s3_gb = stocks * (CSV_GB + DATASET_GB_A_STOCK * DATASETS)
    worker_hours_usd = core_hours * TRADING_DAYS_A_MONTH * USD_A_CORE_HOUR
    return {
        "stocks": stocks,
        "core_hours_a_night": core_hours,
        "workers_for_half_an_hour": math.ceil(core_hours / 0.5),
        "memory_gb": math.ceil(core_hours / 0.5) * RUN_WORKER_GB,
        "s3_gb": s3_gb,
        "usd": worker_hours_usd + cost_of_month(cores=0, memory_gb=0, s3_gb=s3_gb, sent_gb=0),
        "limit": _first_limit({"processors": core_hours / 8, "calls of a free key": stocks}),
    }


def _web_load(measured: Measured, rate: float, seconds: float) -> float:
    """Return the web processes that are busy on average."""
    new = users.questions_of(rate * seconds) / seconds
    return new * measured.web_new_s + (rate * (1 + users.FURTHER_REQUESTS_AN_ASK) - new) * measured.web_repeated_s


def _memory_gb(measured: Measured, web: int, workers: int) -> float:
    pods = math.ceil(workers / WORKERS_A_POD)
    each = measured.memory_mb
    long_workers = math.ceil(workers / 2)
    total = web * each["web"] + each["ingestion"] + pods * each["forecast"] + (workers + long_workers) * each["worker"]
    return total / 1000


def _first_limit(load: dict[str, float]) -> str:
    """Return the part of the small machine that is used up first, and how many times its size is needed."""
    shares = {name: need / MACHINE[name] for name, need in load.items()}
    name = max(shares, key=lambda name: shares[name])
    return f"{name}, {shares[name]:.2g} of it"


def _p95(seconds: list[float]) -> float:
    return float(np.percentile(seconds, 95)) if seconds else 0.0
