"""What a request goes through in a real Redis: one end, whatever order things happen in."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest
import redis

from common.domain.dates import counting_start, exchange_day
from common.domain.errors import Busy, NotFound, ProviderUnavailable, RequestConflict, UnknownTicker
from common.domain.questions import Question
from common.redis.records import KEEP_MS, PricesPointer, Records, Result, connected, result_key
from common.rpc.messages import Order

ASKED = Question(ticker="AAPL", days=30)
RESULT = Result(b'{"ticker":"AAPL"}', b"\x89PNG")
BUDGET_MS = 600_000
KEY = result_key(ASKED, "a" * 64, date(2013, 3, 1))


@pytest.fixture
def store(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def records(store, monkeypatch):
    """Leases run out where a test says so, however long it is kept from its work."""
    monkeypatch.setattr("common.redis.records.LEASE_MS", 10 * BUDGET_MS)
    return Records(store)


def new_id():
    return str(uuid4())


def order(request_id, attempt=1, question=ASKED):
    return Order(**question.model_dump(), request_id=request_id, attempt=attempt, budget_ms=1000)


def accepted(records, question=ASKED, budget_ms=BUDGET_MS):
    request_id = new_id()
    records.accept(request_id, question, budget_ms)
    return request_id


def let_lease_run_out(store, request_id):
    store.zadd("leases", {request_id: 0})


def leases(store):
    return {request_id.decode() for request_id in store.zrange("leases", 0, -1)}


def test_a_new_request_is_to_be_dispatched_and_can_be_read(records):
    request_id = new_id()
    assert records.accept(request_id, ASKED, BUDGET_MS).is_new
    record = records.read(request_id)
    assert (record.question, record.status, record.attempt, record.ended) == (ASKED, "accepted", 1, False)
    assert BUDGET_MS / 2 < record.remaining_ms <= BUDGET_MS


def test_a_record_says_for_how_long_its_id_is_its_own(records):
    request_id = new_id()
    records.accept(request_id, ASKED, BUDGET_MS)
    assert KEEP_MS + BUDGET_MS / 2 < records.read(request_id).kept_ms <= KEEP_MS + BUDGET_MS


def test_the_same_id_and_question_are_accepted_once(records):
    request_id = new_id()
    assert [records.accept(request_id, ASKED, BUDGET_MS).is_new for _ in range(3)] == [True, False, False]


def test_the_same_id_with_another_question_is_a_conflict(records):
    request_id = accepted(records)
    with pytest.raises(RequestConflict):
        records.accept(request_id, Question(ticker="AAPL", days=31), BUDGET_MS)


def test_an_unknown_id_is_not_found(records):
    with pytest.raises(NotFound):
        records.read(new_id())


def test_an_order_that_arrives_twice_is_begun_once(records):
    request_id = accepted(records)
    assert records.begin(order(request_id), "ingesting") > 0
    assert records.begin(order(request_id), "ingesting") == 0


def test_an_order_of_a_request_that_nobody_accepted_is_not_found(records):
    with pytest.raises(NotFound):
        records.begin(order(new_id()), "ingesting")


def test_an_order_that_asks_another_question_than_its_request_is_a_conflict(records):
    request_id = accepted(records)
    with pytest.raises(RequestConflict):
        records.begin(order(request_id, question=Question(ticker="MSFT", days=9)), "ingesting")
    assert records.read(request_id).status == "accepted"


def test_a_request_that_nobody_takes_up_ends_as_busy_once_that_was_seen_for_a_while(records, store):
    request_id = accepted(records)
    let_lease_run_out(store, request_id)
    assert records.read(request_id).status == "accepted"
    store.hincrby(f"request:{request_id}", "overdue_since", -BUDGET_MS)
    record = records.read(request_id)
    assert (record.status, record.failure.code, record.failure.retry_after_s) == ("failed", "busy", 2)


def test_a_request_that_is_taken_up_is_not_overdue_any_more(records, store):
    request_id = accepted(records)
    let_lease_run_out(store, request_id)
    records.read(request_id)
    store.hincrby(f"request:{request_id}", "overdue_since", -BUDGET_MS)
    assert len(records.reclaim(10)) == 1
    let_lease_run_out(store, request_id)
    assert records.read(request_id).status == "accepted"


def test_a_late_ingestion_of_an_attempt_that_is_already_forecast_is_not_begun(records):
    request_id = accepted(records)
    assert records.begin(order(request_id), "forecasting") > 0
    assert records.begin(order(request_id), "ingesting") == 0
    assert records.read(request_id).status == "forecasting"


def test_a_result_and_its_picture_appear_together(records, store):
    request_id = accepted(records)
    assert records.finish(order(request_id), KEY, RESULT)
    record = records.read(request_id)
    assert record.status == "done"
    assert records.result(record.result_key) == RESULT
    assert request_id not in leases(store)


def test_everything_that_is_written_has_a_time_to_live(records, store):
    leader, follower = accepted(records), accepted(records)
    records.begin(order(leader), "ingesting")
    records.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    assert follower
    mortal = [key for key in store.keys("*") if key != b"leases"]
    assert len(mortal) == 6
    assert all(store.pttl(key) > 0 for key in mortal)
    records.finish(order(leader), KEY, RESULT)
    assert all(store.pttl(key) > 0 for key in store.keys("*"))


def test_a_result_lives_at_least_as_long_as_a_record_that_was_answered_with_it(records, store):
    records.finish(order(accepted(records)), KEY, RESULT)
    store.pexpire(KEY, KEEP_MS // 2)
    request_id = new_id()
    records.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    assert not records.accept(request_id, ASKED, BUDGET_MS).is_new
    assert records.read(request_id).status == "done"
    assert store.pttl(KEY) >= store.pttl(f"request:{request_id}") - 50 > KEEP_MS


def test_a_write_from_an_older_attempt_is_refused(records, store):
    request_id = accepted(records)
    let_lease_run_out(store, request_id)
    assert [claimed.attempt for claimed in records.reclaim(10)] == [2]
    assert records.finish(order(request_id, 1), KEY, RESULT) is False
    assert records.fail(order(request_id, 1), UnknownTicker()) is False
    assert records.finish(order(request_id, 2), KEY, RESULT) is True


def test_an_ended_request_stays_as_it_ended(records):
    request_id = accepted(records)
    assert records.fail(order(request_id), UnknownTicker("never heard of it"))
    assert records.finish(order(request_id), KEY, RESULT) is False
    record = records.read(request_id)
    assert (record.status, record.failure.code, record.failure.detail) == (
        "failed",
        "unknown_ticker",
        "never heard of it",
    )


def test_a_lease_that_is_renewed_is_not_taken_over(records, store):
    request_id = accepted(records)
    let_lease_run_out(store, request_id)
    assert records.renew({request_id: 1}) == []
    assert records.reclaim(10) == []
    assert store.zscore("leases", request_id) > time.time() * 1000


def test_an_attempt_that_was_taken_over_learns_that_it_lost_its_lease(records, store):
    request_id = accepted(records)
    let_lease_run_out(store, request_id)
    records.reclaim(10)
    assert records.renew({request_id: 1}) == [request_id]
    assert records.renew({request_id: 2}) == []


def test_what_is_handed_back_is_taken_up_at_once(records):
    request_id = accepted(records)
    records.requeue(order(request_id))
    (claimed,) = records.reclaim(10)
    assert (claimed.request_id, claimed.attempt, claimed.question) == (request_id, 2, ASKED)
    assert 0 < claimed.budget_ms <= BUDGET_MS


def test_only_one_of_many_takes_a_request_over(records, store, redis_url):
    wanted = {accepted(records, Question(ticker="AAPL", days=days)) for days in range(1, 51)}
    for request_id in wanted:
        let_lease_run_out(store, request_id)
    with ThreadPoolExecutor(8) as threads:
        replicas = [Records(connected(redis_url)) for _ in range(8)]
        claims = [claim for got in threads.map(lambda replica: replica.reclaim(100), replicas) for claim in got]
    assert sorted(claim.request_id for claim in claims) == sorted(wanted)


def test_a_request_is_given_up_after_three_attempts(records, store):
    request_id = accepted(records)
    for _ in range(2):
        let_lease_run_out(store, request_id)
        assert len(records.reclaim(10)) == 1
    let_lease_run_out(store, request_id)
    assert records.reclaim(10) == []
    assert records.read(request_id).failure.code == "worker_crashed"


def test_a_reader_ends_what_is_past_its_deadline(records, store):
    request_id = accepted(records, budget_ms=1)
    time.sleep(0.005)
    record = records.read(request_id)
    assert (record.status, record.failure.code) == ("failed", "deadline_exceeded")
    assert request_id not in leases(store)


def test_the_sweep_ends_what_is_past_its_deadline_where_nobody_reads(records, store):
    request_id = accepted(records, budget_ms=1)
    time.sleep(0.005)
    assert records.reclaim(10) == []
    assert store.hget(f"request:{request_id}", "status") == b"failed"


def test_a_result_that_comes_after_the_deadline_does_not_count(records, store):
    request_id = accepted(records)
    store.hset(f"request:{request_id}", "deadline", 1)
    assert records.finish(order(request_id), KEY, RESULT)
    assert records.read(request_id).failure.code == "deadline_exceeded"


def test_a_lease_never_outlives_the_deadline(records, store):
    request_id = accepted(records, budget_ms=500)
    records.begin(order(request_id), "ingesting")
    assert store.zscore("leases", request_id) == float(store.hget(f"request:{request_id}", "deadline"))


def test_an_identical_request_joins_the_one_under_way_and_shares_its_result(records):
    leader, follower = new_id(), new_id()
    assert records.accept(leader, ASKED, BUDGET_MS).is_new
    assert not records.accept(follower, ASKED, BUDGET_MS).is_new
    records.begin(order(leader), "forecasting")
    assert records.read(follower).status == "forecasting"
    records.finish(order(leader), KEY, RESULT)
    assert [records.read(each).result_key for each in (leader, follower)] == [KEY, KEY]


def test_another_question_does_not_join(records):
    accepted(records)
    assert records.accept(new_id(), Question(ticker="AAPL", days=31), BUDGET_MS).is_new


def test_a_request_after_the_end_does_not_join(records):
    records.fail(order(accepted(records)), ProviderUnavailable())
    assert records.accept(new_id(), ASKED, BUDGET_MS).is_new


def test_those_that_joined_share_a_fact_about_the_data(records):
    leader, follower = accepted(records), accepted(records)
    records.fail(order(leader), UnknownTicker())
    assert records.read(follower).failure.code == "unknown_ticker"


def test_those_that_joined_go_their_own_way_where_the_leader_fails(records):
    leader, *followers = (accepted(records) for _ in range(4))
    records.fail(order(leader), ProviderUnavailable())
    (claimed,) = records.reclaim(10)
    assert (claimed.request_id in followers, claimed.attempt) == (True, 1)
    records.finish(order(claimed.request_id, 1), KEY, RESULT)
    assert [records.read(follower).status for follower in followers] == ["done"] * 3


def test_one_that_joined_late_keeps_its_own_deadline(records, store):
    leader, follower = accepted(records), accepted(records)
    store.hset(f"request:{leader}", "deadline", 1)
    assert records.read(leader).failure.code == "deadline_exceeded"
    (claimed,) = records.reclaim(10)
    assert claimed.request_id == follower
    assert claimed.budget_ms > BUDGET_MS / 2


def test_a_lease_without_a_record_is_dropped(records, store):
    store.zadd("leases", {new_id(): 0})
    assert records.reclaim(10) == []
    assert leases(store) == set()


def test_only_one_refreshes_a_ticker(records):
    with records.refreshing("AAPL", wait_s=100):
        with records.refreshing("MSFT", wait_s=0):
            pass
        with pytest.raises(Busy), records.refreshing("AAPL", wait_s=0):
            pass
    with records.refreshing("AAPL", wait_s=0):
        pass


def test_prices_that_are_distrusted_are_so_until_new_ones_are_pointed_at(records):
    pointer = PricesPointer("a" * 64, date(2013, 3, 1))
    records.set_prices_pointer("AAPL", pointer, BUDGET_MS)
    assert records.prices_pointer("AAPL") == pointer
    records.invalidate_prices("AAPL", "a" * 64)
    assert records.prices_pointer("AAPL") is None
    assert records.is_invalidated("AAPL", "a" * 64)
    assert not records.is_invalidated("AAPL", "b" * 64)
    records.set_prices_pointer("AAPL", pointer, BUDGET_MS)
    assert not records.is_invalidated("AAPL", "a" * 64)


def test_without_redis_every_call_is_busy():
    records = Records(connected("redis://127.0.0.1:1/0"))
    for call in (
        records.ping,
        records.now,
        lambda: records.accept(new_id(), ASKED, 1000),
        lambda: records.read(new_id()),
        lambda: records.reclaim(1),
    ):
        with pytest.raises(Busy):
            call()


def test_a_full_redis_is_busy_and_never_says_accepted(records, store):
    store.config_set("maxmemory", 1)
    try:
        request_id = new_id()
        with pytest.raises(Busy):
            records.accept(request_id, ASKED, BUDGET_MS)
    finally:
        store.config_set("maxmemory", 0)
    with pytest.raises(NotFound):
        records.read(request_id)


def test_a_cancelled_request_has_that_end_and_no_attempt_can_change_it(records, store):
    request_id = accepted(records)
    records.cancel(request_id)
    record = records.read(request_id)
    assert (record.status, record.failure.code) == ("cancelled", "cancelled")
    assert records.renew({request_id: 1}) == [request_id]
    assert records.finish(order(request_id), KEY, RESULT) is False
    assert leases(store) == set()


def test_what_had_ended_before_keeps_its_end_when_it_is_cancelled(records):
    request_id = accepted(records)
    records.finish(order(request_id), KEY, RESULT)
    records.cancel(request_id)
    assert records.read(request_id).status == "done"


def test_those_that_joined_a_cancelled_request_go_on(records):
    leader, follower = accepted(records), accepted(records)
    records.cancel(leader)
    (taken,) = records.reclaim(10)
    assert (taken.request_id, taken.attempt) == (follower, 1)
    assert records.finish(taken, KEY, RESULT) is True
    assert (records.read(leader).status, records.read(follower).status) == ("cancelled", "done")


def test_one_that_joined_is_cancelled_alone(records):
    leader, follower = accepted(records), accepted(records)
    records.cancel(follower)
    records.finish(order(leader), KEY, RESULT)
    assert (records.read(leader).status, records.read(follower).status) == ("done", "cancelled")


def test_what_is_not_there_cannot_be_cancelled(records):
    with pytest.raises(NotFound):
        records.cancel(new_id())


def test_of_several_requests_those_are_told_that_have_ended_or_are_gone(records):
    done, under_way, late, unknown = accepted(records), new_id(), new_id(), new_id()
    records.finish(order(done), KEY, RESULT)
    records.accept(under_way, Question(ticker="AAPL", days=31), BUDGET_MS)
    records.accept(late, Question(ticker="AAPL", days=32), 1)
    time.sleep(0.01)
    assert set(records.ended([done, under_way, late, unknown])) == {done, late, unknown}


def test_no_more_is_accepted_than_the_forecast_services_take_together(records):
    records.advertise_capacity("one", 1)
    records.advertise_capacity("two", 1)
    for days in (30, 31):
        accepted(records, Question(ticker="AAPL", days=days))
    refused = new_id()
    with pytest.raises(Busy) as failure:
        records.accept(refused, Question(ticker="AAPL", days=32), BUDGET_MS)
    assert failure.value.retry_after_s
    with pytest.raises(NotFound):
        records.read(refused)


def test_where_there_is_no_room_one_may_join_ask_again_and_have_what_is_known(records):
    records.finish(order(accepted(records)), KEY, RESULT)
    records.advertise_capacity("one", 1)
    leader = accepted(records, Question(ticker="AAPL", days=31))
    assert not records.accept(leader, Question(ticker="AAPL", days=31), BUDGET_MS).is_new
    assert records.accept(new_id(), Question(ticker="AAPL", days=31), BUDGET_MS).record.status == "accepted"
    records.set_prices_pointer("AAPL", PricesPointer("a" * 64, date(2013, 3, 1)), BUDGET_MS)
    assert records.accept(new_id(), ASKED, BUDGET_MS).record.status == "done"


def test_there_is_room_again_where_something_ended_and_where_no_service_says_anything(records, store):
    records.advertise_capacity("one", 1)
    request_id = accepted(records)
    records.fail(order(request_id), ProviderUnavailable())
    accepted(records, Question(ticker="AAPL", days=31))
    store.delete("rooms")
    accepted(records, Question(ticker="AAPL", days=32))


@pytest.mark.parametrize("age", [-1, 0, 1, 7, 8, 400])
def test_a_result_of_today_is_known_however_old_its_prices_are(records, store, age):
    today = exchange_day(records.now())
    last = today - timedelta(days=age)
    key = result_key(ASKED, "b" * 64, counting_start(last, today))
    records.finish(order(accepted(records)), key, RESULT)
    records.set_prices_pointer("AAPL", PricesPointer("b" * 64, last), BUDGET_MS)
    request_id = new_id()
    assert records.accept(request_id, ASKED, BUDGET_MS).record.result_key == key
    records.set_prices_pointer("AAPL", PricesPointer("c" * 64, last), BUDGET_MS)
    assert records.accept(new_id(), ASKED, BUDGET_MS).is_new
