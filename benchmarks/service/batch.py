"""A batch of a hundred tickers, beside a hundred requests in sequence."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import httpx

from benchmarks.load.concurrent_clients import send_by_clients
from benchmarks.report import seconds_of
from benchmarks.service.many_questions import STORED, distinct_questions, require_done, store_walks, unused_horizon
from test_support.stacks.run_app import RunningStack

POLL_S = 0.05


def batch_figures(stack: RunningStack) -> dict[str, object]:
    """Forecast every stored series in both ways, with no cached result."""
    store_walks(stack)
    singly = seconds_of(
        lambda: require_done(send_by_clients(stack.ports.web, distinct_questions(len(STORED)), clients=1))
    )
    with stack.client() as client:
        together = seconds_of(partial(_send_batch, client))
    return {"batch_ratio": together / singly, "batch": {"singly_s": singly, "together_s": together}}


def _send_batch(client: httpx.Client) -> None:
    body = {"tickers": STORED, "days": unused_horizon()}
    batch: dict[str, Any] = client.post("/api/v1/forecasts:batch", json=body).raise_for_status().json()
    while batch["status"] != "ended":
        time.sleep(POLL_S)
        batch = client.get(batch["url"]).raise_for_status().json()
    if batch["counts"] != {"done": len(STORED)}:
        raise SystemExit(f"not all of a batch was done: {batch['counts']}")
