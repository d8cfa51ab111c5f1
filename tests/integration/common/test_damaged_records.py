"""A damaged record, or one of another version, does not affect other records."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
import redis

from common.domain.errors import Busy, NotFound, ProviderUnavailable
from common.domain.questions import ForecastQuestion, hash_canonical
from common.redis.leases import LeaseKeeper
from common.redis.requests.attempts import AttemptStore
from common.redis.requests.results import Result
from common.rpc.addresses import Address
from common.rpc.messages import Order
from ingestion_service.service import IngestionService
from webserver.requests.completion_poller import CompletionPoller

ASKED = ForecastQuestion(ticker="AAPL", days=30)
GOOD = ForecastQuestion(ticker="MSFT", days=30)
BUDGET_MS = 600_000


@pytest.fixture
def store(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


def put(name, value):
    return lambda store, key: store.hset(key, name, value)


def without(name):
    return lambda store, key: store.hdel(key, name)


def replaced_by(write):
    def damage(store, key):
        store.delete(key)
        write(store, key)

    return damage


def question(**fields):
    return json.dumps({"ticker": "AAPL", "days": 30, "model": "blend", "level": 0.8} | fields)


ENDED_BY_ITSELF = {
    "bad question": put("question", "{"),
    "question is a list": put("question", "[]"),
    "deeply nested question": put("question", "[" * 5000),
    "incomplete question": put("question", '{"ticker":"AAPL"}'),
    "non-UTF-8 question": put("question", b"\xff\xfe{"),
    "empty question": put("question", ""),
    "wrong type in question": put("question", question(days="30")),
    "unknown model": put("question", question(model="oracle")),
    "no deadline": without("deadline"),
    "no question": without("question"),
    "no attempt": without("attempt"),
    "no status": without("status"),
    "attempt is no number": put("attempt", "x"),
    "attempt is negative": put("attempt", "-3"),
    "attempt is a fraction": put("attempt", "1.5"),
    "attempt is too large": put("attempt", "1e9"),
    "deadline is no number": put("deadline", "soon"),
    "deadline is infinite": put("deadline", "inf"),
    "deadline is not a number": put("deadline", "nan"),
    "deadline is years away": put("deadline", "99999999999999"),
    "only an unknown field": replaced_by(lambda store, key: store.hset(key, "colour", "red")),
}
DROPPED = {
    "a string": replaced_by(lambda store, key: store.set(key, "x")),
    "a list": replaced_by(lambda store, key: store.rpush(key, "x")),
    "a set": replaced_by(lambda store, key: store.sadd(key, "x")),
    "gone": lambda store, key: store.delete(key),
}
SERVED = {
    "a field more": put("question", question(colour=None)),
    "another order of fields": put("question", '{"level":0.8,"model":"blend","days":30,"ticker":"AAPL"}'),
    "without what has its default": put("question", '{"days":30,"ticker":"AAPL"}'),
    "no key": without("question_key"),
    "a key of an older version": put("question_key", "AAPL:30:blend:0.8"),
    "a record's field more": put("colour", "red"),
    "no stage begun": without("begun"),
    "stage begun is no number": put("begun", "x"),
    "overdue since no number": put("overdue_since", "x"),
}


def accepted(redis_stores, asked=ASKED):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, asked, BUDGET_MS)
    return request_id


def lost(store, request_id):
    store.zadd("leases", {request_id: 1})


def damaged_beside_a_good_one(redis_stores, store, damage):
    bad, good = accepted(redis_stores), accepted(redis_stores, GOOD)
    damage(store, f"request:{bad}")
    for request_id in (bad, good):
        lost(store, request_id)
    return bad, good


@pytest.mark.parametrize("shape", ENDED_BY_ITSELF)
def test_a_damaged_record_ends_by_itself_and_others_are_claimed(redis_stores, store, shape):
    bad, good = damaged_beside_a_good_one(redis_stores, store, ENDED_BY_ITSELF[shape])
    assert [order.request_id for order in redis_stores.attempts.reclaim(10)] == [good]
    record = redis_stores.requests.read(bad)
    assert (record.status, record.failure.code) == ("failed", "forecast_failed")
    assert "again" in record.failure.detail
    assert store.zscore("leases", bad) is None
    assert store.pttl(f"request:{bad}") > 0


@pytest.mark.parametrize("shape", DROPPED)
def test_a_value_of_another_type_is_removed_and_others_are_claimed(redis_stores, store, shape):
    bad, good = damaged_beside_a_good_one(redis_stores, store, DROPPED[shape])
    assert [order.request_id for order in redis_stores.attempts.reclaim(10)] == [good]
    assert store.zscore("leases", bad) is None
    with pytest.raises(NotFound):
        redis_stores.requests.read(bad)
    assert redis_stores.requests.accept(bad, GOOD, BUDGET_MS).record.question == GOOD


@pytest.mark.parametrize("shape", SERVED)
def test_a_record_that_another_version_wrote_is_served(redis_stores, store, shape):
    bad, good = damaged_beside_a_good_one(redis_stores, store, SERVED[shape])
    orders = {order.request_id: order for order in redis_stores.attempts.reclaim(10)}
    assert orders.keys() == {bad, good}
    assert orders[bad].question == ASKED
    assert not redis_stores.requests.accept(bad, ASKED, BUDGET_MS).is_new
    assert redis_stores.attempts.begin(orders[bad], "ingesting") > 0
    assert redis_stores.attempts.begin(orders[bad], "forecasting") > 0
    assert redis_stores.attempts.finish(orders[bad], "result:x", Result(b"{}", b"png"))
    assert redis_stores.requests.read(bad).status == "done"


@pytest.mark.parametrize("member", ["no-uuid", "", b"\xff\xfe", "x" * 500])
def test_an_invalid_id_is_dropped(redis_stores, store, member):
    bad, good = accepted(redis_stores), accepted(redis_stores, GOOD)
    key = b"request:" + (member if isinstance(member, bytes) else member.encode())
    store.rename(f"request:{bad}", key)
    store.zadd("leases", {member: 1})
    lost(store, good)
    assert [order.request_id for order in redis_stores.attempts.reclaim(10)] == [good]
    assert store.hget(key, "status") == b"failed"
    assert store.zscore("leases", member) is None


@pytest.mark.parametrize("shape", ENDED_BY_ITSELF | DROPPED)
def test_every_call_handles_a_damaged_record(redis_stores, store, shape):
    damage = (ENDED_BY_ITSELF | DROPPED)[shape]

    def bad():
        request_id = accepted(redis_stores)
        damage(store, f"request:{request_id}")
        return request_id

    good = accepted(redis_stores, GOOD)
    one = bad()
    assert good not in redis_stores.attempts.renew({one: 1, good: 1})
    one = bad()
    assert good not in redis_stores.requests.read_ended([one, good])
    one = bad()
    assert redis_stores.requests.read_all([one, good])[1].status == "accepted"
    redis_stores.requests.cancel_all([bad(), good])
    assert redis_stores.requests.read(good).status == "cancelled"
    one = bad()
    order = Order(question=ASKED, request_id=one, attempt=1, budget_ms=1000)
    redis_stores.attempts.requeue(order)
    redis_stores.attempts.fail(order, ProviderUnavailable())
    redis_stores.attempts.finish(order, "result:y", Result(b"{}", b"png"))
    accepted_again = redis_stores.requests.accept(bad(), ASKED, BUDGET_MS)
    assert accepted_again.record.failure is None or accepted_again.record.failure.code == "forecast_failed"


@pytest.mark.parametrize("shape", ENDED_BY_ITSELF | DROPPED)
def test_followers_of_a_damaged_record_continue(redis_stores, store, shape):
    leader, follower = accepted(redis_stores), accepted(redis_stores)
    (ENDED_BY_ITSELF | DROPPED)[shape](store, f"request:{leader}")
    lost(store, leader)
    redis_stores.attempts.reclaim(10)
    if shape in DROPPED:  # whatever knew of the followers is gone with it: the next search finds them
        lost(store, follower)
    claimed = [order.request_id for order in redis_stores.attempts.reclaim(10)]
    assert claimed in ([follower], [])
    assert redis_stores.requests.read(follower).failure is None
    assert redis_stores.attempts.finish(
        Order(
            question=ASKED,
            request_id=follower,
            attempt=redis_stores.requests.read(follower).attempt,
            budget_ms=1000,
        ),
        "result:z",
        Result(b"{}", b"png"),
    )


@pytest.mark.parametrize("shape", ENDED_BY_ITSELF | DROPPED)
def test_a_damaged_follower_does_not_prevent_the_end_of_its_leader(redis_stores, store, shape):
    leader, bad, good = (accepted(redis_stores) for _ in range(3))
    (ENDED_BY_ITSELF | DROPPED)[shape](store, f"request:{bad}")
    order = Order(question=ASKED, request_id=leader, attempt=1, budget_ms=1000)
    assert redis_stores.attempts.finish(order, "result:x", Result(b"{}", b"png"))
    assert [redis_stores.requests.read(each).status for each in (leader, good)] == ["done", "done"]


DAMAGED_ENDS = {
    "result is no UTF-8": {"status": "done", "result": b"result:\xff"},
    "no result": {"status": "done", "result": ""},
    "error is no UTF-8": {"status": "failed", "error": b"\xff"},
    "error is a list": {"status": "failed", "error": "[1]"},
    "question is lost": {"status": "done", "result": "result:x", "question": b"\xff"},
}


@pytest.mark.parametrize("shape", DAMAGED_ENDS)
def test_a_damaged_end_is_a_failure_and_others_are_read_with_it(redis_stores, store, shape):
    bad, good = accepted(redis_stores), accepted(redis_stores, GOOD)
    store.hset(f"request:{bad}", mapping=DAMAGED_ENDS[shape])
    store.hset(f"request:{good}", mapping={"status": "done", "result": "result:x"})
    for found in (
        redis_stores.requests.read_ended([bad, good]),
        dict(zip((bad, good), redis_stores.requests.read_all([bad, good]), strict=True)),
    ):
        assert (found[bad].status, found[bad].failure.code) == ("failed", "forecast_failed")
        assert (found[good].status, found[good].result_key) == ("done", "result:x")


def test_a_status_that_is_not_utf_8_is_a_failure_and_others_are_read_with_it(redis_stores, store):
    bad, good = accepted(redis_stores), accepted(redis_stores, GOOD)
    store.hset(f"request:{bad}", "status", b"\xff")
    one, other = redis_stores.requests.read_all([bad, good])
    assert (one.status, one.failure.code) == ("failed", "forecast_failed")
    assert other.status == "accepted"


@pytest.mark.parametrize("key", ["leases", "rooms", "ends", "clock", "batched", "batch_queue", "batch_clients"])
@pytest.mark.parametrize("value", ["string", "hash", "list", "zset"])
def test_a_shared_key_of_another_type_is_replaced(redis_stores, store, key, value):
    store.delete(key)
    {
        "string": lambda: store.set(key, "x"),
        "hash": lambda: store.hset(key, "x", "x"),
        "list": lambda: store.rpush(key, "x"),
        "zset": lambda: store.zadd(key, {"x": 1}),
    }[value]()
    good = accepted(redis_stores, GOOD)
    redis_stores.capacity.advertise("one", 10)
    lost(store, good) if store.type("leases") == b"zset" else redis_stores.requests.read(good)
    (order,) = redis_stores.attempts.reclaim(10)
    assert order.request_id == good
    assert redis_stores.attempts.finish(order, "result:x", Result(b"{}", b"png"))
    assert redis_stores.requests.read_ended([good])[good].status == "done"


class OneRefusal:
    """Scripts of which one call fails."""

    def __init__(self, scripts, name):
        self._scripts = scripts
        self._name = name

    def run(self, name, *call, **named):
        if name == self._name:
            self._name = None
            raise Busy
        return self._scripts.run(name, *call, **named)


@pytest.mark.parametrize("key_is_whole", [False, True])
def test_a_damaged_record_that_cannot_be_ended_leaves_the_other_claims(redis_stores, store, key_is_whole):
    """A record with a correct key is from a newer version, so its claim is given up; other records are ended."""
    bad, good = accepted(redis_stores), accepted(redis_stores, GOOD)
    unknown = {"ticker": "AAPL", "days": 30, "model": "oracle", "level": 0.8}
    key = hash_canonical(unknown) if key_is_whole else "x"
    store.hset(f"request:{bad}", mapping={"question": json.dumps(unknown), "question_key": key})
    for request_id in (bad, good):
        lost(store, request_id)
    redis_stores.attempts._scripts = OneRefusal(
        redis_stores.attempts._scripts, "attempts/give_up_claim" if key_is_whole else "attempts/fail"
    )
    (order,) = redis_stores.attempts.reclaim(10)
    assert (order.request_id, order.attempt) == (good, 2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda store: store.set("ends", "x"),
        lambda store: store.set("ends", b"\xff"),
        lambda store: store.set("ends", ""),
        lambda store: store.set("ends", "9" * 5000),
        lambda store: store.rpush("ends", "x"),
        lambda store: store.hset("ends", "x", "x"),
    ],
)
def test_a_wait_finds_an_end_while_the_count_of_ends_is_damaged(redis_stores, store, damage):
    good = accepted(redis_stores, GOOD)
    lost(store, good)
    (order,) = redis_stores.attempts.reclaim(10)
    assert redis_stores.attempts.finish(order, "result:x", Result(b"{}", b"png"))
    store.delete("ends")
    damage(store)
    assert (
        CompletionPoller(redis_stores.requests.count_ends, redis_stores.requests.read_ended).wait(good, 10.0).status
        == "done"
    )


class NoPrices:
    """A price keeper without prices."""

    def read_pointed_version(self, ticker):
        return None

    find_fresh_version = read_pointed_version

    def ensure_fresh(self, ticker, budget_s, *, lock_wait_s):
        raise ProviderUnavailable


def search_until(redis_stores, is_over):
    """Run ingestion's search for lost requests until ``is_over``."""

    async def searched():
        service = IngestionService(
            redis_stores.attempts, LeaseKeeper(redis_stores.attempts), NoPrices(), None, Address("127.0.0.1", 1)
        )
        service.recovery.start()
        async with asyncio.timeout(100):
            while not await asyncio.to_thread(is_over):  # noqa: ASYNC110 - Redis sets no event
                await asyncio.sleep(0.02)
        await service.recovery.stop()
        await service.drain()

    asyncio.run(searched())


