"""The simulation of the sizing benchmark beside queueing theory."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest

from benchmarks.sizing.plan import P95_S, find_workers, plan_market
from benchmarks.sizing.simulation import ROOM_A_WORKER, Deployment, Events, ServiceTimes, Simulation, Station
from benchmarks.sizing.users import HORIZONS, Question, arrivals, popularity, tickers_a_day

CUSTOMERS = 100_000
TIMES = ServiceTimes(repeated=0.001, new=0.01, hand_over=0.02, fetch=0.3, forecast=[0.1])


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that a customer waits in an M/M/c queue, for a load in servers."""
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (sum(load**number / factorial(number) for number in range(servers)) + last)


def simulate(deployment: Deployment, asked: list[tuple[float, Question]], fresh_tickers: int = 100):
    rng = np.random.default_rng(1)
    return Simulation(deployment, TIMES, rng, fresh_tickers=fresh_tickers, further=0).run(asked)


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (2, 0.7), (8, 0.7)])
def test_the_mean_wait_is_that_of_erlang(servers: int, utilisation: float) -> None:
    rng = np.random.default_rng(7)
    events = Events()
    station = Station(events, servers)
    load = servers * utilisation
    waits: list[float] = []

    def arrive(seconds: float) -> None:
        began = events.now
        station.enter(seconds, lambda: waits.append(events.now - began - seconds))

    for time, seconds in zip(
        rng.exponential(1 / load, CUSTOMERS).cumsum(), rng.exponential(1.0, CUSTOMERS), strict=True
    ):
        events.at(float(time), lambda seconds=float(seconds): arrive(seconds))  # type: ignore[misc]
    events.run()
    assert np.mean(waits) == pytest.approx(erlang_c(servers, load) / (servers - load), rel=0.1)
    assert np.mean(np.array(waits) > 1e-9) == pytest.approx(erlang_c(servers, load), rel=0.05)


def test_equal_questions_are_joined_and_then_cached() -> None:
    question = Question(0, 30)
    outcome = simulate(Deployment(web=4, workers=1), [(0.0, question), (0.05, question), (5.0, question)])
    assert outcome.fits == 1
    assert outcome.new == pytest.approx([0.13, 0.08])
    assert outcome.repeated == pytest.approx([0.001])


def test_questions_beyond_the_room_are_refused() -> None:
    asked = [(0.0, Question(number, 30)) for number in range(ROOM_A_WORKER + 5)]
    outcome = simulate(Deployment(web=1000, workers=1), asked)
    assert (outcome.fits, outcome.refused, outcome.late) == (ROOM_A_WORKER, 5, 0)
    assert max(outcome.new) == pytest.approx(0.03 + 0.1 * ROOM_A_WORKER)


def test_a_ticker_without_prices_waits_for_the_budget_of_its_source() -> None:
    asked = [(0.0, Question(number, 30)) for number in range(3)]
    outcome = simulate(Deployment(web=10, workers=10, calls_a_minute=60), asked, fresh_tickers=1)
    assert sorted(outcome.new) == pytest.approx([0.13, 0.43, 1.43])


def test_the_assumed_shares_add_up() -> None:
    assert popularity().sum() == pytest.approx(1)
    assert sum(HORIZONS.values()) == pytest.approx(1)
    assert tickers_a_day(1) == pytest.approx(1)
    assert 0.99 < tickers_a_day(1e9) / len(popularity()) <= 1


def test_a_plan_has_the_fewest_workers_that_meet_the_goal() -> None:
    asked = arrivals(np.random.default_rng(1), 40.0, 20.0)
    workers, outcome = find_workers(TIMES, 4, 40.0, 20.0, fresh_tickers=8000)
    assert outcome.refused == 0
    assert np.percentile(outcome.new, 95) <= P95_S
    fewer = Simulation(Deployment(4, workers - 1), TIMES, np.random.default_rng(2), fresh_tickers=8000).run(asked)
    assert fewer.refused or np.percentile(fewer.new, 95) > P95_S


def test_the_first_limit_of_many_stocks_is_the_budget_of_the_price_sources() -> None:
    assert plan_market(8000)["limit"] == "calls of a free key, 8 of it"
