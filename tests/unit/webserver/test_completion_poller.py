from __future__ import annotations

import threading
import time

import pytest

from common.domain.errors import Busy
from common.domain.questions import Question
from common.redis.requests.records import Record
from test_support.waiting import until
from webserver.forecasts.completion_poller import QUICK_S, SLOW_S, CompletionPoller

LONG_S = 20.0
RECORD = Record("a", Question(ticker="AAPL", days=30), "done", None, "result:", 1000, 1)


class Store:
    """Says what has ended, and remembers how it was asked."""

    def __init__(self):
        self.has_ended = {}
        self.looks = []
        self.failures = []

    def ends(self):
        if self.failures:
            raise self.failures.pop()
        return len(self.has_ended)

    def ended(self, request_ids):
        self.looks.append(set(request_ids))
        return {each: self.has_ended[each] for each in request_ids if each in self.has_ended}


def told_of(watch, request_id, seconds=LONG_S):
    """What somebody who waits is told, once he is."""
    came, told = threading.Event(), []
    threading.Thread(target=lambda: (told.append(watch.wait(request_id, seconds)), came.set()), daemon=True).start()
    return came, told


def watching(store):
    return CompletionPoller(store.ends, store.ended)


def test_everybody_who_waits_for_an_end_is_told_of_it_by_the_same_looks():
    store = Store()
    watch = watching(store)
    waiting = [told_of(watch, "a") for _ in range(3)]
    until(lambda: {"a"} in store.looks)
    store.has_ended["a"] = RECORD
    for came, told in waiting:
        assert came.wait(LONG_S)
        assert told == [RECORD]


def test_what_is_no_longer_kept_has_ended():
    store = Store()
    store.has_ended["a"] = None
    came, told = told_of(watching(store), "a")
    assert came.wait(LONG_S)
    assert told == [None]


def test_a_wait_ends_with_its_time_and_stops_the_polling(monkeypatch):
    monkeypatch.setattr("webserver.forecasts.completion_poller.EACH_AFTER_S", 0.0)
    monkeypatch.setattr("webserver.forecasts.completion_poller.IDLE_S", 0.02)
    store = Store()
    watch = watching(store)
    began = time.monotonic()
    came, told = told_of(watch, "a", 0.05)
    assert came.wait(LONG_S)
    assert told == [None]
    assert time.monotonic() - began >= 0.05
    assert store.looks
    turns = []
    poll = watch.loop.turn
    watch.loop.turn = lambda: turns.append((len(store.looks), poll()))
    until(lambda: len(turns) > 2)
    assert {looks for looks, _ in turns[1:]} == {len(store.looks)}


def test_requests_are_looked_at_one_by_one_only_where_one_has_ended_or_somebody_came(monkeypatch):
    monkeypatch.setattr("webserver.forecasts.completion_poller.EACH_AFTER_S", LONG_S)
    store = Store()
    watch = watching(store)
    told_of(watch, "a")
    until(lambda: store.looks == [{"a"}])
    came, _ = told_of(watch, "b")
    until(lambda: store.looks == [{"a"}, {"b"}])
    store.has_ended["b"] = RECORD
    assert came.wait(LONG_S)
    assert store.looks == [{"a"}, {"b"}, {"a", "b"}]


def test_what_nobody_ended_is_looked_at_all_the_same(monkeypatch):
    monkeypatch.setattr("webserver.forecasts.completion_poller.EACH_AFTER_S", 0.01)
    store = Store()
    told_of(watching(store), "a")
    until(lambda: len(store.looks) > 3)


@pytest.mark.parametrize("failure", [Busy, RuntimeError])
def test_a_store_that_fails_for_a_while_ends_no_wait(failure):
    store = Store()
    store.failures = [failure, failure]
    store.has_ended["a"] = RECORD
    came, told = told_of(watching(store), "a")
    assert came.wait(LONG_S)
    assert told == [RECORD]


def test_the_more_wait_the_less_often_they_are_looked_for():
    store = Store()
    watch = watching(store)
    watch._quick_until = time.monotonic() + LONG_S
    assert [watch._pause_s(waiting) for waiting in (1, 2, 1000)] == [QUICK_S, 2 * QUICK_S, SLOW_S]
    watch._quick_until = 0.0
    assert watch._pause_s(1) == SLOW_S
