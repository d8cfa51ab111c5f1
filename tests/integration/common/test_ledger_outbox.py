"""The outbox of the track record in a real Redis."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from common.domain.errors import Busy
from common.domain.questions import ForecastQuestion
from common.redis.client.connections import make_redis_client
from common.redis.ledger_outbox import LedgerOutbox
from common.redis.requests.results import Result
from common.redis.schema import lifetimes
from common.redis.schema.keys import result_key
from common.redis.scripts import constants, load_script
from common.redis.stores import RedisStores
from common.rpc.messages import Order
from common.runtime.metrics import LEDGER_REFUSED

ASKED = ForecastQuestion(ticker="AAPL", days=30)
KEY = result_key(ASKED, "a" * 64, date(2013, 3, 1))
RESULT = Result(b"{}", b"png")


def begun(stores):
    """Accept a request and return its order."""
    request_id = str(uuid4())
    stores.requests.accept(request_id, ASKED, 600_000)
    return Order(question=ASKED, request_id=request_id, attempt=1, budget_ms=1000)


def contents(stores):
    return [entry.content for entry in stores.ledger_outbox.read(100)]


def test_an_entry_is_written_with_its_result_and_never_expires(redis_stores, redis_client):
    assert redis_stores.attempts.finish(begun(redis_stores), KEY, RESULT, b"entry")
    (entry,) = redis_stores.ledger_outbox.read(100)
    assert entry.content == b"entry"
    assert abs(datetime.now(UTC) - entry.made_at) < timedelta(minutes=10)
    assert redis_client.ttl("ledger_outbox") == -1


def test_an_attempt_that_is_not_current_writes_no_entry(redis_stores):
    order = begun(redis_stores)
    redis_stores.requests.cancel(order.request_id)
    assert not redis_stores.attempts.finish(order, KEY, RESULT, b"entry")
    assert contents(redis_stores) == []


def test_a_repeated_end_and_an_equal_forecast_add_no_second_entry(redis_stores):
    order = begun(redis_stores)
    assert redis_stores.attempts.finish(order, KEY, RESULT, b"entry")
    assert redis_stores.attempts.finish(order, KEY, RESULT, b"entry")
    assert redis_stores.attempts.finish(begun(redis_stores), KEY, RESULT, b"entry")
    assert contents(redis_stores) == [b"entry"]


def test_a_result_without_an_entry_adds_none(redis_stores):
    assert redis_stores.attempts.finish(begun(redis_stores), KEY, RESULT)
    assert redis_stores.ledger_outbox.count() == 0


def test_a_full_outbox_refuses_the_entry_and_not_the_forecast(redis_client, monkeypatch):
    monkeypatch.setattr(lifetimes, "MOST_LEDGER_ENTRIES", 2)
    for cached in (constants.render_constants, load_script):
        cached.cache_clear()
    try:
        stores = RedisStores.of(redis_client)
        refused = LEDGER_REFUSED._value.get()
        orders = []
        for number in range(3):
            orders.append(begun(stores))
            assert stores.attempts.finish(orders[-1], KEY, RESULT, b"entry %d" % number)
        assert contents(stores) == [b"entry 0", b"entry 1"]
        assert LEDGER_REFUSED._value.get() == refused + 1
        assert [stores.requests.read(order.request_id).status for order in orders] == ["done"] * 3
    finally:
        monkeypatch.undo()
        for cached in (constants.render_constants, load_script):
            cached.cache_clear()


def test_entries_are_read_oldest_first_and_only_the_named_ones_are_removed(redis_stores, redis_client):
    redis_client.zadd("ledger_outbox", {b"second": 2_000, b"third": 3_000, b"first": 1_000})
    read = redis_stores.ledger_outbox.read(2)
    assert [entry.content for entry in read] == [b"first", b"second"]
    assert read[0].made_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    redis_stores.ledger_outbox.remove([b"first", b"not there"])
    redis_stores.ledger_outbox.remove([])
    assert contents(redis_stores) == [b"second", b"third"]
    assert redis_stores.ledger_outbox.count() == 2


def test_a_key_of_another_type_does_not_stop_forecasts(redis_stores, redis_client):
    redis_client.set("ledger_outbox", "garbage")
    with pytest.raises(Busy):
        redis_stores.ledger_outbox.count()
    assert redis_stores.attempts.finish(begun(redis_stores), KEY, RESULT, b"entry")
    assert contents(redis_stores) == [b"entry"]


def test_a_redis_that_is_away_makes_the_outbox_busy():
    with pytest.raises(Busy):
        LedgerOutbox(make_redis_client("redis://127.0.0.1:1/0")).read(1)
