from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from common.domain.errors import Busy
from common.redis.client.connections import connected
from common.redis.client.failures import RedisAway
from common.redis.client.script_runner import MOST_TOGETHER, RedisScripts
from test_support.ports import free_port

FEW = 20
CROWD = 2 * MOST_TOGETHER + 1
ONE_WINDOW = (60, 1_000_000)


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def scripts(client):
    return RedisScripts(client, ["count", "renew"])


def counted(scripts, name, cost=1):
    """What is left of a budget that nobody else spends."""
    return scripts.run("count", cost, name, *ONE_WINDOW)[1][0]


def test_each_of_a_crowd_gets_what_his_own_script_returned(scripts):
    with ThreadPoolExecutor(CROWD) as threads:
        left = list(threads.map(lambda number: counted(scripts, f"n{number}", number), range(CROWD)))
    assert left == [ONE_WINDOW[1] - number for number in range(CROWD)]


def test_those_who_come_while_others_are_on_their_way_go_together(scripts, monkeypatch):
    trips, go_on = [], threading.Event()
    replies = RedisScripts._replies

    def held(self, calls):
        trips.append(len(calls))
        go_on.wait()
        return replies(self, calls)

    monkeypatch.setattr(RedisScripts, "_replies", held)
    with ThreadPoolExecutor(FEW) as threads:
        asked = [threads.submit(counted, scripts, f"n{number}") for number in range(FEW)]
        while sum(trips) + len(scripts._waiting) < FEW:
            time.sleep(0.001)
        go_on.set()
        assert {each.result() for each in asked} == {ONE_WINDOW[1] - 1}
    assert trips == [trips[0], FEW - trips[0]]


def test_more_than_go_together_go_one_after_the_other(scripts):
    left = scripts.run_each("count", [(1, "same", *ONE_WINDOW)] * CROWD)
    assert [remaining for _, (remaining, _) in left] == [ONE_WINDOW[1] - number for number in range(1, CROWD + 1)]


def test_scripts_that_redis_has_forgotten_are_told_to_it_again(client, scripts):
    for _ in range(2):
        client.script_flush()
        assert len(scripts.run_each("count", [(1, "again", *ONE_WINDOW)] * 3)) == 3


def test_a_script_that_fails_does_not_fail_its_companions(scripts):
    with pytest.raises(Busy):
        scripts.run("count", "not a number", "bad", *ONE_WINDOW)
    good = (1, "good", *ONE_WINDOW)
    for wrong, failure in ((("not a number", "bad", *ONE_WINDOW), Busy), ((1, "\ud800"), UnicodeEncodeError)):
        (counted, _), failed = calls_together(scripts, good, wrong)
        assert (counted, type(failed)) == (1, failure)


def calls_together(scripts, *arguments):
    """What each of several calls returns or raises, who all come before the first trip."""
    with ThreadPoolExecutor(len(arguments)) as threads:
        with scripts._turn:
            asked = [threads.submit(scripts.run, "count", *args) for args in arguments]
            while len(scripts._waiting) + sum(each.done() for each in asked) < len(arguments):
                time.sleep(0.001)
        return [each.exception() or each.result() for each in asked]


def test_a_redis_that_is_away_is_said_to_everybody_who_came():
    scripts = RedisScripts(connected(f"redis://127.0.0.1:{free_port()}/0"), ["count"])
    with ThreadPoolExecutor(20) as threads:
        failures = [threads.submit(counted, scripts, "away").exception() for _ in range(20)]
    assert {type(failure) for failure in failures} == {RedisAway}


def test_a_trip_that_is_broken_off_leaves_nobody_waiting(scripts, monkeypatch):
    class BrokenOff(BaseException):
        """As a greenlet's end, or a person's interrupt."""

    begun, go_on = threading.Event(), threading.Event()
    replies = RedisScripts._replies

    def broken_off(_self, _calls):
        monkeypatch.setattr(RedisScripts, "_replies", replies)
        begun.set()
        go_on.wait()
        raise BrokenOff

    monkeypatch.setattr(RedisScripts, "_replies", broken_off)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(counted, scripts, "first")
        begun.wait()
        second = threads.submit(counted, scripts, "second")
        go_on.set()
        assert isinstance(first.exception(), BrokenOff)
        assert second.result() == ONE_WINDOW[1] - 1
