"""``python -m benchmarks.chaos``: steady load while parts are killed, stopped, restarted and cut off at random.

With ``--kills N``, each part is killed N times, one at a time and with nothing else going on: how long until a request
that was under way has its end, and until a question that nobody asked before is answered.

Exit status 1 where an accepted request was lost, answered wrongly or ended twice.
"""

from __future__ import annotations

import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx
import psutil

from benchmarks.report import parser, report
from test_support.network.fault_proxy import Fault, FaultProxy
from test_support.sources.price_source import UNKNOWN
from test_support.stacks.request_history import RequestHistory
from test_support.stacks.service_processes import Part, Parts, running_parts, stack_client

CLIENTS = 6
PAUSE_S = (0.2, 1.0)
CALM_S = (1.0, 4.0)
STOPPED_S = (0.5, 6.0)
TICKERS = [f"T{n}" for n in range(40)]
HORIZONS = range(1, 120)
BAD = ({"ticker": "../etc"}, {"days": 0}, {"days": "30"}, {"level": 2})
GIVE_UP_S = 60.0
DEADLINE_S = 15
"""Whoever waits for what cannot come asks again soon."""


def main() -> None:
    """Run, print the counts, and say by the exit status whether the promise was kept."""
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kills", type=int, default=0)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_parts(Path(folder), REQUEST_DEADLINE_S=str(DEADLINE_S)) as parts,
    ):
        chaos = Chaos(parts, chosen.seed)
        figures = chaos.killed_one_by_one(chosen.kills) if chosen.kills else chaos.ran(chosen.minutes * 60)
    report(figures, chosen.json)
    raise SystemExit(1 if figures["lost"] or figures["wrong"] or figures["double"] or figures["tracebacks"] else 0)


