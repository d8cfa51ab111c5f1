"""Requests to the ingestion service while a dependency fails."""

import asyncio
from dataclasses import replace
from itertools import repeat
from uuid import uuid4

import pytest

from common.domain.errors import InvalidDays, InvalidRequest, InvalidTicker, ProviderUnavailable
from common.domain.kinds import FORECAST, KINDS, CostClass
from common.domain.questions import ForecastQuestion
from common.redis.client.failures import RedisAway
from common.redis.leases import LeaseKeeper
from common.redis.schema.lifetimes import MAX_ATTEMPTS
from common.rpc.addresses import Address
from common.rpc.messages import Order, make_accepted_reply
from common.rpc.tcp import OrderServer
from ingestion_service.service import IngestionService

QUESTION = ForecastQuestion(ticker="AAPL", days=30)


class FailingPrices:
    def __init__(self, failure):
        self._failure = failure

    def read_pointed_version(self, ticker):
        return None

    def find_fresh_version(self, ticker):
        return None

    def ensure_fresh(self, ticker, budget_s, *, lock_wait_s):
        raise self._failure


def run_with_failing_prices(redis_stores, failure):
    """Return the record of a request whose price look-up failed with ``failure``."""
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, QUESTION, 30_000)

    async def work():
        service = IngestionService(
            redis_stores.attempts,
            LeaseKeeper(redis_stores.attempts),
            FailingPrices(failure),
            None,
            Address("127.0.0.1", 1),
        )
        await service.take(Order(question=QUESTION, request_id=request_id, attempt=1, budget_ms=30_000))
        await service.drain()

    asyncio.run(work())
    return redis_stores.requests.read(request_id)


def test_an_outage_of_redis_leaves_the_request_to_its_lease(redis_stores):
    assert run_with_failing_prices(redis_stores, RedisAway()).status == "ingesting"


@pytest.mark.parametrize("failure", [ProviderUnavailable(), RuntimeError("broken")])
def test_any_other_failure_ends_the_request(redis_stores, failure):
    assert run_with_failing_prices(redis_stores, failure).status == "failed"


class StoredPrices:
    """A price keeper with one stored revision."""

    def read_pointed_version(self, ticker):
        return "a" * 64


def deliver_to_replies(redis_stores, refusals, budget_ms):
    """Return the record of a request whose order gets these replies of forecast services, one after the other."""
    request_id, refusals = str(uuid4()), iter(refusals)
    redis_stores.requests.accept(request_id, QUESTION, budget_ms)

    async def reply(order):
        for refusal in refusals:
            raise refusal
        await asyncio.to_thread(redis_stores.attempts.begin, order, "forecasting")
        return make_accepted_reply(order.request_id)

    async def work():
        forecast = OrderServer(reply)
        address = await forecast.start(Address("127.0.0.1", 0))
        service = IngestionService(
            redis_stores.attempts, LeaseKeeper(redis_stores.attempts), StoredPrices(), None, address
        )
        await service.take(Order(question=QUESTION, request_id=request_id, attempt=1, budget_ms=budget_ms))
        await service.drain()
        await forecast.stop()

    asyncio.run(work())
    return redis_stores.requests.read(request_id)


def test_an_order_that_older_forecast_services_do_not_understand_reaches_a_newer_one(redis_stores):
    record = deliver_to_replies(redis_stores, [InvalidRequest(), InvalidDays(), InvalidTicker()], 30_000)
    assert (record.status, record.failure) == ("forecasting", None)


def test_an_order_that_no_forecast_service_understands_ends_with_a_reason_by_its_deadline(redis_stores):
    record = deliver_to_replies(redis_stores, repeat(InvalidRequest()), 3_000)
    assert (record.status, record.failure.code) == ("failed", "deadline_exceeded")


def test_a_service_that_stops_requeues_long_work_that_it_cannot_deliver(redis_stores, monkeypatch):
    monkeypatch.setitem(KINDS, FORECAST.name, replace(FORECAST, cost=CostClass.LONG))
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, QUESTION, 600_000)

    async def work():
        nowhere = Address("127.0.0.1", 1)
        service = IngestionService(
            redis_stores.attempts, LeaseKeeper(redis_stores.attempts), StoredPrices(), None, nowhere
        )
        await service.take(Order(question=QUESTION, request_id=request_id, attempt=1, budget_ms=600_000))
        async with asyncio.timeout(60):
            await service.drain()

    asyncio.run(work())
    for attempt in range(2, MAX_ATTEMPTS + 2):
        (order,) = redis_stores.attempts.reclaim(10)
        assert order.attempt == attempt, "the first attempt does not count"
        redis_stores.attempts.requeue(order)
    assert redis_stores.attempts.reclaim(10) == []
