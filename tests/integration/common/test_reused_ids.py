"""A reused id never gets the result of its earlier question after Redis lost the record."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from uuid import uuid4

import pytest
import redis

from common.domain.errors import ProviderUnavailable
from common.domain.questions import ForecastQuestion
from common.redis.price_notes import PricesPointer
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from common.rpc.messages import Order, make_accepted_reply
from tests.integration.common.test_tcp import serving
from webserver.app import create_app
from webserver.settings import WebSettings

VERSION = "a" * 64
BUDGET_MS = 600_000
LAST = date(2013, 3, 1)
LOSSES = {
    "all data": lambda store, _id: store.flushall(),
    "one record": lambda store, one: store.delete(f"request:{one}"),
    "records and results": lambda store, _id: store.delete(*store.keys("request:*"), *store.keys("result:*")),
}


@pytest.fixture
def store(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def processes(redis_stores, redis_url):
    """Yield three web processes, and an ingestion service whose results contain the days of their question."""

    async def take(order):
        result = Result(
            json.dumps({"days": order.question.days}).encode(), f"picture of {order.question.days}".encode()
        )
        key = result_key(order.question, VERSION, LAST)
        assert await asyncio.to_thread(redis_stores.attempts.finish, order, key, result)
        return make_accepted_reply(order.request_id)

    with serving(take) as ingestion:
        settings = WebSettings(redis_url=redis_url, ingestion_address=ingestion, request_deadline_s=30)
        yield [create_app(settings).test_client() for _ in range(3)]


def asked(client, request_id, days):
    return client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": days, "request_id": request_id})


def shown(client, request_id):
    url = f"/api/v1/forecasts/{request_id}"
    return client.get(url).json["days"], client.get(f"{url}/plot.png").data


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("is_known", [False, True])
def test_every_process_returns_the_result_of_the_new_question(processes, redis_stores, store, loss, is_known):
    """``is_known``: another request asked the new question before, so a result answers it at once."""
    for _ in range(5):
        request_id = str(uuid4())
        assert asked(processes[0], request_id, 30).json["days"] == 30
        for process in processes:
            assert shown(process, request_id) == (30, b"picture of 30")
        LOSSES[loss](store, request_id)
        if is_known:
            asked(processes[1], str(uuid4()), 31)
            redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer(VERSION, LAST), BUDGET_MS)
        # Each compares what it has just before the id is used again, so that it trusts that for longest.
        for process in processes:
            process.get(f"/api/v1/forecasts/{request_id}")
        assert asked(processes[0], request_id, 31).json["days"] == 31
        for process in processes:
            assert shown(process, request_id) == (31, b"picture of 31")


def test_a_batch_returns_the_result_of_the_new_question(processes, redis_stores, store):
    batch_id = str(uuid4())
    body = {"tickers": ["AAPL"], "request_id": batch_id}
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer(VERSION, LAST), BUDGET_MS)
    for days in (30, 31):
        asked(processes[1], str(uuid4()), days)
        posted = processes[0].post("/api/v1/forecasts:batch", json=body | {"days": days}).json
        (entry,) = posted["forecasts"]
        for process in processes:
            assert process.get(posted["url"]).json["days"] == days
            assert process.get(entry["url"]).json["days"] == days
        store.delete(f"batch:{batch_id}", f"request:{entry['request_id']}")


def order(request_id, days):
    return Order(question=ForecastQuestion(ticker="AAPL", days=days), request_id=request_id, attempt=1, budget_ms=1000)


def test_work_on_a_lost_request_does_not_end_another_request_of_its_id(redis_stores, store):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, ForecastQuestion(ticker="AAPL", days=30), BUDGET_MS)
    store.flushall()
    redis_stores.requests.accept(request_id, ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS)
    assert not redis_stores.attempts.finish(order(request_id, 30), "result:30", Result(b"{}", b"png"))
    assert not redis_stores.attempts.fail(order(request_id, 30), ProviderUnavailable())
    redis_stores.attempts.requeue(order(request_id, 30))
    assert redis_stores.attempts.reclaim(10) == []
    assert redis_stores.attempts.finish(order(request_id, 31), "result:31", Result(b"{}", b"png"))
    assert redis_stores.requests.read(request_id).result_key == "result:31"


def test_followers_of_a_lost_request_do_not_get_the_result_of_another_request_of_its_id(redis_stores, store):
    leader, follower, later = (str(uuid4()) for _ in range(3))
    for request_id in (leader, follower):
        redis_stores.requests.accept(request_id, ForecastQuestion(ticker="AAPL", days=30), BUDGET_MS)
    store.delete(f"request:{leader}")
    redis_stores.requests.accept(leader, ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS)
    assert redis_stores.requests.accept(later, ForecastQuestion(ticker="AAPL", days=30), BUDGET_MS).is_new
    assert redis_stores.attempts.finish(order(leader, 31), "result:31", Result(b"{}", b"png"))
    assert [redis_stores.requests.read(each).status for each in (follower, later)] == ["accepted", "accepted"]


def test_a_repeated_question_leaves_little_in_redis(redis_stores, store):
    question = ForecastQuestion(ticker="AAPL", days=30)
    first = str(uuid4())
    redis_stores.requests.accept(first, question, BUDGET_MS)
    redis_stores.attempts.finish(order(first, 30), result_key(question, VERSION, LAST), Result(b"{}", b"png"))
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer(VERSION, LAST), BUDGET_MS)
    repeated = str(uuid4())
    assert redis_stores.requests.accept(repeated, question, BUDGET_MS).record.status == "done"
    record = redis_stores.requests.read(repeated)
    assert (record.question, record.result_key, record.ended) == (
        question,
        redis_stores.requests.read(first).result_key,
        True,
    )
    assert not redis_stores.requests.accept(repeated, question, BUDGET_MS).is_new
    assert 3 * store.memory_usage(f"request:{repeated}") < store.memory_usage(f"request:{first}")
    before = store.info("memory")["used_memory"]
    for _ in range(1000):
        redis_stores.requests.accept(str(uuid4()), question, BUDGET_MS)
    assert store.info("memory")["used_memory"] - before < 1000 * 350
