"""A call whose reply was lost is sent again, and takes effect once."""

from __future__ import annotations

from uuid import uuid4

import pytest
import redis

from common.domain.errors import Busy, ProviderUnavailable, RateLimited
from common.domain.questions import ForecastQuestion
from common.redis.client.connections import make_redis_client
from common.redis.locks import hold_lock
from common.redis.provider_limits import FAILURES_BEFORE_PAUSE, ProviderLimits
from common.redis.rate_windows import Quota, QuotaCheck, RateWindows, Window
from common.redis.requests.results import Result
from common.redis.stores import RedisStores
from common.rpc.messages import Order
from test_support.stores.redis_proxy import load_every_script, redis_proxy
from tests.integration.ingestion_service.test_guard import paused_s

ASKED = ForecastQuestion(ticker="AAPL", days=30)
BUDGET_MS = 600_000
RESULT = Result(b"{}", b"png")
QUOTA = Quota("client", "client:x", Window(10, 3600))


@pytest.fixture
def store(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def proxy(redis_url):
    with redis_proxy(redis_url) as running:
        yield running


@pytest.fixture
def redis_stores(proxy, redis_url, monkeypatch):
    """The stores behind the proxy, in a Redis that has loaded every script."""
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 10 * BUDGET_MS)
    with redis.Redis.from_url(redis_url) as direct:
        load_every_script(direct)
    with make_redis_client(proxy.url) as client:
        yield RedisStores.of(client)


def order(request_id, attempt=1):
    return Order(question=ASKED, request_id=request_id, attempt=attempt, budget_ms=1000)


def accepted(redis_stores):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, BUDGET_MS)
    return request_id


def test_an_acceptance_that_was_sent_twice_is_new(redis_stores, proxy):
    proxy.lose_replies()
    acceptance = redis_stores.requests.accept(str(uuid4()), ASKED, BUDGET_MS)
    assert (acceptance.is_new, proxy.changed) == (True, 1)


def test_another_call_with_the_same_id_does_not_dispatch_again(redis_stores, proxy):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ASKED, BUDGET_MS)
    proxy.lose_replies()
    assert not redis_stores.requests.accept(request_id, ASKED, BUDGET_MS).is_new


def test_an_acceptance_that_was_sent_twice_is_counted_once(redis_stores, proxy):
    quota_check = QuotaCheck((QUOTA,))
    proxy.lose_replies()
    redis_stores.requests.accept(str(uuid4()), ASKED, BUDGET_MS, quota_check)
    assert quota_check.left[0].remaining == 9


def test_a_refusal_that_was_sent_twice_is_counted_once(redis_stores, proxy):
    redis_stores.capacity.advertise("one", 0)
    quota_check = QuotaCheck((QUOTA,))
    proxy.lose_replies()
    with pytest.raises(Busy):
        redis_stores.requests.accept(str(uuid4()), ASKED, BUDGET_MS, quota_check)
    assert quota_check.left[0].remaining == 9


@pytest.mark.parametrize("stage", ["ingesting", "forecasting"])
def test_a_begin_that_was_sent_twice_begins_the_stage(redis_stores, proxy, stage):
    request_id = accepted(redis_stores)
    proxy.lose_replies()
    assert redis_stores.attempts.begin(order(request_id), stage) > 0
    assert redis_stores.attempts.begin(order(request_id), stage) == 0


def test_a_claim_that_was_sent_twice_costs_one_attempt(redis_stores, proxy, store):
    request_id = accepted(redis_stores)
    for attempt in (2, 3):
        store.zadd("leases", {request_id: 1})
        proxy.lose_replies()
        assert [claimed.attempt for claimed in redis_stores.attempts.reclaim(10)] == [attempt]
    assert redis_stores.requests.read(request_id).failure is None


def test_claims_whose_replies_are_lost_twice_run_out(redis_stores, proxy, store):
    request_id = accepted(redis_stores)
    store.zadd("leases", {request_id: 1})
    proxy.lose_replies(times=2)
    with pytest.raises(Busy):
        redis_stores.attempts.reclaim(10)
    assert redis_stores.attempts.reclaim(10) == []


@pytest.mark.parametrize("end", ["finish", "fail"])
def test_an_end_that_was_sent_twice_is_confirmed(redis_stores, proxy, end):
    request_id = accepted(redis_stores)
    proxy.lose_replies()
    if end == "finish":
        assert redis_stores.attempts.finish(order(request_id), "result:x", RESULT)
    else:
        assert redis_stores.attempts.fail(order(request_id), ProviderUnavailable())
    assert redis_stores.requests.read(request_id).ended


def test_a_quota_is_counted_once(redis_stores, proxy):
    with make_redis_client(proxy.url) as client:
        quotas, quota_check = RateWindows(client), QuotaCheck((QUOTA,), cost=4)
        quotas.check(quota_check)
        proxy.lose_replies()
        quotas.check(quota_check)
        assert quota_check.left[0].remaining == 2
        proxy.lose_replies()
        with pytest.raises(RateLimited):
            quotas.check(quota_check)


def test_a_call_of_a_provider_is_counted_once(redis_stores, proxy):
    window = Window(10, 3600)
    with make_redis_client(proxy.url) as client:
        limits = ProviderLimits(client)
        limits.count_call("tiingo", (window,))
        proxy.lose_replies()
        assert limits.count_call("tiingo", (window,)) == 0
        assert limits.count_left("tiingo", window) == 8


def test_a_failure_of_a_provider_is_counted_once(redis_stores, proxy):
    with make_redis_client(proxy.url) as client:
        limits = ProviderLimits(client)
        limits.note_failure("tiingo")
        for _ in range(FAILURES_BEFORE_PAUSE - 2):
            proxy.lose_replies()
            limits.note_failure("tiingo")
        assert paused_s(limits, "tiingo") == 0
        limits.note_failure("tiingo")
        assert paused_s(limits, "tiingo") > 0


def test_an_acquisition_that_was_sent_twice_holds_the_lock(redis_stores, proxy):
    with make_redis_client(proxy.url) as client, hold_lock(client, "refreshing:AAPL", 0) as held:
        assert held
    proxy.lose_replies()
    with make_redis_client(proxy.url) as client, hold_lock(client, "refreshing:AAPL", 0) as held:
        assert held
        with hold_lock(client, "refreshing:AAPL", 0) as held_twice:
            assert not held_twice
