"""A simulation of the queues of a deployment, event by event: web processes, price sources, forecast workers.

A question whose result is cached needs a web process only. Another one joins an equal question under way, or takes one
of the accepted requests that the forecast service has room for, and is refused if there is none. A ticker without fresh
prices waits for a call of a price source within its budget.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.sizing.users import FURTHER_REQUESTS_AN_ASK, Question
from common.domain.kinds import CostClass
from common.redis.schema.lifetimes import RESULT_MS
from forecast_service.service import MOST_ORDERS_PER_WORKER

ROOM_A_WORKER = MOST_ORDERS_PER_WORKER[CostClass.QUICK]
RESULT_S = RESULT_MS / 1000
DEADLINE_S = 30.0


class Events:
    """Calls in the order of their times. ``now`` is the time of the present one, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, time: float, call: Callable[[], None]) -> None:
        """Have a function called at a time."""
        heapq.heappush(self._heap, (time, next(self._order), call))

    def run(self) -> None:
        """Make all calls, and those that they add."""
        while self._heap:
            self.now, _, call = heapq.heappop(self._heap)
            call()


class Station:
    """Equal servers with one queue, first come, first served. ``busy_s`` adds up the seconds of their work."""

    def __init__(self, events: Events, servers: int) -> None:
        self._events = events
        self._free = servers
        self._queue: deque[tuple[float, Callable[[], None]]] = deque()
        self.busy_s = 0.0

    def enter(self, seconds: float, then: Callable[[], None]) -> None:
        """Have a server work for so many seconds, and call a function at the end."""
        self._queue.append((seconds, then))
        self._begin()

    def _begin(self) -> None:
        if not (self._free and self._queue):
            return
        self._free -= 1
        seconds, then = self._queue.popleft()
        self.busy_s += seconds
        self._events.at(self._events.now + seconds, lambda: self._end(then))

    def _end(self, then: Callable[[], None]) -> None:
        self._free += 1
        then()
        self._begin()


@dataclass(frozen=True)
class Deployment:
    """The numbers of web processes and forecast workers, and the calls of price sources a minute."""

    web: int
    workers: int
    calls_a_minute: float = float("inf")


@dataclass(frozen=True)
class ServiceTimes:
    """Seconds of each step, without queueing.

    Args:
        repeated: of a web process, for an answer from the cache, or another request of the page.
        new: of a web process, for all steps of a new forecast.
        hand_over: between the services, in which nothing is occupied.
        fetch: of a price source.
        forecast: of a worker, as measured for a number of forecasts; one of them is drawn for each new forecast.
        known: of a worker for single questions, in place of a drawn one.
    """

    repeated: float
    new: float
    hand_over: float
    fetch: float
    forecast: Sequence[float]
    known: Mapping[Question, float] = field(default_factory=dict)


@dataclass
class Outcome:
    """The seconds until each answer, and the counts of other ends."""

    new: list[float] = field(default_factory=list)
    repeated: list[float] = field(default_factory=list)
    fits: int = 0
    refused: int = 0
    late: int = 0
    web_busy_s: float = 0.0
    workers_busy_s: float = 0.0

    @property
    def answers(self) -> int:
        """The number of answers in time."""
        return len(self.new) + len(self.repeated)


class Simulation:
    """One run: the questions of ``arrivals`` meet a deployment whose cache is empty.

    Args:
        fresh_tickers: the number of the most popular tickers whose prices are fresh at the beginning.
        further: the further requests of the page with each question.
    """

    def __init__(
        self,
        deployment: Deployment,
        times: ServiceTimes,
        rng: np.random.Generator,
        *,
        fresh_tickers: int,
        further: int = FURTHER_REQUESTS_AN_ASK,
    ) -> None:
        self._times, self._fresh, self._further = times, fresh_tickers, further
        self._events = Events()
        self._web = Station(self._events, deployment.web)
        self._workers = Station(self._events, deployment.workers)
        self._room = ROOM_A_WORKER * deployment.workers
        self._between_calls_s = 60 / deployment.calls_a_minute
        self._next_call = 0.0
        self._samples = itertools.cycle(rng.choice(np.asarray(times.forecast), 10_000).tolist())
        self._cached_until: dict[Question, float] = {}
        self._under_way: dict[Question, list[float]] = {}
        self._fetched: set[int] = set()
        self._outcome = Outcome()

    def run(self, arrivals: Iterable[tuple[float, Question]]) -> Outcome:
        """Return what became of the questions, which arrive at these seconds."""
        for time, question in arrivals:
            self._events.at(time, lambda question=question: self._arrive(question))  # type: ignore[misc]
        self._events.run()
        self._outcome.web_busy_s, self._outcome.workers_busy_s = self._web.busy_s, self._workers.busy_s
        return self._outcome

    def _arrive(self, question: Question) -> None:
        began = self._events.now
        is_cached = self._cached_until.get(question, 0.0) > began
        self._web.enter(self._times.repeated if is_cached else self._times.new, lambda: self._look(question, began))
        if self._further:
            self._web.enter(self._further * self._times.repeated, lambda: None)

    def _look(self, question: Question, began: float) -> None:
        if self._cached_until.get(question, 0.0) > self._events.now:
            self._outcome.repeated.append(self._events.now - began)
        elif question in self._under_way:
            self._under_way[question].append(began)
        elif len(self._under_way) >= self._room:
            self._outcome.refused += 1
        else:
            self._under_way[question] = [began]
            self._events.at(self._prices_at(question.rank), lambda: self._forecast(question))

    def _prices_at(self, rank: int) -> float:
        """Return the time at which the forecast service has the order and the prices of a ticker."""
        now = self._events.now + self._times.hand_over
        if rank < self._fresh or rank in self._fetched:
            return now
        self._fetched.add(rank)
        self._next_call = max(now, self._next_call) + self._between_calls_s
        return self._next_call - self._between_calls_s + self._times.fetch

    def _forecast(self, question: Question) -> None:
        self._outcome.fits += 1
        self._workers.enter(self._times.known.get(question) or next(self._samples), lambda: self._finish(question))

    def _finish(self, question: Question) -> None:
        self._cached_until[question] = self._events.now + RESULT_S
        for began in self._under_way.pop(question):
            seconds = self._events.now - began
            if seconds > DEADLINE_S:
                self._outcome.late += 1
            else:
                self._outcome.new.append(seconds)
