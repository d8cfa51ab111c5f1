"""A stored result answers a later request only if it depends on nothing but the prices of the question's ticker."""

from datetime import date

import pytest

from common.domain.evaluations.question import EvaluationQuestion
from common.domain.kinds import CostClass
from common.domain.patterns.questions import CandleSearch, PatternQuestion
from common.redis.price_notes import PricesPointer
from common.redis.requests.batch_store import BatchMember
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from common.redis.stores import RedisStores
from tests.integration.common.test_records import BUDGET_MS, new_id

DAY, REVISION = date(2013, 3, 1), "a" * 64
TIMES = QueueTimes(BUDGET_MS, BUDGET_MS, 0, BUDGET_MS)
CANDLES = (CandleSearch(type="candles", candles="G G"),)
OF_ONE_STOCK = [
    EvaluationQuestion(ticker="AAPL", models=("ets", "prophet:0.5", "regression")),
    PatternQuestion(ticker="AAPL", patterns=CANDLES),
    PatternQuestion(ticker="AAPL", patterns=CANDLES, tickers=("AAPL",)),
]
OF_MORE = [
    EvaluationQuestion(ticker="AAPL", models=("regression",), others=("MSFT",)),
    EvaluationQuestion(ticker="AAPL", models=("ets", "of_a_user")),
    PatternQuestion(ticker="AAPL", patterns=CANDLES, tickers=("AAPL", "MSFT")),
    PatternQuestion(ticker="AAPL", patterns=CANDLES, all=True),
]


@pytest.fixture
def redis_stores(redis_client, monkeypatch):
    """Return the stores, with leases that no slow machine lets run out, a worker, and current prices of AAPL."""
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 10 * BUDGET_MS)
    stores = RedisStores.of(redis_client)
    stores.capacity.advertise("service", 1, CostClass.LONG)
    stores.price_notes.set_prices_pointer("AAPL", PricesPointer(REVISION, DAY), BUDGET_MS)
    return stores


def accept(stores, question):
    return stores.requests.accept(new_id(), question, TIMES).record


def finish(stores, request_id, question, body, *, is_reusable=True):
    (order,) = stores.attempts.reclaim(10)
    assert order.request_id == request_id
    key = result_key(question, REVISION, DAY, body, is_reusable=is_reusable)
    assert stores.attempts.finish(order, key, Result(body, b""))
    return key


def finished(stores, question, body=b"{}"):
    request_id = accept(stores, question).request_id
    return request_id, finish(stores, request_id, question, body)


def accept_in_batch(stores, question):
    member = BatchMember(new_id(), question)
    assert stores.batches.accept(new_id(), "asked", [member], Sender("client"), TIMES)
    return stores.requests.read(member.request_id)


@pytest.mark.parametrize("accept_one", [accept, accept_in_batch])
@pytest.mark.parametrize("question", OF_ONE_STOCK, ids=repr)
def test_a_result_of_one_stock_answers_an_equal_question(redis_stores, question, accept_one):
    _, key = finished(redis_stores, question)
    record = accept_one(redis_stores, question)
    assert (record.status, record.result_key) == ("done", key)


@pytest.mark.parametrize("accept_one", [accept, accept_in_batch])
@pytest.mark.parametrize("question", OF_MORE, ids=repr)
def test_a_result_of_more_than_one_stock_is_computed_again(redis_stores, question, accept_one):
    finished(redis_stores, question)
    assert accept_one(redis_stores, question).status == "accepted"


@pytest.mark.parametrize("question", OF_ONE_STOCK, ids=repr)
def test_a_result_that_lacked_time_is_computed_again(redis_stores, question):
    request_id = accept(redis_stores, question).request_id
    key = finish(redis_stores, request_id, question, b"{}", is_reusable=False)
    assert redis_stores.results.result(key).body == b"{}"
    assert accept(redis_stores, question).status == "accepted"


@pytest.mark.parametrize("question", OF_MORE, ids=repr)
def test_two_results_of_one_question_are_both_kept(redis_stores, question):
    ends = [finished(redis_stores, question, body) for body in (b'{"of":"then"}', b'{"of":"now"}')]
    bodies = [redis_stores.results.result(redis_stores.requests.read(one).result_key).body for one, _ in ends]
    assert bodies == [b'{"of":"then"}', b'{"of":"now"}']


@pytest.mark.parametrize("question", OF_MORE, ids=repr)
def test_equal_requests_under_way_share_one_result(redis_stores, question):
    first, second = accept(redis_stores, question).request_id, accept(redis_stores, question).request_id
    key = finish(redis_stores, first, question, b"{}")
    assert [redis_stores.requests.read(one).result_key for one in (first, second)] == [key, key]
