"""``python -m benchmarks.endurance``: an hour's worth of requests, as fast as they are answered, and what that leaves.

An hour's worth is :data:`HOUR`: nine requests a second of every kind, mixed by a seed. Every process of the stack is
weighed after a tenth of that, and at the end. The stores keep what they are given, Redis for two hours and the object
store for ever: what is asked of them is that everything in Redis has a time to live but for a few keys.

Exit status 1 where a process that is no store holds a tenth more at the end, or ended, or an answer was another than
it should be.
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

from benchmarks.load.concurrent_clients import asking, followed, getting, posting
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
"""Of what is not answered with 200."""
WARM_UP = 0.1
TICKERS = 300
CLIENTS = 8
CHUNK = 500
MOST_GROWTH = 1.1
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
    """A question that was asked, and under which id."""

    ticker: str
    days: int
    request_id: str


@dataclass(frozen=True)
class Held:
    """What a process is, and its resident memory."""

    kind: str
    megabytes: float


def main() -> None:
    """Run, print what was found, and say by the exit status whether it is well."""
    options = parser(__doc__)
    options.add_argument("--hours", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with price_source() as settings, running_stack(settings | UNLIMITED) as stack:
        figures = endured(stack, Asker(stack.port, chosen.seed), chosen.hours)
    report(figures, chosen.json)
    raise SystemExit(0 if figures["worst_growth"] <= MOST_GROWTH and not figures["wrong_answers"] else 1)


def endured(stack: RunningStack, asker: Asker, hours: float) -> dict[str, Any]:
    """Warm up, go on, and compare what each process holds."""
    asker.ask(["new ticker"] * TICKERS)
    asker.ask(mixed(WARM_UP, asker.dice))
    before, lasting_before = held(stack), lasting_keys(stack)
    for _ in range(10):
        asker.ask(mixed(hours / 10, asker.dice))
        print(" ".join(f"{each.kind} {each.megabytes:.0f}" for each in held(stack).values()), file=sys.stderr)
    after = held(stack)
    growths = {
        pid: after[pid].megabytes / was.megabytes if pid in after else float("inf") for pid, was in before.items()
    }
    return {
        "requests": dict(asker.asked),
        "wrong_answers": dict(asker.wrong),
        "processes": {
            f"{was.kind} {number}": {
                "mb_before": was.megabytes,
                "mb_after": after[pid].megabytes if pid in after else None,
                "growth": growths[pid],
            }
            for number, (pid, was) in enumerate(before.items())
        },
        "redis_keys_without_expiry": {"before": lasting_before, "after": lasting_keys(stack)},
        "worst_growth": max(growth for pid, growth in growths.items() if before[pid].kind not in STORES),
    }


def mixed(hours: float, dice: random.Random) -> list[str]:
    """The kinds of so many hours' requests, shuffled."""
    kinds = [kind for kind, number in HOUR.items() for _ in range(round(number * hours))]
    dice.shuffle(kinds)
    return kinds


class Asker:
    """Asks one kind of request after the other, by a few clients at once, and counts the answers."""

    def __init__(self, port: int, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - not for secrets
        self.asked: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self._port = port
        self._answered: list[LoadQuestion] = []

    def ask(self, kinds: list[str]) -> None:
        """Send these, and wait for the answers; what is asked first can be asked again after the next few hundred."""
        for start in range(0, len(kinds), CHUNK):
            asyncio.run(self._in_turns(kinds[start : start + CHUNK]))

    async def _in_turns(self, kinds: list[str]) -> None:
        new: list[LoadQuestion] = []
        left = iter(kinds)

        async def client() -> None:
            for kind in left:
                self.asked[kind] += 1
                answer = await followed(self._port, self._request(kind, new))
                if answer.status != STATUSES.get(kind, 200):
                    self.wrong[f"{kind}: {answer.status}"] += 1

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        self._answered += new

    def _request(self, kind: str, new: list[LoadQuestion]) -> bytes:
        if kind == "new ticker":
            return self._first(f"HOUR{self.asked[kind]}", new)
        known = self.dice.choice(self._answered)
        if kind == "new question":
            return self._first(known.ticker, new)
        return {
            "repeated": asking(known.ticker, known.days),
            "looked up": getting(f"/api/v1/forecasts/{known.request_id}"),
            "picture": getting(f"/api/v1/forecasts/{known.request_id}/plot.png"),
            "refreshed": posting(f"/api/v1/prices/{known.ticker}:refresh", b""),
            "unknown ticker": asking("NOPE", known.days),
            "malformed": posting("/api/v1/forecasts", self.dice.choice(MALFORMED)),
        }[kind]

    def _first(self, ticker: str, new: list[LoadQuestion]) -> bytes:
        asked = LoadQuestion(ticker, self.dice.randrange(1, 3000), str(UUID(int=self.dice.getrandbits(128), version=4)))
        new.append(asked)
        return asking(asked.ticker, asked.days, request_id=asked.request_id)


def held(stack: RunningStack) -> dict[int, Held]:
    """What each process of a stack holds, by its id."""
    found = {}
    for process in psutil.Process(stack.pid).children(recursive=True):
        if process.status() == psutil.STATUS_ZOMBIE:
            continue
        command = " ".join(process.cmdline())
        kind = next((kind for kind, mark in MARKS.items() if mark in command), process.name())
        found[process.pid] = Held(kind, process.memory_info().rss / 1e6)
    return found


def lasting_keys(stack: RunningStack) -> int:
    """How many keys of Redis have no time to live."""
    return sum(stack.redis.ttl(key) == -1 for key in stack.redis.scan_iter(count=1000))


if __name__ == "__main__":
    main()
