"""The life cycle of a request in a real Redis: it reaches exactly one end, in any order of events."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from common.domain.errors import Busy, NotFound, ProviderUnavailable, RequestConflict, UnknownTicker
from common.domain.markets.dates import counting_start, exchange_day
from common.domain.questions import ForecastQuestion
from common.redis.client.connections import make_redis_client
from common.redis.price_notes import PricesPointer
from common.redis.requests.batch_store import BatchMember, StoredBatch
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from common.redis.schema.lifetimes import KEEP_MS
from common.redis.stores import RedisStores
from common.rpc.messages import Order

ASKED = ForecastQuestion(ticker="AAPL", days=30)
RESULT = Result(b'{"ticker":"AAPL"}', b"\x89PNG")
BUDGET_MS = 600_000
KEY = result_key(ASKED, "a" * 64, date(2013, 3, 1))


@pytest.fixture
def redis_stores(redis_client, monkeypatch):
    """Return the stores, with leases that run out only when a test ends them, even on a slow machine."""
    monkeypatch.setattr("common.redis.schema.lifetimes.LEASE_MS", 10 * BUDGET_MS)
    return RedisStores.of(redis_client)


def new_id():
    return str(uuid4())


def order(request_id, attempt=1, question=ASKED):
    return Order(question=question, request_id=request_id, attempt=attempt, budget_ms=1000)


def accepted(redis_stores, question=ASKED, budget_ms=BUDGET_MS):
    request_id = new_id()
    redis_stores.requests.accept(request_id, question, budget_ms)
    return request_id


def let_lease_run_out(redis_client, request_id):
    redis_client.zadd("leases", {request_id: 0})


def leases(redis_client):
    return {request_id.decode() for request_id in redis_client.zrange("leases", 0, -1)}


def test_a_new_request_has_to_be_dispatched_and_can_be_read(redis_stores):
    request_id = new_id()
    assert redis_stores.requests.accept(request_id, ASKED, BUDGET_MS).is_new
    record = redis_stores.requests.read(request_id)
    assert (record.question, record.status, record.attempt, record.ended) == (ASKED, "accepted", 1, False)
    assert BUDGET_MS / 2 < record.remaining_ms <= BUDGET_MS


def test_a_record_contains_how_long_its_id_is_reserved(redis_stores):
    request_id = new_id()
    redis_stores.requests.accept(request_id, ASKED, BUDGET_MS)
    assert KEEP_MS + BUDGET_MS / 2 < redis_stores.requests.read(request_id).kept_ms <= KEEP_MS + BUDGET_MS


def test_the_same_id_and_question_are_accepted_once(redis_stores):
    request_id = new_id()
    assert [redis_stores.requests.accept(request_id, ASKED, BUDGET_MS).is_new for _ in range(3)] == [True, False, False]


def test_the_same_id_with_another_question_is_a_conflict(redis_stores):
    request_id = accepted(redis_stores)
    with pytest.raises(RequestConflict):
        redis_stores.requests.accept(request_id, ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS)


def test_an_unknown_id_is_not_found(redis_stores):
    with pytest.raises(NotFound):
        redis_stores.requests.read(new_id())


def test_an_order_that_arrives_twice_is_begun_once(redis_stores):
    request_id = accepted(redis_stores)
    assert redis_stores.attempts.begin(order(request_id), "ingesting") > 0
    assert redis_stores.attempts.begin(order(request_id), "ingesting") == 0


def test_an_order_without_an_accepted_request_is_not_found(redis_stores):
    with pytest.raises(NotFound):
        redis_stores.attempts.begin(order(new_id()), "ingesting")


def test_an_order_with_another_question_than_its_request_is_a_conflict(redis_stores):
    request_id = accepted(redis_stores)
    with pytest.raises(RequestConflict):
        redis_stores.attempts.begin(order(request_id, question=ForecastQuestion(ticker="MSFT", days=9)), "ingesting")
    assert redis_stores.requests.read(request_id).status == "accepted"


def test_a_request_whose_lease_stays_overdue_ends_as_busy(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    let_lease_run_out(redis_client, request_id)
    assert redis_stores.requests.read(request_id).status == "accepted"
    redis_client.hincrby(f"request:{request_id}", "overdue_since", -BUDGET_MS)
    record = redis_stores.requests.read(request_id)
    assert (record.status, record.failure.code, record.failure.retry_after_s) == ("failed", "busy", 2)


def test_a_reclaimed_request_is_no_longer_overdue(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    let_lease_run_out(redis_client, request_id)
    redis_stores.requests.read(request_id)
    redis_client.hincrby(f"request:{request_id}", "overdue_since", -BUDGET_MS)
    assert len(redis_stores.attempts.reclaim(10)) == 1
    let_lease_run_out(redis_client, request_id)
    assert redis_stores.requests.read(request_id).status == "accepted"


def test_an_attempt_that_is_being_forecast_does_not_begin_ingestion_again(redis_stores):
    request_id = accepted(redis_stores)
    assert redis_stores.attempts.begin(order(request_id), "forecasting") > 0
    assert redis_stores.attempts.begin(order(request_id), "ingesting") == 0
    assert redis_stores.requests.read(request_id).status == "forecasting"


def test_a_result_and_its_chart_appear_together(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    assert redis_stores.attempts.finish(order(request_id), KEY, RESULT)
    record = redis_stores.requests.read(request_id)
    assert record.status == "done"
    assert redis_stores.results.result(record.result_key) == RESULT
    assert request_id not in leases(redis_client)


def test_every_key_but_the_leases_expires(redis_stores, redis_client):
    leader, follower = accepted(redis_stores), accepted(redis_stores)
    redis_stores.attempts.begin(order(leader), "ingesting")
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    assert follower
    mortal = [key for key in redis_client.keys("*") if key != b"leases"]
    assert len(mortal) == 6
    assert all(redis_client.pttl(key) > 0 for key in mortal)
    redis_stores.attempts.finish(order(leader), KEY, RESULT)
    assert all(redis_client.pttl(key) > 0 for key in redis_client.keys("*"))


def test_a_result_is_kept_at_least_as_long_as_a_record_that_points_to_it(redis_stores, redis_client):
    redis_stores.attempts.finish(order(accepted(redis_stores)), KEY, RESULT)
    redis_client.pexpire(KEY, KEEP_MS // 2)
    request_id = new_id()
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    assert not redis_stores.requests.accept(request_id, ASKED, BUDGET_MS).is_new
    assert redis_stores.requests.read(request_id).status == "done"
    assert redis_client.pttl(KEY) >= redis_client.pttl(f"request:{request_id}") - 50 > KEEP_MS


def test_a_write_from_an_older_attempt_is_refused(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    let_lease_run_out(redis_client, request_id)
    assert [claimed.attempt for claimed in redis_stores.attempts.reclaim(10)] == [2]
    assert redis_stores.attempts.finish(order(request_id, 1), KEY, RESULT) is False
    assert redis_stores.attempts.fail(order(request_id, 1), UnknownTicker()) is False
    assert redis_stores.attempts.finish(order(request_id, 2), KEY, RESULT) is True


def test_the_end_of_a_request_is_final(redis_stores):
    request_id = accepted(redis_stores)
    assert redis_stores.attempts.fail(order(request_id), UnknownTicker("never heard of it"))
    assert redis_stores.attempts.finish(order(request_id), KEY, RESULT) is False
    record = redis_stores.requests.read(request_id)
    assert (record.status, record.failure.code, record.failure.detail) == (
        "failed",
        "unknown_ticker",
        "never heard of it",
    )


def test_a_request_with_a_renewed_lease_is_not_reclaimed(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    let_lease_run_out(redis_client, request_id)
    assert redis_stores.attempts.renew({request_id: 1}) == []
    assert redis_stores.attempts.reclaim(10) == []
    assert redis_client.zscore("leases", request_id) > time.time() * 1000


def test_a_renewal_returns_the_requests_that_were_reclaimed(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    let_lease_run_out(redis_client, request_id)
    redis_stores.attempts.reclaim(10)
    assert redis_stores.attempts.renew({request_id: 1}) == [request_id]
    assert redis_stores.attempts.renew({request_id: 2}) == []


def test_a_requeued_request_is_reclaimed_at_once(redis_stores):
    request_id = accepted(redis_stores)
    redis_stores.attempts.requeue(order(request_id))
    (claimed,) = redis_stores.attempts.reclaim(10)
    assert (claimed.request_id, claimed.attempt, claimed.question) == (request_id, 2, ASKED)
    assert 0 < claimed.budget_ms <= BUDGET_MS


def test_one_of_many_replicas_reclaims_a_request(redis_stores, redis_client, redis_url):
    wanted = {accepted(redis_stores, ForecastQuestion(ticker="AAPL", days=days)) for days in range(1, 51)}
    for request_id in wanted:
        let_lease_run_out(redis_client, request_id)
    with ThreadPoolExecutor(8) as threads:
        replicas = [RedisStores.of(make_redis_client(redis_url)) for _ in range(8)]
        claims = [
            claim for got in threads.map(lambda replica: replica.attempts.reclaim(100), replicas) for claim in got
        ]
    assert sorted(claim.request_id for claim in claims) == sorted(wanted)


def test_a_request_fails_after_three_attempts(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    for _ in range(2):
        let_lease_run_out(redis_client, request_id)
        assert len(redis_stores.attempts.reclaim(10)) == 1
    let_lease_run_out(redis_client, request_id)
    assert redis_stores.attempts.reclaim(10) == []
    assert redis_stores.requests.read(request_id).failure.code == "worker_crashed"


def test_a_read_ends_a_request_past_its_deadline(redis_stores, redis_client):
    request_id = accepted(redis_stores, budget_ms=1)
    time.sleep(0.005)
    record = redis_stores.requests.read(request_id)
    assert (record.status, record.failure.code) == ("failed", "deadline_exceeded")
    assert request_id not in leases(redis_client)


def test_a_reclaim_ends_a_request_past_its_deadline(redis_stores, redis_client):
    request_id = accepted(redis_stores, budget_ms=1)
    time.sleep(0.005)
    assert redis_stores.attempts.reclaim(10) == []
    assert redis_client.hget(f"request:{request_id}", "status") == b"failed"


def test_a_result_after_the_deadline_does_not_count(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    redis_client.hset(f"request:{request_id}", "deadline", 1)
    assert redis_stores.attempts.finish(order(request_id), KEY, RESULT)
    assert redis_stores.requests.read(request_id).failure.code == "deadline_exceeded"


def test_a_lease_never_outlives_the_deadline(redis_stores, redis_client):
    request_id = accepted(redis_stores, budget_ms=500)
    redis_stores.attempts.begin(order(request_id), "ingesting")
    assert redis_client.zscore("leases", request_id) == float(redis_client.hget(f"request:{request_id}", "deadline"))


def test_an_identical_request_joins_the_one_under_way_and_shares_its_result(redis_stores):
    leader, follower = new_id(), new_id()
    assert redis_stores.requests.accept(leader, ASKED, BUDGET_MS).is_new
    assert not redis_stores.requests.accept(follower, ASKED, BUDGET_MS).is_new
    redis_stores.attempts.begin(order(leader), "forecasting")
    assert redis_stores.requests.read(follower).status == "forecasting"
    redis_stores.attempts.finish(order(leader), KEY, RESULT)
    assert [redis_stores.requests.read(each).result_key for each in (leader, follower)] == [KEY, KEY]


def test_another_question_does_not_join(redis_stores):
    accepted(redis_stores)
    assert redis_stores.requests.accept(new_id(), ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS).is_new


def test_a_request_after_the_end_does_not_join(redis_stores):
    redis_stores.attempts.fail(order(accepted(redis_stores)), ProviderUnavailable())
    assert redis_stores.requests.accept(new_id(), ASKED, BUDGET_MS).is_new


def test_followers_share_a_failure_that_is_due_to_the_data(redis_stores):
    leader, follower = accepted(redis_stores), accepted(redis_stores)
    redis_stores.attempts.fail(order(leader), UnknownTicker())
    assert redis_stores.requests.read(follower).failure.code == "unknown_ticker"


def test_followers_are_requeued_when_the_leader_fails(redis_stores):
    leader, *followers = (accepted(redis_stores) for _ in range(4))
    redis_stores.attempts.fail(order(leader), ProviderUnavailable())
    (claimed,) = redis_stores.attempts.reclaim(10)
    assert (claimed.request_id in followers, claimed.attempt) == (True, 1)
    redis_stores.attempts.finish(order(claimed.request_id, 1), KEY, RESULT)
    assert [redis_stores.requests.read(follower).status for follower in followers] == ["done"] * 3


def test_a_late_follower_keeps_its_own_deadline(redis_stores, redis_client):
    leader, follower = accepted(redis_stores), accepted(redis_stores)
    redis_client.hset(f"request:{leader}", "deadline", 1)
    assert redis_stores.requests.read(leader).failure.code == "deadline_exceeded"
    (claimed,) = redis_stores.attempts.reclaim(10)
    assert claimed.request_id == follower
    assert claimed.budget_ms > BUDGET_MS / 2


def test_a_lease_without_a_record_is_dropped(redis_stores, redis_client):
    redis_client.zadd("leases", {new_id(): 0})
    assert redis_stores.attempts.reclaim(10) == []
    assert leases(redis_client) == set()


def test_one_caller_at_a_time_refreshes_a_ticker(redis_stores):
    with redis_stores.price_notes.lock_refresh("AAPL", wait_s=100):
        with redis_stores.price_notes.lock_refresh("MSFT", wait_s=0):
            pass
        with pytest.raises(Busy), redis_stores.price_notes.lock_refresh("AAPL", wait_s=0):
            pass
    with redis_stores.price_notes.lock_refresh("AAPL", wait_s=0):
        pass


def test_invalidated_prices_stay_invalid_until_a_new_pointer_is_set(redis_stores):
    pointer = PricesPointer("a" * 64, date(2013, 3, 1))
    redis_stores.price_notes.set_prices_pointer("AAPL", pointer, BUDGET_MS)
    assert redis_stores.price_notes.read_prices_pointer("AAPL") == pointer
    redis_stores.price_notes.invalidate_prices("AAPL", "a" * 64)
    assert redis_stores.price_notes.read_prices_pointer("AAPL") is None
    assert redis_stores.price_notes.is_invalidated("AAPL", "a" * 64)
    assert not redis_stores.price_notes.is_invalidated("AAPL", "b" * 64)
    redis_stores.price_notes.set_prices_pointer("AAPL", pointer, BUDGET_MS)
    assert not redis_stores.price_notes.is_invalidated("AAPL", "a" * 64)


def test_without_redis_every_call_is_busy():
    redis_stores = RedisStores.of(make_redis_client("redis://127.0.0.1:1/0"))
    for call in (
        redis_stores.clock.now,
        lambda: redis_stores.requests.accept(new_id(), ASKED, 1000),
        lambda: redis_stores.requests.read(new_id()),
        lambda: redis_stores.attempts.reclaim(1),
    ):
        with pytest.raises(Busy):
            call()


def test_a_full_redis_is_busy_and_accepts_nothing(redis_stores, redis_client):
    redis_client.config_set("maxmemory", 1)
    try:
        request_id = new_id()
        with pytest.raises(Busy):
            redis_stores.requests.accept(request_id, ASKED, BUDGET_MS)
    finally:
        redis_client.config_set("maxmemory", 0)
    with pytest.raises(NotFound):
        redis_stores.requests.read(request_id)


def test_no_attempt_can_change_the_end_of_a_cancelled_request(redis_stores, redis_client):
    request_id = accepted(redis_stores)
    redis_stores.requests.cancel(request_id)
    record = redis_stores.requests.read(request_id)
    assert (record.status, record.failure.code) == ("cancelled", "cancelled")
    assert redis_stores.attempts.renew({request_id: 1}) == [request_id]
    assert redis_stores.attempts.finish(order(request_id), KEY, RESULT) is False
    assert leases(redis_client) == set()


def test_cancelling_does_not_change_an_earlier_end(redis_stores):
    request_id = accepted(redis_stores)
    redis_stores.attempts.finish(order(request_id), KEY, RESULT)
    redis_stores.requests.cancel(request_id)
    assert redis_stores.requests.read(request_id).status == "done"


def test_followers_of_a_cancelled_request_continue(redis_stores):
    leader, follower = accepted(redis_stores), accepted(redis_stores)
    redis_stores.requests.cancel(leader)
    (taken,) = redis_stores.attempts.reclaim(10)
    assert (taken.request_id, taken.attempt) == (follower, 1)
    assert redis_stores.attempts.finish(taken, KEY, RESULT) is True
    assert (redis_stores.requests.read(leader).status, redis_stores.requests.read(follower).status) == (
        "cancelled",
        "done",
    )


def test_cancelling_a_follower_cancels_it_alone(redis_stores):
    leader, follower = accepted(redis_stores), accepted(redis_stores)
    redis_stores.requests.cancel(follower)
    redis_stores.attempts.finish(order(leader), KEY, RESULT)
    assert (redis_stores.requests.read(leader).status, redis_stores.requests.read(follower).status) == (
        "done",
        "cancelled",
    )


def test_cancelling_an_unknown_request_is_not_found(redis_stores):
    with pytest.raises(NotFound):
        redis_stores.requests.cancel(new_id())


def test_read_ended_returns_the_requests_that_have_ended_or_were_removed(redis_stores):
    done, under_way, late, unknown = accepted(redis_stores), new_id(), new_id(), new_id()
    redis_stores.attempts.finish(order(done), KEY, RESULT)
    redis_stores.requests.accept(under_way, ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS)
    redis_stores.requests.accept(late, ForecastQuestion(ticker="AAPL", days=32), 1)
    time.sleep(0.01)
    assert set(redis_stores.requests.read_ended([done, under_way, late, unknown])) == {done, late, unknown}


def test_requests_beyond_the_capacity_of_the_forecast_services_are_refused(redis_stores):
    redis_stores.capacity.advertise("one", 1)
    redis_stores.capacity.advertise("two", 1)
    for days in (30, 31):
        accepted(redis_stores, ForecastQuestion(ticker="AAPL", days=days))
    refused = new_id()
    with pytest.raises(Busy) as failure:
        redis_stores.requests.accept(refused, ForecastQuestion(ticker="AAPL", days=32), BUDGET_MS)
    assert failure.value.retry_after_s
    with pytest.raises(NotFound):
        redis_stores.requests.read(refused)


def test_at_capacity_requests_may_join_be_repeated_and_have_a_known_result(redis_stores):
    redis_stores.attempts.finish(order(accepted(redis_stores)), KEY, RESULT)
    redis_stores.capacity.advertise("one", 1)
    leader = accepted(redis_stores, ForecastQuestion(ticker="AAPL", days=31))
    assert not redis_stores.requests.accept(leader, ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS).is_new
    assert (
        redis_stores.requests.accept(new_id(), ForecastQuestion(ticker="AAPL", days=31), BUDGET_MS).record.status
        == "accepted"
    )
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    assert redis_stores.requests.accept(new_id(), ASKED, BUDGET_MS).record.status == "done"


def test_there_is_capacity_after_an_end_and_without_advertised_capacities(redis_stores, redis_client):
    redis_stores.capacity.advertise("one", 1)
    request_id = accepted(redis_stores)
    redis_stores.attempts.fail(order(request_id), ProviderUnavailable())
    accepted(redis_stores, ForecastQuestion(ticker="AAPL", days=31))
    redis_client.delete("rooms")
    accepted(redis_stores, ForecastQuestion(ticker="AAPL", days=32))


@pytest.mark.parametrize("age", [-1, 0, 1, 7, 8, 400])
@pytest.mark.parametrize("ticker", ["AAPL", "7203.T", "AIR.NZ"])
def test_a_current_result_answers_at_once_also_with_stale_prices(redis_stores, ticker, age):
    asked = ForecastQuestion(ticker=ticker, days=30)
    today = exchange_day(redis_stores.clock.now(), ticker)
    last = today - timedelta(days=age)
    key = result_key(asked, "b" * 64, counting_start(last, today))
    redis_stores.attempts.finish(order(accepted(redis_stores, asked), question=asked), key, RESULT)
    redis_stores.price_notes.set_prices_pointer(ticker, PricesPointer("b" * 64, last), BUDGET_MS)
    request_id = new_id()
    assert redis_stores.requests.accept(request_id, asked, BUDGET_MS).record.result_key == key
    redis_stores.price_notes.set_prices_pointer(ticker, PricesPointer("c" * 64, last), BUDGET_MS)
    assert redis_stores.requests.accept(new_id(), asked, BUDGET_MS).is_new


def test_each_member_of_a_batch_counts_from_the_day_of_its_exchange(redis_stores, monkeypatch):
    evening = datetime(2026, 11, 19, 16, 0, tzinfo=UTC)  # the next day in Tokyo
    monkeypatch.setattr(redis_stores.clock, "now", lambda: evening)
    keys, members = {}, []
    for ticker, day in (("AAPL", date(2026, 11, 19)), ("7203.T", date(2026, 11, 20))):
        asked = ForecastQuestion(ticker=ticker, days=30)
        keys[ticker] = result_key(asked, "b" * 64, day)
        redis_stores.attempts.finish(order(accepted(redis_stores, asked), question=asked), keys[ticker], RESULT)
        pointer = PricesPointer("b" * 64, date(2026, 11, 18))
        redis_stores.price_notes.set_prices_pointer(ticker, pointer, BUDGET_MS)
        members.append(BatchMember(new_id(), asked))
    times = QueueTimes(BUDGET_MS, 1000, 10, BUDGET_MS)
    assert redis_stores.batches.accept(new_id(), "asked", members, Sender("client"), times)
    records = redis_stores.requests.read_all([member.request_id for member in members])
    assert [record.result_key for record in records] == list(keys.values())


def test_a_record_has_its_owner_however_it_came_about(redis_stores):
    key = result_key(ASKED, "b" * 64, date(2013, 3, 1))

    def accept(owner, request_id=None):
        request_id = request_id or new_id()
        record = redis_stores.requests.accept(request_id, ASKED, BUDGET_MS, sender=Sender("client", owner)).record
        assert record.owner == redis_stores.requests.read(request_id).owner
        return record

    first = accept("one")
    assert (first.status, first.owner) == ("accepted", "one")
    assert accept("other").owner == "other", "a request that joins another has its own owner"
    assert accept("").owner == accept(None).owner == ""
    assert accept("one", first.request_id).owner == "one"
    redis_stores.attempts.finish(order(first.request_id), key, RESULT)
    redis_stores.price_notes.set_prices_pointer("AAPL", PricesPointer("b" * 64, date(2013, 3, 1)), BUDGET_MS)
    answered = accept("third")
    assert (answered.status, answered.owner) == ("done", "third")
    for known in (first, answered):
        with pytest.raises(RequestConflict):
            redis_stores.requests.accept(known.request_id, ASKED, BUDGET_MS, sender=Sender("client", "another"))
        assert redis_stores.requests.accept(known.request_id, ASKED, BUDGET_MS).record.owner == known.owner


def test_sharing_changes_a_record_and_is_noticed_by_a_comparison(redis_stores):
    request_id = accepted(redis_stores)
    redis_stores.attempts.finish(order(request_id), KEY, RESULT)
    before = redis_stores.requests.read(request_id)
    redis_stores.requests.share(request_id, is_shared=True)
    shared = redis_stores.requests.read(request_id)
    assert (before.is_shared, shared.is_shared) == (False, True)
    assert redis_stores.requests.check_unchanged([before, shared]) == [False, True]
    redis_stores.requests.share(request_id, is_shared=False)
    assert redis_stores.requests.check_unchanged([before, shared]) == [True, False]
    with pytest.raises(NotFound):
        redis_stores.requests.share(new_id(), is_shared=True)


def test_another_owner_of_an_id_is_noticed_by_a_comparison(redis_stores):
    request_id = accepted(redis_stores)
    redis_stores.attempts.finish(order(request_id), KEY, RESULT)
    record = redis_stores.requests.read(request_id)
    assert redis_stores.requests.check_unchanged([replace(record, owner="other")]) == [False]


def test_a_batch_and_its_requests_have_an_owner(redis_stores):
    times, batch_id = QueueTimes(BUDGET_MS, 1000, 10, BUDGET_MS), new_id()
    member = BatchMember(new_id(), ASKED)
    assert redis_stores.batches.accept(batch_id, "asked", [member], Sender("client", "one"), times)
    assert redis_stores.batches.read_batch(batch_id) == StoredBatch("asked", "one")
    assert redis_stores.requests.read(member.request_id).owner == "one"
    assert not redis_stores.batches.accept(batch_id, "asked", [member], Sender("client", "one"), times)
    assert not redis_stores.batches.accept(batch_id, "asked", [member], Sender("client"), times)
    with pytest.raises(RequestConflict):
        redis_stores.batches.accept(batch_id, "asked", [member], Sender("client", "other"), times)
