"""``python -m benchmarks.service``: what the service around a forecast costs, beside bare Prophet in the same run."""

from __future__ import annotations

import statistics
import warnings
from functools import partial

import httpx

from benchmarks.refresh import refresh_figures
from benchmarks.report import parser, report, seconds_of
from benchmarks.stack import RunningStack, running_stack
from benchmarks.yardsticks import quiet_prophet, same_model_prophet, sample_series, stock_prophet

ROUNDS = 7
REPEATS = 50
DAYS = 30
WORKER = ("multiprocessing.spawn", "spawn_main")


def main() -> None:
    """Measure, print the table, and write it as JSON where that was asked for."""
    options = parser(__doc__).parse_args()
    quiet_prophet()
    warnings.simplefilter("ignore")
    with running_stack() as stack:
        figures = measured(stack) | refresh_figures(stack)
    report(figures, options.json)


def measured(stack: RunningStack) -> dict[str, float]:
    """Take turns: the service, and Prophet alone; so that a slow moment of the machine meets both."""
    closes = sample_series().frame["close"]
    stock_prophet(closes, DAYS)
    cold, bare, stock = [], [], []
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=60) as client:
        first = seconds_of(lambda: ask(client, DAYS))
        for round_number in range(1, ROUNDS + 1):
            # Another horizon is another question: nothing of it is cached, and the work is the same.
            cold.append(seconds_of(partial(ask, client, DAYS + round_number)))
            bare.append(seconds_of(lambda: same_model_prophet(closes, DAYS)))
            stock.append(seconds_of(lambda: stock_prophet(closes, DAYS)))
        repeated = [seconds_of(lambda: ask(client, DAYS)) for _ in range(REPEATS)]
    workers = stack.memory_mb(WORKER)
    return {
        "first_request_s": first,
        "cold_request_s": statistics.median(cold),
        "repeated_request_s": statistics.median(repeated),
        "bare_prophet_s": statistics.median(bare),
        "stock_prophet_s": statistics.median(stock),
        "cold_ratio": ratio(cold, bare),
        "cold_ratio_to_stock": ratio(cold, stock),
        "repeated_ratio": statistics.median(repeated) / statistics.median(bare),
        "repeated_ratio_to_stock": statistics.median(repeated) / statistics.median(stock),
        "worker_mb": max(workers),
    }


def ask(client: httpx.Client, days: int) -> None:
    """Ask for a forecast and check that it came."""
    answer = client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": days}).raise_for_status()
    if answer.json()["status"] != "done":
        raise SystemExit(f"no result: {answer.text[:200]}")


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios, round by round."""
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    main()
