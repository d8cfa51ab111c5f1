"""A kind of analysis that a test adds has every guarantee of a forecast."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from common.domain.errors import Busy, ForecastFailed, InvalidRequest
from common.domain.kinds import KINDS, CostClass
from common.domain.progress import WorkProgress
from common.redis.leases import LeaseKeeper
from common.redis.requests.attempts import AttemptStore
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.requests.stored_questions import parse_question, parse_question_for_display
from common.redis.schema.lifetimes import MOST_LONG_WAITING
from common.rpc.addresses import Address
from common.rpc.messages import decode_order
from common.rpc.tcp import OrderServer
from common.s3.price_store import PriceStore, make_s3_client
from forecast_service.service import ForecastOrderHandler
from forecast_service.workers.pool import WorkerPool
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.service import IngestionService
from test_support.waiting import until
from tests.conftest import BUCKET, s3_environment
from tests.integration.project import countdown
from tests.integration.webserver.test_prices_api import series
from webserver import app as web_app
from webserver.settings import WebSettings

ANYWHERE = Address("127.0.0.1", 0)
PATIENCE_S = 60.0
URL = "/api/v1/countdowns"


@pytest.fixture(autouse=True)
def _countdown(monkeypatch):
    """Register the kind."""
    monkeypatch.setitem(KINDS, "countdown", countdown.COUNTDOWN)


@pytest.fixture(scope="module")
def loop():
    """An event loop in its own thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def run(loop, work):
    return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_S)


