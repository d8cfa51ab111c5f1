from __future__ import annotations

import threading
import time

import pytest

from common.domain.errors import Busy
from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from test_support.waiting import until
from webserver.requests.completion_poller import QUICK_S, SLOW_S, CompletionPoller

LONG_S = 20.0
RECORD = Record("a", ForecastQuestion(ticker="AAPL", days=30), "done", None, "result:", 1000, 1)


class Store:
    """Returns the ends of requests, and records which ids were polled."""

    def __init__(self):
        self.ends_by_id = {}
        self.polls = []
        self.failures = []

    def ends(self):
        if self.failures:
            raise self.failures.pop()
        return len(self.ends_by_id)

    def ended(self, request_ids):
        self.polls.append(set(request_ids))
        return {each: self.ends_by_id[each] for each in request_ids if each in self.ends_by_id}


def wait_in_thread(poller, request_id, seconds=LONG_S):
    """Wait for a request in a thread. Return the event of its return, and the list with its record."""
    returned, records = threading.Event(), []
    threading.Thread(
        target=lambda: (records.append(poller.wait(request_id, seconds)), returned.set()), daemon=True
    ).start()
    return returned, records


def poller_of(store):
    return CompletionPoller(store.ends, store.ended)


def test_one_poll_notifies_every_waiting_client():
    store = Store()
    poller = poller_of(store)
    waiting = [wait_in_thread(poller, "a") for _ in range(3)]
    until(lambda: {"a"} in store.polls)
    store.ends_by_id["a"] = RECORD
    for returned, records in waiting:
        assert returned.wait(LONG_S)
        assert records == [RECORD]


def test_a_deleted_request_ends_the_wait():
    store = Store()
    store.ends_by_id["a"] = None
    returned, records = wait_in_thread(poller_of(store), "a")
    assert returned.wait(LONG_S)
    assert records == [None]


def test_a_wait_ends_at_its_limit_and_stops_the_polling(monkeypatch):
    monkeypatch.setattr("webserver.requests.completion_poller.EACH_AFTER_S", 0.0)
    monkeypatch.setattr("webserver.requests.completion_poller.IDLE_S", 0.02)
    store = Store()
    poller = poller_of(store)
    began = time.monotonic()
    returned, records = wait_in_thread(poller, "a", 0.05)
    assert returned.wait(LONG_S)
    assert records == [None]
    assert time.monotonic() - began >= 0.05
    assert store.polls
    turns = []
    poll = poller.loop.turn
    poller.loop.turn = lambda: turns.append((len(store.polls), poll()))
    until(lambda: len(turns) > 2)
    assert {polls for polls, _ in turns[1:]} == {len(store.polls)}


def test_records_are_read_only_after_an_end_or_a_new_wait(monkeypatch):
    monkeypatch.setattr("webserver.requests.completion_poller.EACH_AFTER_S", LONG_S)
    store = Store()
    poller = poller_of(store)
    wait_in_thread(poller, "a")
    until(lambda: store.polls == [{"a"}])
    returned, _ = wait_in_thread(poller, "b")
    until(lambda: store.polls == [{"a"}, {"b"}])
    store.ends_by_id["b"] = RECORD
    assert returned.wait(LONG_S)
    assert store.polls == [{"a"}, {"b"}, {"a", "b"}]


def test_waiting_requests_are_read_from_time_to_time_without_an_end(monkeypatch):
    monkeypatch.setattr("webserver.requests.completion_poller.EACH_AFTER_S", 0.01)
    store = Store()
    wait_in_thread(poller_of(store), "a")
    until(lambda: len(store.polls) > 3)


@pytest.mark.parametrize("failure", [Busy, RuntimeError])
def test_a_short_failure_of_the_store_ends_no_wait(failure):
    store = Store()
    store.failures = [failure, failure]
    store.ends_by_id["a"] = RECORD
    returned, records = wait_in_thread(poller_of(store), "a")
    assert returned.wait(LONG_S)
    assert records == [RECORD]


def test_many_waiting_requests_are_read_less_often():
    store = Store()
    poller = poller_of(store)
    poller._quick_until = time.monotonic() + LONG_S
    assert [poller._pause_s(waiting) for waiting in (1, 2, 1000)] == [QUICK_S, 2 * QUICK_S, SLOW_S]
    poller._quick_until = 0.0
    assert poller._pause_s(1) == SLOW_S
