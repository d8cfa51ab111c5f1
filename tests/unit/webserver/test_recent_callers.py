"""The cache of callers that were looked up a moment ago."""

from __future__ import annotations

import threading

import pytest

from common.domain.access import Caller, CallerKind
from common.domain.errors import StoreUnavailable, Unauthenticated
from webserver.access import recent_callers
from webserver.access.recent_callers import FRESH_FOR_S, Credential, RecentCallers

ONE, OTHER = Credential(CallerKind.TOKEN, "1"), Credential(CallerKind.TOKEN, "2")
CALLER = Caller(CallerKind.TOKEN, account_id="a")


class Store:
    """Counts the lookups; raises what the test sets."""

    def __init__(self):
        self.asked = []
        self.failure = None

    def look_up(self, credential):
        self.asked.append(credential)
        if self.failure:
            raise self.failure
        return CALLER


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def callers(store, clock):
    return RecentCallers(store.look_up, lambda: clock[0])


def test_a_caller_is_looked_up_again_after_half_a_second(callers, store, clock):
    assert callers.get(ONE) is CALLER
    clock[0] = FRESH_FOR_S - 0.01
    assert callers.get(ONE) is CALLER
    assert store.asked == [ONE]
    clock[0] = FRESH_FOR_S
    callers.get(ONE)
    assert store.asked == [ONE, ONE]


def test_credentials_are_told_apart_also_by_their_kind(callers, store):
    session = Credential(CallerKind.SESSION, ONE.secret_hash)
    for credential in (ONE, OTHER, session):
        callers.get(credential)
    assert store.asked == [ONE, OTHER, session]


@pytest.mark.parametrize("failure", [Unauthenticated(), StoreUnavailable()])
def test_a_failure_is_not_cached(callers, store, failure):
    store.failure = failure
    for _ in range(2):
        with pytest.raises(type(failure)):
            callers.get(ONE)
    store.failure = None
    assert callers.get(ONE) is CALLER
    assert len(store.asked) == 3


def test_the_cache_is_bounded(callers, store, monkeypatch):
    monkeypatch.setattr(recent_callers, "MOST_CALLERS", 2)
    third = Credential(CallerKind.TOKEN, "3")
    for credential in (ONE, OTHER, third, third, OTHER, ONE):
        callers.get(credential)
    assert store.asked == [ONE, OTHER, third, ONE]


def test_simultaneous_requests_share_a_lookup_unless_it_is_slow(clock):
    begun, release, asked, got = threading.Event(), threading.Event(), [], []

    def look_up(credential):
        asked.append(credential)
        if len(asked) == 1:
            begun.set()
            release.wait(100)
        return CALLER

    callers = RecentCallers(look_up, lambda: clock[0])
    threads = [threading.Thread(target=lambda: got.append(callers.get(ONE))) for _ in range(2)]
    threads[0].start()
    begun.wait(100)
    threads[1].start()
    clock[0] = FRESH_FOR_S
    assert callers.get(ONE) is CALLER, "a request does not wait for a lookup that is too old"
    release.set()
    for thread in threads:
        thread.join(100)
    assert got == [CALLER, CALLER]
    assert len(asked) == 2


def test_a_request_waits_on_nothing_when_a_lookup_is_interrupted(store, clock):
    def interrupt(_credential):
        raise KeyboardInterrupt

    callers = RecentCallers(interrupt, lambda: clock[0])
    with pytest.raises(KeyboardInterrupt):
        callers.get(ONE)
    callers._look_up = store.look_up
    assert callers.get(ONE) is CALLER