@pytest.mark.parametrize("shape", [*ENDED_BY_ITSELF, *DROPPED])
def test_the_search_for_lost_requests_continues(redis_stores, store, shape):
    bad, good = damaged_beside_a_good_one(redis_stores, store, (ENDED_BY_ITSELF | DROPPED)[shape])

    search_until(redis_stores, lambda: redis_stores.requests.read(good).failure is not None)
    assert redis_stores.requests.read(good).failure.code == "provider_unavailable"
    assert store.zscore("leases", bad) is None


def test_a_record_that_disappears_before_its_attempt_does_not_end_the_search(redis_stores, store, monkeypatch):
    """Redis loses all data between the claim and the begin."""
    request_id = accepted(redis_stores)
    lost(store, request_id)
    claimed = AttemptStore.reclaim

    def claimed_then_lost(self, most):
        orders = claimed(self, most)
        if orders:
            store.flushall()
            monkeypatch.setattr(AttemptStore, "reclaim", claimed)
        return orders

    monkeypatch.setattr(AttemptStore, "reclaim", claimed_then_lost)

    good = []

    def has_ended():
        if AttemptStore.reclaim is claimed and not good:
            good.append(accepted(redis_stores, GOOD))
            lost(store, good[0])
        return good and redis_stores.requests.read(good[0]).failure is not None

    search_until(redis_stores, has_ended)
