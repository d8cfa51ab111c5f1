"""``python -m benchmarks.market_api``: the board's API with 8000 made-up stocks, on a whole stack.

It prints the median milliseconds of each answer over HTTP, and its ratio to a yardstick that was timed between them: a
request to ``/livez`` and the serialisation of 50 rows alone. Then come the processor time of an answer, the memory of a
web process before and after the board, and the longest ``/livez`` before the board and while the processes read it. No
answer of the page may take longer than :data:`GOAL_MS`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import psutil

from benchmarks.report import median_seconds, parser, report, seconds_of
from test_support.stacks.run_app import UNLIMITED, RunningStack, running_stack
from test_support.stores.boards import put_board, random_rows
from test_support.stores.stack_prices import s3_client_of
from test_support.waiting import until

GOAL_MS = 50
ROUNDS = 40
PAGE = "/api/v1/market"
QUERIES = {
    "page": f"{PAGE}?sort=-usual_moves&limit=50",
    "filtered": f"{PAGE}?filter=volatility_percentile>90&filter=stale=false&sort=-abs(change_pct)&limit=50",
    "search": f"{PAGE}?q=s01&sort=range_pct_21d",
    "movers": f"{PAGE}/movers?limit=10",
    "page_of_500": f"{PAGE}?sort=-usual_moves&limit=500",
}
PROCESSES = 2
PROBED_S = 5.0


def main() -> None:
    """Measure, and print the figures."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=8000, help="the number of stocks")
    arguments = options.parse_args()
    with running_stack(UNLIMITED) as stack, stack.client() as client:
        figures = _measure(stack, client, random_rows(arguments.rows))
        report(figures, arguments.json)
        if any(figures[name] > GOAL_MS for name in ("page_ms", "filtered_ms", "search_ms", "movers_ms")):
            sys.exit(f"an answer takes more than {GOAL_MS} ms")


def _measure(stack: RunningStack, client: httpx.Client, rows: list[dict[str, Any]]) -> dict[str, float]:
    until(lambda: _web_mb(stack), 60)
    before = _web_mb(stack)
    idle_s = _slowest_probe(stack, lambda: time.sleep(PROBED_S))
    slowest_s = _slowest_probe(stack, lambda: _store(stack, client, rows))
    with_board = _web_mb(stack)
    tag = {"If-None-Match": client.get(PAGE).headers["ETag"]}
    calls: dict[str, Callable[[], object]] = {name: partial(_get, client, path) for name, path in QUERIES.items()}
    seconds = median_seconds(
        ROUNDS,
        yardstick=partial(_yardstick, client),
        **calls,
        unchanged=lambda: client.get(PAGE, headers=tag),
    )
    figures = {f"{name}_ms": 1000 * value for name, value in seconds.items()}
    figures |= {f"{name}_ratio": seconds[name] / seconds["yardstick"] for name in QUERIES}
    figures |= {f"{name}_cpu_ms": 1000 * _cpu_seconds(stack, call) for name, call in calls.items()}
    return figures | {
        "csv_ms": 1000 * seconds_of(partial(_get, client, f"{PAGE}?format=csv")),
        "probe_before_ms": 1000 * idle_s,
        "probe_while_reading_ms": 1000 * slowest_s,
        "web_before_mb": before,
        "web_with_board_mb": with_board,
        "web_after_requests_mb": _web_mb(stack),
    }


def _cpu_seconds(stack: RunningStack, call: Callable[[], object]) -> float:
    """Return the processor time that one request takes in the web processes, whatever else the machine does."""
    before = _web_cpu_s(stack)
    for _ in range(ROUNDS):
        call()
    return (_web_cpu_s(stack) - before) / ROUNDS


def _web_cpu_s(stack: RunningStack) -> float:
    programs = psutil.Process(stack.pid).children(recursive=True)
    web = [one for one in programs if one.status() != psutil.STATUS_ZOMBIE and "gunicorn" in " ".join(one.cmdline())]
    return sum(one.cpu_times().user + one.cpu_times().system for one in web)


def _get(client: httpx.Client, path: str) -> None:
    client.get(path).raise_for_status()


def _web_mb(stack: RunningStack) -> float:
    """Return the memory of the larger web process; 0 while processes of the start are ending."""
    try:
        return max(stack.memory_mb()["web"], default=0.0)
    except psutil.Error:
        return 0.0


def _store(stack: RunningStack, client: httpx.Client, rows: list[dict[str, Any]]) -> None:
    """Store the board, and wait until every web process has it."""
    put_board(s3_client_of(stack.environment), "stockcast", rows)
    until(lambda: all(_new_connection(stack) for _ in range(10 * PROCESSES)), 120, "no board was read")


def _new_connection(stack: RunningStack) -> bool:
    """Return whether the process that accepts a new connection serves the board."""
    with stack.client() as client:
        return client.get(PAGE).status_code == 200


def _slowest_probe(stack: RunningStack, work: Callable[[], None]) -> float:
    """Return the seconds of the slowest probe during some work."""
    done, slowest = threading.Event(), [0.0]

    def probe() -> None:
        with stack.client() as client:
            while not done.is_set():
                slowest[0] = max(slowest[0], seconds_of(lambda: client.get("/livez")))
                time.sleep(0.005)

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        work()
    finally:
        done.set()
        thread.join()
    return slowest[0]


_FIFTY = [{key: str(value) for key, value in row.items()} for row in random_rows(50)]


def _yardstick(client: httpx.Client) -> None:
    client.get("/livez")
    json.dumps(_FIFTY)


if __name__ == "__main__":
    main()