@pytest.fixture(scope="module")
def pools(loop, s3_server_url):
    """The worker processes of the module."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_environment(s3_server_url).items():
            patch.setenv(name, value)

        async def start():
            pools = {cost: WorkerPool(BUCKET, 1, cost=cost) for cost in CostClass}
            for pool in pools.values():
                pool.start()
                await pool.ready()
            return pools

        pools = run(loop, start())
        yield pools
        for pool in pools.values():
            run(loop, pool.stop())


@contextmanager
def services(loop, redis_stores, store, pools) -> Iterator[Address]:
    """Run ingestion and the forecast service; yield the address of ingestion."""
    leases = LeaseKeeper(redis_stores.attempts)
    leases.start()

    async def start():
        handler = ForecastOrderHandler(redis_stores, leases, pools)
        forecast = OrderServer(handler.take)
        address = await forecast.start(ANYWHERE)
        prices = PriceKeeper(redis_stores, store, [], timedelta(days=36_500), 5.0)
        ingestion = IngestionService(redis_stores.attempts, leases, prices, None, address)
        server = OrderServer(ingestion.take)
        await handler.advertise_capacity()
        handler.capacity.start()
        ingestion.recovery.start()
        return await server.start(ANYWHERE), (server, forecast), handler, ingestion

    address, servers, handler, ingestion = run(loop, start())
    try:
        yield address
    finally:
        run(loop, ingestion.recovery.stop())
        run(loop, handler.capacity.stop())
        for server in servers:
            run(loop, server.stop())
        run(loop, ingestion.drain())
        run(loop, handler.drain())
        leases.stop()


@pytest.fixture
def client(loop, redis_stores, redis_url, s3_bucket, pools):
    s3 = make_s3_client()
    store = PriceStore(s3, s3_bucket)
    store.write(series(ticker="AAPL", rows=300), fetched_at=datetime.now(UTC), replacing=None)
    with services(loop, redis_stores, store, pools) as ingestion:
        app = web_app.create_app(WebSettings(redis_url=redis_url, ingestion_address=ingestion))
        with app.test_client() as client:
            yield client
            cancel_all(redis_stores)
    s3.close()


def cancel_all(redis_stores):
    """End what a test left under way, so that the services drain."""
    ids = [key.decode().removeprefix("request:") for key in redis_stores.requests._redis.scan_iter("request:*")]
    redis_stores.requests.cancel_all(ids)


def ask(client, *, wait="wait=60", **question):
    return client.post(URL, json={"ticker": "AAPL", "steps": 3} | question, headers={"Prefer": wait})


def state(client, request_id):
    return client.get(f"{URL}/{request_id}").json


def test_a_new_kind_is_answered_end_to_end(client):
    answer = ask(client)
    assert (answer.status_code, answer.json["status"], answer.json["steps"]) == (200, "done", 3)
    request_id = answer.json["request_id"]
    assert answer.headers["Location"] == f"{URL}/{request_id}"
    assert state(client, request_id) == answer.json
    assert client.get(f"/api/v1/forecasts/{request_id}").status_code == 404


def test_an_unknown_id_and_one_of_another_kind_have_the_same_answer(client):
    forecast = client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 31}).json["request_id"]
    for request_id in (forecast, uuid4()):
        url = f"{URL}/{request_id}"
        answers = [client.get(url), client.delete(url), client.post(f"{url}:share"), client.get(f"{url}/events")]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert {answer.json["detail"].partition(".")[0] for answer in answers} == {"No countdown has this id"}


def test_an_equal_question_is_answered_by_the_stored_result(client, redis_stores):
    first = ask(client).json["request_id"]
    again = ask(client).json["request_id"]
    records = [redis_stores.requests.read(one) for one in (first, again)]
    assert first != again
    assert records[0].result_key == records[1].result_key
    assert [record.attempt for record in records] == [1, 0]


def test_an_equal_question_under_way_is_joined(client, redis_stores):
    first = ask(client, wait="wait=0", steps=2, step_s=0.5).json["request_id"]
    assert ask(client, steps=2, step_s=0.5).json["status"] == "done"
    assert redis_stores.requests.read(first).status == "done"


def test_the_progress_has_a_fraction_and_a_step(client):
    request_id = ask(client, wait="wait=0", steps=100, step_s=0.05).json["request_id"]
    until(lambda: state(client, request_id)["progress"], PATIENCE_S, "there is no progress")
    shown = state(client, request_id)
    assert shown["status"] == "computing"
    assert shown["step"] == f"step {round(shown['progress'] * 100) + 1} of 100"
    assert "days" not in shown


def test_the_event_stream_has_the_progress(client):
    request_id = ask(client, wait="wait=0", steps=10, step_s=0.1).json["request_id"]
    lines = client.get(f"{URL}/{request_id}/events").text.splitlines()
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    steps = [one["step"] for one in data if one["step"]]
    assert len(set(steps)) > 2
    assert data[-1]["status"] == "done"


def test_cancelling_ends_the_work(client, loop, pools):
    request_id = ask(client, wait="wait=0", steps=1, step_s=3600.0).json["request_id"]
    until(lambda: state(client, request_id)["step"], PATIENCE_S, "it does not begin")
    assert client.delete(f"{URL}/{request_id}").json["status"] == "cancelled"
    # The worker is killed, and takes the next task.
    assert ask(client).json["status"] == "done"


def test_a_batch_has_requests_of_several_kinds(client):
    requests = [{"ticker": "AAPL", "days": 33}, {"kind": "countdown", "ticker": "AAPL", "steps": 4}, {"kind": "other"}]
    url = client.post("/api/v1/batches", json={"requests": requests}).json["url"]
    until(lambda: client.get(url).json["status"] == "ended", PATIENCE_S, "it does not end")
    forecast, counted, wrong = client.get(f"{url}?results=true").json["requests"]
    assert forecast["result"]["days"] == 33
    assert counted["result"]["steps"] == 4
    assert (wrong["status"], wrong["code"]) == ("failed", "invalid_request")


def test_a_wrong_question_is_refused_with_a_reason(client):
    answer = ask(client, steps="three")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert "steps" in answer.json["detail"]
    assert ask(client, colour="blue").json["detail"].startswith("Unknown field colour.")


def test_fifty_waiting_requests_hold_up_no_forecast(client, redis_stores):
    waiting = [ask(client, wait="wait=0", steps=1, step_s=1000.0 + each).json["request_id"] for each in range(50)]
    forecast = client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30})
    assert (forecast.status_code, forecast.json["status"]) == (200, "done")
    statuses = [redis_stores.requests.read(one).status for one in waiting]
    assert sum(status != "accepted" for status in statuses) <= 1, "one worker carries out one of them"


def test_a_request_whose_worker_dies_gets_another_attempt(client, redis_stores, pools):
    request_id = ask(client, wait="wait=0", steps=1, step_s=2.0).json["request_id"]
    until(lambda: state(client, request_id)["step"], PATIENCE_S, "it does not begin")
    (worker,) = pools[CostClass.LONG]._workers
    for process in list(worker._pool._pool_manager.worker_manager.workers.values()):
        process.kill()
    until(lambda: state(client, request_id)["status"] == "done", PATIENCE_S, "it does not end")
    assert redis_stores.requests.read(request_id).attempt == 2


TIMES = QueueTimes(60_000, 60_000, 60_000, 3_600_000)


@pytest.fixture
def stores(redis_stores):
    """The stores, with one worker for long work."""
    redis_stores.capacity.advertise("service", 1, CostClass.LONG)
    return redis_stores


def accept(stores, client, steps):
    """Accept a request of long work; return its record."""
    question = countdown.CountdownQuestion(ticker="AAPL", steps=steps)
    accepted = stores.requests.accept(str(uuid4()), question, TIMES, sender=Sender(client))
    assert accepted.is_queued
    return accepted.record


def begin_next(stores):
    """Claim the request that has begun, and end it; return its id."""
    (order,) = stores.attempts.reclaim(10)
    stores.attempts.fail(order, ForecastFailed())
    return order.request_id


def test_clients_take_turns_with_long_work(stores):
    many = [accept(stores, "one", steps).request_id for steps in range(3)]
    other = accept(stores, "other", 9).request_id
    assert [begin_next(stores) for _ in range(4)] == [many[0], many[1], other, many[2]]


def test_a_waiting_request_has_a_later_deadline(stores):
    first, second, third = (accept(stores, "one", steps) for steps in range(3))
    # The first begins at once, so that none waits before the second.
    assert [first.remaining_ms, second.remaining_ms, third.remaining_ms] == [60_000, 60_000, 120_000]


def test_too_many_waiting_requests_are_refused(stores, monkeypatch):
    for steps in range(MOST_LONG_WAITING + 1):
        accept(stores, f"client {steps}", steps)
    with pytest.raises(Busy):
        accept(stores, "one more", MOST_LONG_WAITING + 1)


def test_a_cancelled_request_in_the_queue_never_begins(stores):
    first, second, third = (accept(stores, "one", steps).request_id for steps in range(3))
    stores.requests.cancel(second)
    assert [begin_next(stores) for _ in range(2)] == [first, third]


def test_a_version_without_the_kind_leaves_the_request_to_a_newer_one(stores, redis_client, monkeypatch):
    older_attempts = AttemptStore(redis_client)
    request_id = accept(stores, "one", 3).request_id
    with monkeypatch.context() as older:
        older.delitem(KINDS, "countdown")
        parse_question.cache_clear()
        parse_question_for_display.cache_clear()
        assert older_attempts.reclaim(10) == []
        assert not stores.requests.read(request_id).ended
        with pytest.raises(InvalidRequest):
            decode_order(b'{"kind": "countdown", "ticker": "AAPL"}')
    assert len(stores.attempts.reclaim(10)) == 1


def test_progress_of_an_earlier_attempt_is_refused(stores):
    accept(stores, "one", 3)
    (order,) = stores.attempts.reclaim(10)
    assert stores.attempts.report(order, WorkProgress(0.5, "half"))
    assert stores.requests.read(order.request_id).progress == WorkProgress(0.5, "half")
    assert not stores.attempts.report(order.model_copy(update={"attempt": 2}), WorkProgress(0.6, "more"))
    assert stores.requests.read(order.request_id).progress == WorkProgress(0.5, "half")
