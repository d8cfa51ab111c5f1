"""``python -m benchmarks.chaos``: steady load while parts are killed, stopped, restarted and cut off at random.

With ``--kills N``, each part is killed N times without other load. Two times are measured after each kill: until a
request in progress has ended, and until a new question is answered.

The exit status is 1 if an accepted request was lost, answered wrongly or ended twice, or if the track record lacks a
forecast or has one twice.
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

from benchmarks.load.track_record import check_track_record
from benchmarks.report import parser, report
from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.migrate import migrate
from test_support.network.fault_proxy import Fault, FaultProxy
from test_support.sources.price_source import UNKNOWN
from test_support.stacks.request_history import FinishedForecast, RequestHistory
from test_support.stacks.service_processes import Part, Parts, running_parts, stack_client

CLIENTS = 6
CLIENT_PAUSE_S = (0.2, 1.0)
PAUSE_BETWEEN_FAULTS_S = (1.0, 4.0)
STOPPED_S = (0.5, 6.0)
TICKERS = [f"T{n}" for n in range(40)]
HORIZONS = range(1, 120)
INVALID_FIELDS = ({"ticker": "../etc"}, {"days": 0}, {"days": "30"}, {"level": 2})
GIVE_UP_S = 60.0
FAILURES = ("lost", "wrong", "double", "tracebacks", "unrecorded", "recorded_twice", "chain_problems", "wrong_sums")
DEADLINE_S = 15
"""The deadline of requests. It is short, so that a client whose request cannot end asks again soon."""


def main() -> None:
    """Run, print the counts, and exit with 1 if a request was lost, wrong or double."""
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kills", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stockcast.sqlite"
        migrate(DatabaseUrl(path=path))
        with running_parts(Path(folder), REQUEST_DEADLINE_S=str(DEADLINE_S), DATABASE_URL=sqlite_url(path)) as parts:
            chaos = Chaos(parts, chosen.seed)
            figures = chaos.kill_one_by_one(chosen.kills) if chosen.kills else chaos.run(chosen.minutes * 60)
            figures |= check_track_record(DatabaseUrl(path=path), parts.redis_url, chaos.finished())
    report(figures, chosen.json)
    raise SystemExit(any(figures[name] for name in FAILURES))


class Chaos:
    """One run of clients and faults. The seed determines both."""

    def __init__(self, parts: Parts, seed: int) -> None:
        self._parts = parts
        self._seed = seed
        self._client = stack_client(parts)
        self._history = RequestHistory(self._client)
        self._ended = threading.Event()
        self._recoveries: dict[str, list[float]] = {}

    def run(self, duration_s: float) -> dict[str, Any]:
        """Run clients and faults for so long. Then remove all faults and wait for the end of every record."""
        self._probe(seeded_random(0))
        memory_before = self._parts.memory_mb()
        give_up = time.monotonic() + duration_s
        with ThreadPoolExecutor(CLIENTS) as clients:
            asking = [clients.submit(self._run_client, seeded_random(self._seed * 1000 + n)) for n in range(CLIENTS)]
            try:
                self._inject_faults_until(give_up, seeded_random(self._seed))
            finally:
                self._ended.set()
        for each in asking:
            each.result()
        self._parts.recover()
        summary = self._history.summary()
        kills = [seconds for name, times in self._recoveries.items() if "killed" in name for seconds in times]
        return summary | {
            "seed": self._seed,
            "faults": sum(map(len, self._recoveries.values())),
            "worst_recovery_s": {name: round(max(times), 2) for name, times in sorted(self._recoveries.items())},
            "worst_recovery_from_a_kill_s": max(kills, default=0.0),
            "median_recovery_from_a_kill_s": statistics.median(kills) if kills else 0.0,
            "memory_mb_at_start": memory_before,
            "memory_mb_at_end": self._parts.memory_mb(),
        }

    def finished(self) -> set[FinishedForecast]:
        """Return the forecasts that the clients received."""
        return self._history.finished()

    def kill_one_by_one(self, rounds: int) -> dict[str, Any]:
        """Kill each part in turn while one request is in progress."""
        rng = seeded_random(self._seed)
        self._probe(rng)
        kills = {name: fault for name, fault in self._faults().items() if name.endswith("killed")}
        seconds: dict[str, dict[str, list[float]]] = {}
        for name, kill in sorted(kills.items()):
            taken = [self._recovery_after_kill(kill, f"K{number}", rng) for number in range(rounds)]
            under_way, new = zip(*taken, strict=True)
            seconds[name] = {"request under way": sorted(under_way), "new question": sorted(new)}
            print(f"{name}: {seconds[name]}", flush=True)
            self._parts.recover()
        return self._history.summary() | {
            "seed": self._seed,
            "worst_s": {name: {which: times[-1] for which, times in each.items()} for name, each in seconds.items()},
            "worst_recovery_from_a_kill_s": max(times[-1] for each in seconds.values() for times in each.values()),
        }

    def _recovery_after_kill(
        self, kill: Callable[[random.Random], None], ticker: str, rng: random.Random
    ) -> tuple[float, float]:
        """Return the seconds from a kill to the end of a request in progress, and to the answer to a new question."""
        self._parts.recover()
        time.sleep(rng.uniform(0.5, 1.5))
        request_id = str(UUID(int=rng.getrandbits(128), version=4))
        self._history.ask(ticker, rng.choice(HORIZONS), request_id, prefer="wait=0")
        time.sleep(rng.uniform(0, 0.15))
        began = time.monotonic()
        kill(rng)
        with ThreadPoolExecutor(1) as asking:
            ending = asking.submit(lambda: (self._history.end_of(request_id, GIVE_UP_S), time.monotonic())[1])
            answered = self._wait_until_recovered(rng)
            return round(ending.result() - began, 2), round(answered, 2)

    def _run_client(self, rng: random.Random) -> None:
        """Send requests as one client, some of them twice and some invalid, until the run ends."""
        while not self._ended.is_set():
            request_id = str(UUID(int=rng.getrandbits(128), version=4))
            ticker = UNKNOWN if rng.random() < 0.03 else rng.choice(TICKERS)
            days = rng.choice(HORIZONS)
            invalid = rng.choice(INVALID_FIELDS) if rng.random() < 0.05 else {}
            if invalid:
                body = {"ticker": ticker, "days": days} | invalid
                self._try(partial(self._client.post, "/api/v1/forecasts", json=body))
            for _ in range(2 if rng.random() < 0.2 else 1):
                self._try(partial(self._history.ask, ticker, days, request_id))
            self._ended.wait(rng.uniform(*CLIENT_PAUSE_S))

    def _try(self, call: Callable[[], object]) -> None:
        """Repeat a call up to three times when its connection is lost."""
        for _ in range(3):
            try:
                call()
            except httpx.TransportError:
                self._ended.wait(0.3)
            else:
                return

    def _inject_faults_until(self, give_up: float, rng: random.Random) -> None:
        faults = self._faults()
        while time.monotonic() < give_up:
            time.sleep(rng.uniform(*PAUSE_BETWEEN_FAULTS_S))
            name = rng.choice(sorted(faults))
            print(f"{name} …", end="", flush=True)
            faults[name](rng)
            seconds_taken = self._wait_until_recovered(rng)
            self._recoveries.setdefault(name, []).append(seconds_taken)
            print(f" {seconds_taken:.1f} s", flush=True)

    def _faults(self) -> dict[str, Callable[[random.Random], None]]:
        parts = self._parts
        services = (parts.ingestion, parts.forecast)
        stores = (parts.redis, parts.object_store)
        faults = {f"{part.name} killed": _make_kill(part) for part in (*services, *stores)}
        faults |= {f"{part.name} ended": _make_restart(part) for part in services}
        faults |= {f"{part.name} stopped for a while": _make_stop(part) for part in (*services, *stores)}
        links = {"redis": parts.to_redis, "ingestion": parts.to_ingestion, "forecast": parts.to_forecast}
        for name, link in links.items():
            faults[f"the line to {name} bad"] = _make_link_fault(link)
        faults["a pool worker killed"] = lambda rng: _kill_one(parts.workers(), rng)
        faults["a web worker killed"] = lambda rng: _kill_one(parts.web.children(), rng)
        faults["a pool worker stopped for a while"] = lambda rng: _stop_one(parts.workers(), rng)
        faults["a web worker stopped for a while"] = lambda rng: _stop_one(parts.web.children(), rng)
        return faults

    def _wait_until_recovered(self, rng: random.Random) -> float:
        """Return the seconds until a new question is answered."""
        began = time.monotonic()
        while time.monotonic() - began < GIVE_UP_S:
            if self._probe(rng):
                return time.monotonic() - began
            for part in self._parts.all:
                part.start()  # restarts a part that failed at its start, as a supervisor does
            time.sleep(0.05)
        return GIVE_UP_S

    def _probe(self, rng: random.Random) -> bool:
        try:
            _, answer = self._history.ask("PROBE", rng.randrange(1, 3000), level=round(rng.uniform(0.5, 0.99), 6))
        except httpx.TransportError:
            return False
        return answer.status_code == 200


def seeded_random(seed: int) -> random.Random:
    """Return a random generator. Equal seeds give equal runs."""
    return random.Random(seed)  # noqa: S311 - not for secrets


def _make_kill(part: Part) -> Callable[[random.Random], None]:
    def kill(_: random.Random) -> None:
        part.kill()
        part.start()

    return kill


def _make_restart(part: Part) -> Callable[[random.Random], None]:
    def end(_: random.Random) -> None:
        part.terminate()
        part.start()

    return end


def _make_stop(part: Part) -> Callable[[random.Random], None]:
    def stop(rng: random.Random) -> None:
        part.signal(signal.SIGSTOP)
        time.sleep(rng.uniform(*STOPPED_S))
        part.signal(signal.SIGCONT)

    return stop


def _make_link_fault(link: FaultProxy) -> Callable[[random.Random], None]:
    """Return a fault that disturbs a link in a random way for up to 4 s."""

    def cut(rng: random.Random) -> None:
        link.set_fault(rng.choice(get_args(Fault)))
        time.sleep(rng.uniform(0.5, 4))
        link.set_fault(None)

    return cut


def _kill_one(processes: list[psutil.Process], rng: random.Random) -> None:
    if processes:
        rng.choice(processes).kill()


def _stop_one(processes: list[psutil.Process], rng: random.Random) -> None:
    if processes:
        chosen = rng.choice(processes)
        with suppress(psutil.NoSuchProcess):  # its service may have replaced it meanwhile
            chosen.suspend()
            time.sleep(rng.uniform(*STOPPED_S))
            chosen.resume()


if __name__ == "__main__":
    main()
