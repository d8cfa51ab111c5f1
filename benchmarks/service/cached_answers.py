"""The costs of a repeated forecast and of a 304, beside bare Flask routes."""

from __future__ import annotations

import json

import httpx

from benchmarks.load.wrk import Comparison, Request, compare_loads, require_wrk
from benchmarks.yardsticks.bare_server import ETAG, KEY, bare_server
from test_support.stacks.run_app import RunningStack

ROUNDS = 11
"""Each round has new connections, because their random distribution over the processes affects the throughput."""
SECONDS = 1
QUESTION = {"ticker": "AAPL", "days": 30}
_JSON = {"Content-Type": "application/json"}


def repeat_figures(stack: RunningStack) -> dict[str, object]:
    """Measure a repeated question, and a bare route that sends the same bytes from Redis."""
    require_wrk()
    body = json.dumps(QUESTION)
    ours = Request(f"{stack.url}/api/v1/forecasts", "POST", body, _JSON)
    with stack.client() as client, bare_server(stack) as bare:
        # The second answer is used: the first one may have been computed just now.
        answers = [client.post(ours.url, content=body, headers=_JSON).raise_for_status() for _ in range(2)]
        stack.redis.set(KEY, answers[-1].content)
        found = compare_loads(ours, Request(f"{bare}/same", "POST", body, _JSON), SECONDS, ROUNDS)
    return {
        "repeat_throughput_ratio": found.throughput_ratio,
        "repeat_latency_ratio": found.latency_ratio,
        "repeat": {"bytes": len(answers[-1].content)} | _loads(found),
    }


def not_modified_figures(stack: RunningStack) -> dict[str, object]:
    """Measure conditional requests for the chart and the page, and a bare 304. The ratio is the lower of the two."""
    require_wrk()
    with stack.client() as client, bare_server(stack) as bare:
        plot = client.post("/api/v1/forecasts", json=QUESTION).raise_for_status().json()["plot_url"]
        yardstick = Request(f"{bare}/unchanged", headers={"If-None-Match": ETAG})
        found = {
            name: compare_loads(_conditional(client, path), yardstick, SECONDS, ROUNDS)
            for name, path in (("plot", plot), ("page", "/"))
        }
    return {
        "not_modified_ratio": min(comparison.throughput_ratio for comparison in found.values()),
        "not_modified": {
            name: {"ratio": comparison.throughput_ratio} | _loads(comparison) for name, comparison in found.items()
        },
    }


def _conditional(client: httpx.Client, path: str) -> Request:
    """Return a conditional request for a path. Exit if its answer is not a 304."""
    headers = {"If-None-Match": client.get(path).raise_for_status().headers["ETag"]}
    answer = client.get(path, headers=headers)
    if answer.status_code != 304:
        raise SystemExit(f"{path} was answered with {answer.status_code} although nothing had changed")
    return Request(str(answer.url), headers=headers)


def _loads(found: Comparison) -> dict[str, object]:
    pairs = (("ours", found.ours), ("bare", found.yardstick))
    return {name: {"per_second": load.per_second, "median_ms": load.median_ms} for name, load in pairs}
