"""The service times, memory and bytes of a real stack."""

from __future__ import annotations

import itertools
import re
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.load.concurrent_clients import TimedResponse, forecast_request, send_by_clients
from benchmarks.load.price_source import ANSWER_S
from benchmarks.service.many_questions import STORED, require_done
from benchmarks.sizing.simulation import ServiceTimes
from test_support.stacks.run_app import RunningStack

NEW, REPEATED = 120, 600
IDLE_S = 10.0
FIRST_HORIZON = 40
_REQUEST_ID = re.compile(rb'"request_id": ?"([0-9a-f-]{36})"')
_numbers = itertools.count()


@dataclass(frozen=True)
class Measured:
    """The needs of a stack. Processor times grow with what else the machine does, but far less than the clock.

    Args:
        web_repeated_s: processor seconds of the web processes for an answer from the cache.
        web_new_s: the same for a new forecast, with its polls.
        ingestion_new_s: processor seconds of the ingestion service for a new forecast.
        worker_new_s: processor seconds of the forecast service and its workers for a new forecast.
        worker_spread: the times of the workers for single forecasts, divided by their mean.
        hand_over_s: seconds of a lone new forecast in which no worker is busy.
        result_bytes: bytes of Redis for a result.
        answer_bytes: bytes of an answer on the line.
        memory_mb: the largest process of each kind.
    """

    web_repeated_s: float
    web_new_s: float
    ingestion_new_s: float
    worker_new_s: float
    worker_spread: tuple[float, ...]
    hand_over_s: float
    result_bytes: float
    answer_bytes: float
    memory_mb: dict[str, float]

    def times(self, *, fetch_s: float = ANSWER_S) -> ServiceTimes:
        """Return the service times of a deployment whose processes have a core each."""
        forecast = [spread * self.worker_new_s for spread in self.worker_spread]
        return ServiceTimes(self.web_repeated_s, self.web_new_s, self.hand_over_s, fetch_s, forecast)


def measure(stack: RunningStack) -> Measured:
    """Measure a stack that has the stored series of the benchmarks."""
    port = stack.ports.web
    require_done(send_by_clients(port, new_questions(20), 1))
    idle = _idle_share(stack)
    bytes_before = _redis_bytes(stack)
    with _processor_time(stack, idle) as of_new:
        new = send_by_clients(port, new_questions(NEW), 1)
    require_done(new)
    result_bytes = (_redis_bytes(stack) - bytes_before) / NEW
    with _processor_time(stack, idle) as of_repeated:
        repeated = send_by_clients(port, itertools.repeat(forecast_request(STORED[0], FIRST_HORIZON), REPEATED), 2)
    require_done(repeated)
    worker = worker_seconds(stack, new)
    mean = statistics.mean(worker)
    return Measured(
        web_repeated_s=of_repeated["web"] / REPEATED,
        web_new_s=of_new["web"] / NEW,
        ingestion_new_s=of_new["ingestion"] / NEW,
        worker_new_s=(of_new["forecast"] + of_new["worker"]) / NEW,
        worker_spread=tuple(seconds / mean for seconds in worker),
        hand_over_s=max(statistics.median(answer.seconds for answer in new) - statistics.median(worker), 0.0),
        result_bytes=result_bytes,
        answer_bytes=_answer_bytes(stack),
        memory_mb={kind: max(megabytes) for kind, megabytes in stack.memory_mb().items()},
    )


def new_questions(count: int) -> Iterator[bytes]:
    """Return so many questions that nobody has asked, about stored series in turn."""
    for number in itertools.islice(_numbers, count):
        row, column = divmod(number, len(STORED))
        yield forecast_request(STORED[column], FIRST_HORIZON + row)


def worker_seconds(stack: RunningStack, answers: Iterable[TimedResponse]) -> list[float]:
    """Return the workers' times for finished forecasts, as their results state them."""
    found = []
    with stack.client() as client:
        for answer in answers:
            request_id = _REQUEST_ID.search(answer.ending)
            if request_id is None:
                raise SystemExit(f"no request id in {answer.ending[-300:]!r}")
            result = client.get(f"/api/v1/forecasts/{request_id[1].decode()}", params={"fields": "timings_ms"})
            found.append(result.raise_for_status().json()["timings_ms"]["total"] / 1000)
    return found


def _answer_bytes(stack: RunningStack) -> float:
    """Return the bytes of an answer on the line, compressed as for a browser."""
    with stack.client() as client:
        answer = client.post("/api/v1/forecasts", json={"ticker": STORED[0], "days": FIRST_HORIZON}).raise_for_status()
    return float(answer.num_bytes_downloaded)


def _idle_share(stack: RunningStack) -> dict[str, float]:
    """Return the share of a core that the processes of each kind use without requests."""
    before = _cpu_seconds(stack)
    time.sleep(IDLE_S)
    after = _cpu_seconds(stack)
    return {kind: (after[kind] - before[kind]) / IDLE_S for kind in before}


@contextmanager
def _processor_time(stack: RunningStack, idle: dict[str, float]) -> Iterator[dict[str, float]]:
    """Yield a dictionary that has, after the block, the processor seconds of each kind, without those of idling."""
    used: dict[str, float] = {}
    before, began = _cpu_seconds(stack), time.perf_counter()
    yield used
    after, seconds = _cpu_seconds(stack), time.perf_counter() - began
    used |= {kind: max(after[kind] - before[kind] - idle[kind] * seconds, 0.0) for kind in before}


def _cpu_seconds(stack: RunningStack) -> dict[str, float]:
    """Return the processor seconds that the processes of each kind have used."""
    return {kind: sum(sum(process.cpu_times()[:2]) for process in found) for kind, found in stack.processes().items()}


def _redis_bytes(stack: RunningStack) -> int:
    return int(stack.redis.info("memory")["used_memory"])
