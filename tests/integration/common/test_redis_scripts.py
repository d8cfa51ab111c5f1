"""Concurrent calls of scripts share a round trip, and each gets its own reply or failure."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from common.domain.errors import Busy
from common.redis.client.connections import make_redis_client
from common.redis.client.failures import RedisAway
from common.redis.client.script_runner import MOST_TOGETHER, RedisScripts, ScriptCall
from test_support.network.ports import free_port
from test_support.waiting import PATIENCE_S, until

FEW = 20
MANY = 2 * MOST_TOGETHER + 1
MOST = 1_000_000
COUNT = "coordination/count"


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def scripts(client):
    return RedisScripts(client, [COUNT])


def call(key, cost=1):
    return ScriptCall([key], [cost, 60_000, MOST, "first_call"])


def left_after(scripts, key, cost=1):
    """Count calls in a window; return how many are left."""
    _, (left, _) = scripts.run_each(COUNT, [call(key, cost)])[0]
    return left


def test_each_of_many_threads_gets_the_reply_to_its_own_call(scripts):
    with ThreadPoolExecutor(MANY) as threads:
        left = list(threads.map(lambda number: left_after(scripts, f"n{number}", number), range(MANY)))
    assert left == [MOST - number for number in range(MANY)]


def test_calls_that_arrive_during_a_trip_share_the_next_one(scripts, monkeypatch):
    trips, go_on = [], threading.Event()
    replies = RedisScripts._run_together

    def held(self, calls):
        trips.append(len(calls))
        assert go_on.wait(PATIENCE_S)
        return replies(self, calls)

    monkeypatch.setattr(RedisScripts, "_run_together", held)
    with ThreadPoolExecutor(FEW) as threads:
        asked = [threads.submit(left_after, scripts, f"n{number}") for number in range(FEW)]
        try:
            until(lambda: sum(trips) + len(scripts._waiting) >= FEW)
        finally:
            go_on.set()
        assert {each.result() for each in asked} == {MOST - 1}
    assert trips == [trips[0], FEW - trips[0]]


def test_more_calls_than_fit_into_a_trip_make_several(scripts):
    replies = scripts.run_each(COUNT, [call("same")] * MANY)
    assert [left for _, (left, _) in replies] == [MOST - number for number in range(1, MANY + 1)]


def test_a_script_that_redis_has_forgotten_is_loaded_again(client, scripts):
    for _ in range(2):
        client.script_flush()
        assert len(scripts.run_each(COUNT, [call("again")] * 3)) == 3


def test_a_failed_call_does_not_fail_the_others_in_its_trip(scripts):
    with pytest.raises(Busy):
        scripts.run_each(COUNT, [call("bad", "not a number")])
    for wrong, failure in ((call("bad", "not a number"), Busy), (call("\ud800"), UnicodeEncodeError)):
        (counted, _), failed = outcomes_together(scripts, call("good"), wrong)
        assert (counted, type(failed)) == (1, failure)


def outcomes_together(scripts, *calls):
    """Make several calls that wait for the same trip; return what each returns or raises."""
    with ThreadPoolExecutor(len(calls)) as threads:
        with scripts._trip_lock:
            asked = [threads.submit(scripts.run_each, COUNT, [one]) for one in calls]
            until(lambda: len(scripts._waiting) + sum(each.done() for each in asked) >= len(calls))
        return [each.exception() or each.result()[0] for each in asked]


def test_an_unreachable_redis_fails_every_waiting_call():
    scripts = RedisScripts(make_redis_client(f"redis://127.0.0.1:{free_port()}/0"), [COUNT])
    with ThreadPoolExecutor(FEW) as threads:
        failures = [threads.submit(left_after, scripts, "away").exception() for _ in range(FEW)]
    assert {type(failure) for failure in failures} == {RedisAway}


def test_an_interrupted_trip_leaves_no_call_waiting(scripts, monkeypatch):
    class TripInterruptedError(BaseException):
        """Stands for the end of a greenlet, or an interrupt from the keyboard."""

    begun, go_on = threading.Event(), threading.Event()
    replies = RedisScripts._run_together

    def interrupted(_self, _calls):
        monkeypatch.setattr(RedisScripts, "_run_together", replies)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        raise TripInterruptedError

    monkeypatch.setattr(RedisScripts, "_run_together", interrupted)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(left_after, scripts, "first")
        assert begun.wait(PATIENCE_S)
        second = threads.submit(left_after, scripts, "second")
        go_on.set()
        assert isinstance(first.exception(), TripInterruptedError)
        assert second.result() == MOST - 1
