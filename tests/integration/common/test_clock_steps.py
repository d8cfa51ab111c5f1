"""A step back of the machine's clock stretches no deadline, lease, lock or window."""

from __future__ import annotations

from uuid import uuid4

import pytest

from common.domain.questions import ForecastQuestion
from common.redis.locks import Lock
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.rpc.messages import Order

ASKED = ForecastQuestion(ticker="AAPL", days=30)
BACK_MS = 120_000
NOTED_EVERY_MS = 100
"""Milliseconds between two writes of the clock by the scripts; a smaller step may be missed."""


def at_the_step(redis_client):
    """Set the scripts' clock ahead by the step: writes from here on happen before the step."""
    seconds, micros = redis_client.time()
    redis_client.hset("clock", mapping={"seen": seconds * 1000 + micros // 1000 + BACK_MS, "ahead": BACK_MS})


def step_back(redis_client):
    """Make the step: Redis's time is then behind the time that the scripts wrote."""
    redis_client.hset("clock", "ahead", 0)


def let_pass(redis_client, milliseconds):
    """Let time pass on the scripts' clock, without a wait: on a busy machine, a call may take longer than one."""
    redis_client.hincrby("clock", "ahead", milliseconds)


def test_a_deadline_is_not_stretched_by_a_step_back(redis_stores, redis_client):
    at_the_step(redis_client)
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 60_000)
    step_back(redis_client)
    assert redis_stores.requests.read(request_id).remaining_ms <= 60_000 + NOTED_EVERY_MS
    let_pass(redis_client, 60_000 + NOTED_EVERY_MS)
    assert redis_stores.requests.read(request_id).failure.code == "deadline_exceeded"


def test_a_deadline_is_not_shortened_by_a_step_back(redis_stores, redis_client):
    at_the_step(redis_client)
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 60_000)
    step_back(redis_client)
    assert 50_000 < redis_stores.requests.read(request_id).remaining_ms <= 60_000 + NOTED_EVERY_MS


def test_a_lease_runs_out_after_a_step_back(redis_stores, redis_client, monkeypatch):
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 60_000)
    at_the_step(redis_client)
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 600_000)
    step_back(redis_client)
    assert redis_stores.attempts.reclaim(10) == []
    let_pass(redis_client, 60_000 + NOTED_EVERY_MS)
    assert [order.request_id for order in redis_stores.attempts.reclaim(10)] == [request_id]


def test_several_steps_add_up(redis_stores, redis_client):
    at_the_step(redis_client)
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 60_000)
    for steps in range(1, 4):
        redis_client.hincrby("clock", "ahead", -BACK_MS)
        assert 50_000 < redis_stores.requests.read(request_id).remaining_ms <= 60_000 + steps * NOTED_EVERY_MS


def test_a_dead_holder_loses_its_lock_after_a_step_back(redis_client, monkeypatch):
    monkeypatch.setattr("common.redis.locks.HOLD_S", 60.0)
    at_the_step(redis_client)
    assert Lock.of(redis_client, "refreshing:AAPL").acquire()
    redis_client.persist("refreshing:AAPL")  # as long as Redis's own clock is behind, nothing expires
    step_back(redis_client)
    assert not Lock.of(redis_client, "refreshing:AAPL").acquire()
    let_pass(redis_client, 60_000 + NOTED_EVERY_MS)
    assert Lock.of(redis_client, "refreshing:AAPL").acquire()


def test_a_step_back_does_not_renew_a_budget(redis_client):
    at_the_step(redis_client)
    limits, window = ProviderLimits(redis_client), Window(1, 3600)
    assert limits.count_call("tiingo", (window,)) == 0
    step_back(redis_client)
    assert limits.count_call("tiingo", (window,)) > 0


@pytest.mark.parametrize("noted", ["x", "inf", "nan", "-1", "1e400", ""])
def test_a_damaged_clock_key_is_ignored(redis_stores, redis_client, noted):
    redis_client.hset("clock", mapping={"seen": noted, "ahead": noted})
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, 60_000)
    assert 50_000 < redis_stores.requests.read(request_id).remaining_ms <= 60_000
    order = Order(question=ASKED, request_id=request_id, attempt=1, budget_ms=1000)
    assert redis_stores.attempts.begin(order, "ingesting") > 0


def test_the_clock_key_expires(redis_stores, redis_client):
    redis_stores.requests.accept(str(uuid4()), ASKED, 60_000)
    assert redis_client.pttl("clock") > 0
