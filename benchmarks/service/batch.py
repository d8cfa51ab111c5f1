"""A batch of a hundred tickers, beside a hundred requests one after the other."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import httpx

from benchmarks.load.concurrent_clients import in_turns
from benchmarks.report import seconds_of
from benchmarks.service.many import STORED, distinct_questions, next_days, require_done, store_walks
from test_support.stacks.run_app import RunningStack

POLL_S = 0.05


def batch_figures(stack: RunningStack) -> dict[str, object]:
    """Every stored series once, in both ways; all of it cold."""
    store_walks(stack)
    singly = seconds_of(lambda: require_done(in_turns(stack.ports.web, distinct_questions(len(STORED)), clients=1)))
    with stack.client() as client:
        together = seconds_of(partial(_ask_at_once, client))
    return {"batch_ratio": together / singly, "batch": {"singly_s": singly, "together_s": together}}


def _ask_at_once(client: httpx.Client) -> None:
    body = {"tickers": STORED, "days": next_days()}
    said: dict[str, Any] = client.post("/api/v1/forecasts:batch", json=body).raise_for_status().json()
    while said["status"] != "ended":
        time.sleep(POLL_S)
        said = client.get(said["url"]).raise_for_status().json()
    if said["counts"] != {"done": len(STORED)}:
        raise SystemExit(f"not all of a batch was done: {said['counts']}")
