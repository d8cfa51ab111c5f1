"""``python -m benchmarks.endurance``: the memory of a stack after an hour's worth of requests.

The requests are sent as fast as they are answered. :data:`HOUR` lists them: nine a second, of every kind, in an order
that the seed determines. The memory of every process is compared after a tenth of them and at the end. The stores may
grow, because Redis keeps data for two hours and the object store for ever. In Redis, the keys without an expiry are
counted instead.

The exit status is 1 if a process other than a store ended or grew by more than a tenth, or if an answer was wrong.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psutil

from benchmarks.load.concurrent_clients import forecast_request, get_request, post_request, send_and_poll
from benchmarks.load.price_source import price_source
from benchmarks.report import parser, report
from test_support.stacks.run_app import UNLIMITED, RunningStack, running_stack

HOUR = {
    "repeated": 18_000,
    "looked up": 3_600,
    "picture": 3_600,
    "new question": 3_000,
    "malformed": 1_800,
    "unknown ticker": 600,
    "refreshed": 300,
    "new ticker": 60,
}
STATUSES = {"malformed": 400, "unknown ticker": 404}
"""The expected status of the kinds that are not answered with 200."""
WARM_UP = 0.1
TICKERS = 300
CLIENTS = 8
CHUNK = 500
MAX_GROWTH = 1.1
STORES = {"redis", "object store"}
MALFORMED = (
    b'{"ticker": "../etc", "days": 30}',
    b'{"ticker": "AAPL", "days": "30"}',
    b'{"ticker": "AAPL", "days": 0}',
    b"{",
)
MARKS = {
    "redis": "redis-server",
    "object store": "weed",
    "ingestion": "ingestion_service",
    "forecast": "-m forecast_service",
    "forked": "multiprocessing.forkserver",
    "web": "gunicorn",
    "supervisor": "supervisord",
}


@dataclass(frozen=True)
class LoadQuestion:
    """A question and the id of its request."""

    ticker: str
    days: int
    request_id: str


@dataclass(frozen=True)
class ProcessMemory:
    """The kind of a process and its resident memory."""

    kind: str
    megabytes: float


def main() -> None:
    """Run and print the figures. Exit with 1 if a process grew too much or an answer was wrong."""
    options = parser(__doc__)
    options.add_argument("--hours", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with price_source() as settings, running_stack(settings | UNLIMITED) as stack:
        figures = run_endurance(stack, LoadGenerator(stack.port, chosen.seed), chosen.hours)
    report(figures, chosen.json)
    raise SystemExit(0 if figures["worst_growth"] <= MAX_GROWTH and not figures["wrong_answers"] else 1)


def run_endurance(stack: RunningStack, load: LoadGenerator, hours: float) -> dict[str, Any]:
    """Warm up, send the requests, and compare the memory of each process."""
    load.send(["new ticker"] * TICKERS)
    load.send(mixed_kinds(WARM_UP, load.rng))
    before, without_expiry_before = process_memory(stack), keys_without_expiry(stack)
    for _ in range(10):
        load.send(mixed_kinds(hours / 10, load.rng))
        print(" ".join(f"{each.kind} {each.megabytes:.0f}" for each in process_memory(stack).values()), file=sys.stderr)
    after = process_memory(stack)
    growths = {
        pid: after[pid].megabytes / was.megabytes if pid in after else float("inf") for pid, was in before.items()
    }
    return {
        "requests": dict(load.asked),
        "wrong_answers": dict(load.wrong),
        "processes": {
            f"{was.kind} {number}": {
                "mb_before": was.megabytes,
                "mb_after": after[pid].megabytes if pid in after else None,
                "growth": growths[pid],
            }
            for number, (pid, was) in enumerate(before.items())
        },
        "redis_keys_without_expiry": {"before": without_expiry_before, "after": keys_without_expiry(stack)},
        "worst_growth": max(growth for pid, growth in growths.items() if before[pid].kind not in STORES),
    }


def mixed_kinds(hours: float, rng: random.Random) -> list[str]:
    """Return the kinds of so many hours' requests in random order."""
    kinds = [kind for kind, number in HOUR.items() for _ in range(round(number * hours))]
    rng.shuffle(kinds)
    return kinds


class LoadGenerator:
    """Sends requests by a few concurrent clients, and counts requests and wrong answers."""

    def __init__(self, port: int, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - not for secrets
        self.asked: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self._port = port
        self._answered: list[LoadQuestion] = []

    def send(self, kinds: list[str]) -> None:
        """Send requests of these kinds and wait for the answers. Their questions can be repeated in the next chunk."""
        for start in range(0, len(kinds), CHUNK):
            asyncio.run(self._send_concurrently(kinds[start : start + CHUNK]))

    async def _send_concurrently(self, kinds: list[str]) -> None:
        new: list[LoadQuestion] = []
        left = iter(kinds)

        async def client() -> None:
            for kind in left:
                self.asked[kind] += 1
                answer = await send_and_poll(self._port, self._request(kind, new))
                if answer.status != STATUSES.get(kind, 200):
                    self.wrong[f"{kind}: {answer.status}"] += 1

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        self._answered += new

    def _request(self, kind: str, new: list[LoadQuestion]) -> bytes:
        if kind == "new ticker":
            return self._new_question(f"HOUR{self.asked[kind]}", new)
        known = self.rng.choice(self._answered)
        if kind == "new question":
            return self._new_question(known.ticker, new)
        return {
            "repeated": forecast_request(known.ticker, known.days),
            "looked up": get_request(f"/api/v1/forecasts/{known.request_id}"),
            "picture": get_request(f"/api/v1/forecasts/{known.request_id}/plot.png"),
            "refreshed": post_request(f"/api/v1/prices/{known.ticker}:refresh", b""),
            "unknown ticker": forecast_request("NOPE", known.days),
            "malformed": post_request("/api/v1/forecasts", self.rng.choice(MALFORMED)),
        }[kind]

    def _new_question(self, ticker: str, new: list[LoadQuestion]) -> bytes:
        asked = LoadQuestion(ticker, self.rng.randrange(1, 3000), str(UUID(int=self.rng.getrandbits(128), version=4)))
        new.append(asked)
        return forecast_request(asked.ticker, asked.days, request_id=asked.request_id)


def process_memory(stack: RunningStack) -> dict[int, ProcessMemory]:
    """Return the memory of each process of a stack, by process id."""
    found = {}
    for process in psutil.Process(stack.pid).children(recursive=True):
        if process.status() == psutil.STATUS_ZOMBIE:
            continue
        command = " ".join(process.cmdline())
        kind = next((kind for kind, mark in MARKS.items() if mark in command), process.name())
        found[process.pid] = ProcessMemory(kind, process.memory_info().rss / 1e6)
    return found


def keys_without_expiry(stack: RunningStack) -> int:
    """Return the number of keys in Redis that never expire."""
    return sum(stack.redis.ttl(key) == -1 for key in stack.redis.scan_iter(count=1000))


if __name__ == "__main__":
    main()
