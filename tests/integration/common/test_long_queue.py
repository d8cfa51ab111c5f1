"""The queue of long work after cancellations, lost records and ends that are not shared."""

from __future__ import annotations

from uuid import uuid4

import pytest

from common.domain.errors import Busy, ForecastFailed
from common.domain.kinds import CostClass
from common.domain.progress import WorkProgress
from common.domain.questions import ForecastQuestion
from common.redis.requests.batch_store import BatchMember
from common.redis.requests.queueing import QueueTimes, Sender
from common.redis.schema.lifetimes import MOST_LONG_WAITING, MOST_LONG_WAITING_OF_CLIENT

TIMES = QueueTimes(60_000, 60_000, 60_000, 3_600_000)


@pytest.fixture
def stores(redis_stores):
    """The stores, with one worker for long work."""
    redis_stores.capacity.advertise("service", 1, CostClass.LONG)
    return redis_stores


def accept(stores, days, client="one", request_id=None):
    """Accept a request of long work; return its id."""
    request_id = request_id or str(uuid4())
    stores.requests.accept(request_id, ForecastQuestion(ticker="AAPL", days=days), TIMES, sender=Sender(client))
    return request_id


def claimed(stores):
    return [order.request_id for order in stores.attempts.reclaim(100)]


def test_cancelled_requests_take_no_place_in_the_queue(stores):
    begun = accept(stores, 1)
    stores.requests.cancel_all([accept(stores, 2 + each, f"client {each}") for each in range(MOST_LONG_WAITING)])
    after = str(uuid4())
    question = ForecastQuestion(ticker="AAPL", days=1000)
    accepted = stores.requests.accept(after, question, TIMES, sender=Sender("other"))
    assert accepted.record.remaining_ms == TIMES.budget_ms, "no request waits before it"
    stores.capacity.advertise("service", 1, CostClass.LONG)  # on a busy machine, the first one has expired
    assert claimed(stores) == [begun]
    stores.requests.cancel(begun)
    assert claimed(stores) == [after]


def test_long_work_begins_when_a_forecast_service_advertises_capacity(redis_stores):
    waiting = [accept(redis_stores, days) for days in (1, 2, 3)]
    assert claimed(redis_stores) == []
    redis_stores.capacity.advertise("service", 2, CostClass.LONG)
    assert set(claimed(redis_stores)) == set(waiting[:2])


def test_a_cancelled_request_costs_its_client_no_turn(stores):
    begun = accept(stores, 1)
    stores.requests.cancel_all([accept(stores, days) for days in range(2, 6)])
    own = accept(stores, 6)
    others = [accept(stores, days, "other") for days in range(7, 9)]
    order = []
    for _ in range(4):
        (one,) = claimed(stores)
        order.append(one)
        stores.requests.cancel(one)
    assert order == [begun, own, *others]


def test_a_begun_request_whose_record_is_lost_holds_up_no_other(stores, redis_client):
    begun, waiting = accept(stores, 1), accept(stores, 2)
    assert claimed(stores) == [begun]
    redis_client.delete(f"request:{begun}")
    assert claimed(stores) == [waiting]


def test_an_end_that_an_older_version_wrote_holds_up_no_other(stores, redis_client):
    begun, waiting = accept(stores, 1), accept(stores, 2)
    assert claimed(stores) == [begun]
    # The older version's scripts have no queue of long work.
    redis_client.hset(f"request:{begun}", "status", "failed")
    redis_client.zrem("leases", begun)
    assert claimed(stores) == [waiting]


def test_a_follower_takes_the_worker_of_its_cancelled_leader(stores, redis_client):
    leader, waiting = accept(stores, 1), accept(stores, 2)
    followers = {accept(stores, 1, f"follower {each}") for each in range(3)}
    assert claimed(stores) == [leader]
    stores.requests.cancel(leader)
    (first,) = claimed(stores)
    assert first in followers
    assert redis_client.zrange("long_begun", 0, -1) == [first.encode()]
    stores.requests.cancel_all(followers - {first})
    stores.requests.cancel(first)
    assert claimed(stores) == [waiting]


def test_a_follower_takes_the_turn_of_its_cancelled_leader(stores, redis_client):
    begun, leader, later = accept(stores, 1), accept(stores, 2), accept(stores, 3)
    follower = accept(stores, 2, "other")
    assert claimed(stores) == [begun]
    stores.requests.cancel(leader)
    assert claimed(stores) == [], "the follower waits"
    assert redis_client.get("long_waiting") == b"2"
    stores.requests.cancel(begun)
    assert claimed(stores) == [follower]
    stores.requests.cancel(follower)
    assert claimed(stores) == [later]


def test_a_follower_that_waits_in_place_of_its_leader_can_be_cancelled(stores, redis_client):
    begun, leader = accept(stores, 1), accept(stores, 2)
    follower = accept(stores, 2, "other")
    stores.requests.cancel(leader)
    stores.requests.cancel(follower)
    assert redis_client.get("long_waiting") == b"0"
    assert claimed(stores) == [begun]


def test_followers_of_a_failed_leader_begin_one_at_a_time(stores):
    leader = accept(stores, 1)
    followers = {accept(stores, 1) for _ in range(3)}
    (order,) = stores.attempts.reclaim(10)
    stores.attempts.fail(order, ForecastFailed())
    assert stores.requests.read(leader).ended
    assert len(set(claimed(stores)) & followers) == 1


def test_a_batch_and_a_request_of_long_work_may_have_the_same_id(stores):
    begun, shared_id = accept(stores, 1), str(uuid4())
    members = [BatchMember(str(uuid4()), ForecastQuestion(ticker="MSFT", days=days)) for days in range(1, 20)]
    stores.batches.accept(shared_id, "asked", members, Sender("one"), TIMES)
    accept(stores, 500, request_id=shared_id)
    stores.requests.cancel(shared_id)
    expected = {begun, *(member.request_id for member in members)}
    seen = set()
    while orders := claimed(stores):
        seen |= set(orders)
        stores.requests.cancel_all(orders)
    assert seen == expected


def test_a_full_queue_has_room_after_a_cancellation(stores):
    ids = [accept(stores, 1 + each, f"client {each}") for each in range(MOST_LONG_WAITING + 1)]
    with pytest.raises(Busy):
        accept(stores, 9999)
    stores.requests.cancel(ids[-1])
    accept(stores, 9999)


def test_one_client_cannot_take_all_places(stores):
    begun = accept(stores, 1)
    waiting = [accept(stores, 2 + each) for each in range(MOST_LONG_WAITING_OF_CLIENT)]
    with pytest.raises(Busy):
        accept(stores, 9998)
    others = [accept(stores, days, "other") for days in (9998, 9999)]
    stores.requests.cancel_all(waiting)
    later = [accept(stores, 9000 + each) for each in range(MOST_LONG_WAITING_OF_CLIENT)]
    stores.requests.cancel(begun)
    order = []
    for _ in range(4):
        (one,) = claimed(stores)
        order.append(one)
        stores.requests.cancel(one)
    assert order == [others[0], later[0], others[1], later[1]], "the client has one turn in each round"


def test_progress_of_another_question_is_refused(stores):
    request_id = accept(stores, 1)
    (order,) = stores.attempts.reclaim(10)
    other = order.model_copy(update={"question": ForecastQuestion(ticker="MSFT", days=1)})
    assert not stores.attempts.report(other, WorkProgress(0.5, "half"))
    assert stores.requests.read(request_id).progress is None
