"""The memory of a stack's processes, and its growth with the number of requests."""

from __future__ import annotations

import json

from benchmarks.load.concurrent_clients import send_by_clients
from benchmarks.load.wrk import Request, load, require_wrk
from benchmarks.service.many_questions import CLIENTS, distinct_questions, require_done, store_walks
from test_support.stacks.run_app import KINDS, RunningStack

REQUESTS = 10_000
COLD = 200
"""The number of requests without a cached result. They fill the caches of results and of series."""
CHUNK_S = 2


def memory_figures(stack: RunningStack) -> dict[str, object]:
    """Measure the largest process of each kind after ten thousand requests, and the largest growth."""
    require_wrk()
    store_walks(stack)
    _ask(stack, REQUESTS // 10)
    before = _largest(stack)
    _ask(stack, REQUESTS)
    after = _largest(stack)
    return {"memory_mb": after | {"growth": max(after[kind] - before[kind] for kind in KINDS)}}


def _ask(stack: RunningStack, requests: int) -> None:
    require_done(send_by_clients(stack.ports.web, distinct_questions(COLD), CLIENTS))
    body = json.dumps({"ticker": "AAPL", "days": 30})
    repeated = Request(f"{stack.url}/api/v1/forecasts", "POST", body, {"Content-Type": "application/json"})
    asked = COLD
    while asked < requests:
        asked += load(repeated, CHUNK_S).requests


def _largest(stack: RunningStack) -> dict[str, float]:
    return {kind: max(megabytes) for kind, megabytes in stack.memory_mb().items()}
