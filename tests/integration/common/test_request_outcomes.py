"""Each end of a request is counted once in Redis, by its kind and its outcome, and new forecasts are timed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from common.domain.errors import Busy, Cancelled, Failure, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.evaluations.question import EvaluationQuestion
from common.domain.questions import ForecastQuestion
from common.redis.client.connections import make_redis_client
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.requests.results import Result
from common.redis.stores import RedisStores
from common.rpc.messages import Order
from test_support.network.ports import free_port
from webserver.requests.outcome_metrics import OutcomeMetrics

ASKED = ForecastQuestion(ticker="AAPL", days=30)


@pytest.fixture
def stores(redis_client, monkeypatch):
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 6_000_000)
    redis_client.delete("request_outcomes")
    return RedisStores.of(redis_client)


def begun(stores, question=ASKED):
    request_id = str(uuid4())
    stores.requests.accept(request_id, question, 600_000)
    return Order(question=question, request_id=request_id, attempt=1, budget_ms=1000)


def finish(stores, order):
    assert stores.attempts.finish(order, f"result:{uuid4()}", Result(b"{}"))


def ends(stores):
    return {name: number for name, number in stores.outcomes.read().ends.items() if number}


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (UnknownTicker(), "unanswerable"),
        (TooLittleData(), "unanswerable"),
        (ProviderUnavailable(), "no_source"),
        (Busy(), "failed"),
        (Failure(), "failed"),
        (Cancelled(), "cancelled"),
    ],
)
def test_a_failure_is_counted_by_its_cause(stores, failure, outcome):
    assert stores.attempts.fail(begun(stores), failure)
    assert ends(stores) == {("forecast", outcome): 1}
    assert sum(stores.outcomes.read().cold.values()) == 0


def test_an_end_is_counted_once_although_it_is_repeated_and_a_follower_is_counted_too(stores):
    order = begun(stores)
    follower = begun(stores)
    finish(stores, order)
    finish_again = stores.attempts.fail(order, Busy())
    stores.requests.cancel(follower.request_id)
    assert not finish_again
    assert ends(stores) == {("forecast", "done"): 2}


def test_a_cancelled_request_is_counted_as_that(stores):
    stores.requests.cancel(begun(stores).request_id)
    assert ends(stores) == {("forecast", "cancelled"): 1}


def test_a_request_past_its_deadline_is_counted_as_failed_whoever_notices_it(stores, redis_client):
    order = begun(stores)
    redis_client.hset(f"request:{order.request_id}", "deadline", "1")
    stores.requests.read_ended([order.request_id])
    assert ends(stores) == {("forecast", "failed"): 1}


def test_a_new_forecast_is_timed_from_its_acceptance(stores, redis_client):
    order = begun(stores)
    accepted = int(redis_client.hget(f"request:{order.request_id}", "accepted"))
    redis_client.hset(f"request:{order.request_id}", "accepted", accepted - 1_000_000)
    finish(stores, order)
    finish(stores, begun(stores))
    counts = stores.outcomes.read()
    assert counts.cold[None] == 1
    assert sum(counts.cold.values()) == 2
    assert counts.cold_ms >= 1_000_000


def test_a_record_of_an_older_version_is_counted_and_not_timed(stores, redis_client):
    order = begun(stores)
    redis_client.hdel(f"request:{order.request_id}", "accepted")
    finish(stores, order)
    assert ends(stores) == {("forecast", "done"): 1}
    assert sum(stores.outcomes.read().cold.values()) == 0


def test_long_work_is_counted_by_its_kind_and_not_timed(stores):
    question, request_id = EvaluationQuestion(ticker="AAPL"), str(uuid4())
    stores.requests.accept(request_id, question, QueueTimes(600_000, 60_000, 1000, 900_000), sender=Sender("somebody"))
    stores.requests.cancel(request_id)
    assert ends(stores) == {("evaluation", "cancelled"): 1}


@pytest.mark.parametrize("damage", [b"text", {"forecast:done": "no number"}, {"cold_ms": "1e3"}])
def test_damaged_counts_stop_no_end(stores, redis_client, damage):
    if isinstance(damage, bytes):
        redis_client.set("request_outcomes", damage)
    else:
        redis_client.hset("request_outcomes", mapping=damage)
    order = begun(stores)
    finish(stores, order)
    assert stores.requests.read(order.request_id).status == "done"
    finish(stores, begun(stores))
    assert stores.outcomes.read().ends["forecast", "done"] >= 1


def test_each_scrape_reports_the_counts_with_zeros_and_none_without_redis(stores):
    finish(stores, begun(stores))
    ended, cold = OutcomeMetrics(stores.outcomes).collect()
    samples = {tuple(sample.labels.values()): sample.value for sample in ended.samples}
    assert (samples["forecast", "done"], samples["report", "failed"]) == (1, 0)
    assert [sample.value for sample in cold.samples if sample.labels.get("le") == "+Inf"] == [1]
    away = RedisStores.of(make_redis_client(f"redis://127.0.0.1:{free_port()}"))
    assert list(OutcomeMetrics(away.outcomes).collect()) == []