class Chaos:
    """One run: clients that ask, and somebody who breaks things; both by the seed."""

    def __init__(self, parts: Parts, seed: int) -> None:
        self._parts = parts
        self._seed = seed
        self._client = stack_client(parts)
        self._history = RequestHistory(self._client)
        self._over = threading.Event()
        self._recoveries: dict[str, list[float]] = {}

    def ran(self, seconds: float) -> dict[str, Any]:
        """Load and break for so long, then mend everything and read every record to its end."""
        self._probe(dice(0))
        memory_before = self._parts.memory_mb()
        give_up = time.monotonic() + seconds
        with ThreadPoolExecutor(CLIENTS) as clients:
            asking = [clients.submit(self._ask_on, dice(self._seed * 1000 + n)) for n in range(CLIENTS)]
            try:
                self._break_until(give_up, dice(self._seed))
            finally:
                self._over.set()
        for each in asking:
            each.result()
        self._parts.recover()
        summary = self._history.summary()
        kills = [took for name, times in self._recoveries.items() if "killed" in name for took in times]
        return summary | {
            "seed": self._seed,
            "faults": sum(map(len, self._recoveries.values())),
            "worst_recovery_s": {name: round(max(times), 2) for name, times in sorted(self._recoveries.items())},
            "worst_recovery_from_a_kill_s": max(kills, default=0.0),
            "median_recovery_from_a_kill_s": statistics.median(kills) if kills else 0.0,
            "memory_mb_at_start": memory_before,
            "memory_mb_at_end": self._parts.memory_mb(),
        }

    def killed_one_by_one(self, rounds: int) -> dict[str, Any]:
        """Kill each part in turn while one request is under way."""
        throw = dice(self._seed)
        self._probe(throw)
        kills = {name: fault for name, fault in self._faults().items() if name.endswith("killed")}
        seconds: dict[str, dict[str, list[float]]] = {}
        for name, kill in sorted(kills.items()):
            taken = [self._recovered_from(kill, f"K{number}", throw) for number in range(rounds)]
            under_way, new = zip(*taken, strict=True)
            seconds[name] = {"request under way": sorted(under_way), "new question": sorted(new)}
            print(f"{name}: {seconds[name]}", flush=True)
            self._parts.recover()
        return self._history.summary() | {
            "seed": self._seed,
            "worst_s": {name: {which: times[-1] for which, times in each.items()} for name, each in seconds.items()},
            "worst_recovery_from_a_kill_s": max(times[-1] for each in seconds.values() for times in each.values()),
        }

    def _recovered_from(
        self, kill: Callable[[random.Random], None], ticker: str, dice: random.Random
    ) -> tuple[float, float]:
        """Seconds from a kill until the end of a request that was under way, and until the answer to a new one."""
        self._parts.recover()
        time.sleep(dice.uniform(0.5, 1.5))
        request_id = str(UUID(int=dice.getrandbits(128), version=4))
        self._history.ask(ticker, dice.choice(HORIZONS), request_id, prefer="wait=0")
        time.sleep(dice.uniform(0, 0.15))
        began = time.monotonic()
        kill(dice)
        with ThreadPoolExecutor(1) as asking:
            ending = asking.submit(lambda: (self._history.end_of(request_id, GIVE_UP_S), time.monotonic())[1])
            answered = self._recovered_after(dice)
            return round(ending.result() - began, 2), round(answered, 2)

    def _ask_on(self, dice: random.Random) -> None:
        """Be one client: ask, sometimes twice or badly, and look until the end."""
        while not self._over.is_set():
            request_id = str(UUID(int=dice.getrandbits(128), version=4))
            ticker = UNKNOWN if dice.random() < 0.03 else dice.choice(TICKERS)
            days = dice.choice(HORIZONS)
            bad = dice.choice(BAD) if dice.random() < 0.05 else {}
            if bad:
                body = {"ticker": ticker, "days": days} | bad
                self._try(partial(self._client.post, "/api/v1/forecasts", json=body))
            for _ in range(2 if dice.random() < 0.2 else 1):
                self._try(partial(self._history.ask, ticker, days, request_id))
            self._over.wait(dice.uniform(*PAUSE_S))

    def _try(self, call: Callable[[], object]) -> None:
        """Ask again a few times where the connection is lost, as a client may."""
        for _ in range(3):
            try:
                call()
            except httpx.TransportError:
                self._over.wait(0.3)
            else:
                return

    def _break_until(self, give_up: float, dice: random.Random) -> None:
        faults = self._faults()
        while time.monotonic() < give_up:
            time.sleep(dice.uniform(*CALM_S))
            name = dice.choice(sorted(faults))
            print(f"{name} …", end="", flush=True)
            faults[name](dice)
            took = self._recovered_after(dice)
            self._recoveries.setdefault(name, []).append(took)
            print(f" {took:.1f} s", flush=True)

    def _faults(self) -> dict[str, Callable[[random.Random], None]]:
        parts = self._parts
        services = (parts.ingestion, parts.forecast)
        stores = (parts.redis, parts.object_store)
        faults = {f"{part.name} killed": _killing(part) for part in (*services, *stores)}
        faults |= {f"{part.name} ended": _ending(part) for part in services}
        faults |= {f"{part.name} stopped for a while": _stopping(part) for part in (*services, *stores)}
        links = {"redis": parts.to_redis, "ingestion": parts.to_ingestion, "forecast": parts.to_forecast}
        for name, link in links.items():
            faults[f"the line to {name} bad"] = _cutting(link)
        faults["a pool worker killed"] = lambda dice: _kill_one(parts.workers(), dice)
        faults["a web worker killed"] = lambda dice: _kill_one(parts.web.children(), dice)
        faults["a pool worker stopped for a while"] = lambda dice: _stop_one(parts.workers(), dice)
        faults["a web worker stopped for a while"] = lambda dice: _stop_one(parts.web.children(), dice)
        return faults

    def _recovered_after(self, dice: random.Random) -> float:
        """Seconds until a question that nobody asked before is answered."""
        began = time.monotonic()
        while time.monotonic() - began < GIVE_UP_S:
            if self._probe(dice):
                return time.monotonic() - began
            for part in self._parts.all:
                part.start()  # what ended at its start is started again, as a supervisor does
            time.sleep(0.05)
        return GIVE_UP_S

    def _probe(self, dice: random.Random) -> bool:
        try:
            _, answer = self._history.ask("PROBE", dice.randrange(1, 3000), level=round(dice.uniform(0.5, 0.99), 6))
        except httpx.TransportError:
            return False
        return answer.status_code == 200


def dice(seed: int) -> random.Random:
    """What a run throws, the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - not for secrets


def _killing(part: Part) -> Callable[[random.Random], None]:
    def kill(_: random.Random) -> None:
        part.kill()
        part.start()

    return kill


def _ending(part: Part) -> Callable[[random.Random], None]:
    def end(_: random.Random) -> None:
        part.terminate()
        part.start()

    return end


def _stopping(part: Part) -> Callable[[random.Random], None]:
    def stop(dice: random.Random) -> None:
        part.signal(signal.SIGSTOP)
        time.sleep(dice.uniform(*STOPPED_S))
        part.signal(signal.SIGCONT)

    return stop


def _cutting(link: FaultProxy) -> Callable[[random.Random], None]:
    def cut(dice: random.Random) -> None:
        link.set_fault(dice.choice(get_args(Fault)))
        time.sleep(dice.uniform(0.5, 4))
        link.set_fault(None)

    return cut


def _kill_one(processes: list[psutil.Process], dice: random.Random) -> None:
    if processes:
        dice.choice(processes).kill()


def _stop_one(processes: list[psutil.Process], dice: random.Random) -> None:
    if processes:
        chosen = dice.choice(processes)
        with suppress(psutil.NoSuchProcess):  # its service may put another in its place meanwhile
            chosen.suspend()
            time.sleep(dice.uniform(*STOPPED_S))
            chosen.resume()


if __name__ == "__main__":
    main()
