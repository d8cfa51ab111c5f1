"""A garbled reply of Redis counts as an unreachable Redis, and the connection is not used again."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from uuid import uuid4

import pytest
import redis

from common.domain.errors import NotFound, ProviderUnavailable
from common.domain.questions import ForecastQuestion
from common.redis.client.connections import make_redis_client
from common.redis.client.failures import RedisAway
from common.redis.leases import RENEW_EVERY_S, LeaseKeeper
from common.redis.locks import hold_lock
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Quota, QuotaCheck, RateWindows, Window
from common.redis.stores import RedisStores
from common.rpc.addresses import Address
from common.rpc.messages import Order
from ingestion_service.service import IngestionService
from test_support.stores.redis_proxy import load_every_script, redis_proxy

ASKED = ForecastQuestion(ticker="AAPL", days=30)
BUDGET_MS = 600_000
QUOTA = Quota("client", "client:x", Window(10, 3600))


def replaced(text):
    return lambda _reply: text


ECHO = 14
"""Bytes of the echo behind the replies to scripts."""
GARBLED = {
    "no RESP": replaced(b"HTTP/1.1 200 OK\r\n\r\n"),
    "no length": replaced(b"$abc\r\n\r\n"),
    "no number": replaced(b":x\r\n"),
    "a status": lambda reply: b"+OK\r\n" + reply[-ECHO:],
    "an integer": lambda reply: b":7\r\n" + reply[-ECHO:],
    "nil": lambda reply: b"$-1\r\n" + reply[-ECHO:],
    "a string": lambda reply: b"$1\r\nx\r\n" + reply[-ECHO:],
    "an empty list": lambda reply: b"*0\r\n" + reply[-ECHO:],
    "a list of other parts": lambda reply: b"*2\r\n$1\r\nx\r\n*1\r\n:1\r\n" + reply[-ECHO:],
    "one reply too many": lambda reply: b":1\r\n" + reply,
    "another's reply": lambda reply: b"*7\r\n" + b"$1\r\nx\r\n" * 7 + reply,
}
HARMLESS = {name: {"an empty list"} for name in ("reclaim", "renew", "ended")} | {"read": {"nil"}}
"""Wrong replies of the right format."""


@pytest.fixture
def proxy(redis_url):
    with redis_proxy(redis_url) as running:
        yield running


@pytest.fixture
def client(proxy, redis_url):
    with redis.Redis.from_url(redis_url) as direct:
        load_every_script(direct)
    with make_redis_client(proxy.url) as client:
        yield client


def order(request_id, attempt=1):
    return Order(question=ASKED, request_id=request_id, attempt=attempt, budget_ms=1000)


CALLS = {
    "accept": lambda redis_stores, _one: redis_stores.requests.accept(
        str(uuid4()), ASKED, BUDGET_MS, QuotaCheck((QUOTA,))
    ),
    "begin": lambda redis_stores, one: redis_stores.attempts.begin(order(one), "ingesting"),
    "renew": lambda redis_stores, one: redis_stores.attempts.renew({one: 1}),
    "reclaim": lambda redis_stores, _one: redis_stores.attempts.reclaim(10),
    "read": lambda redis_stores, one: redis_stores.requests.read(one),
    "ended": lambda redis_stores, one: redis_stores.requests.read_ended([one]),
    "fail": lambda redis_stores, one: redis_stores.attempts.fail(order(one), ProviderUnavailable()),
    "cancel": lambda redis_stores, one: redis_stores.requests.cancel(one),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("garbled", GARBLED)
def test_a_garbled_reply_is_an_unreachable_redis(proxy, client, call, garbled):
    redis_stores = RedisStores.of(client)
    one = str(uuid4())
    redis_stores.requests.accept(one, ASKED, BUDGET_MS)
    opened = proxy.opened
    proxy.change_replies(GARBLED[garbled])
    try:
        CALLS[call](redis_stores, one)
    except RedisAway:
        pass
    else:
        assert garbled in HARMLESS.get(call, set()) | {"an integer"}
        return
    assert redis_stores.requests.read(one).request_id == one
    assert proxy.opened > opened, "the connection is used on"


@pytest.mark.parametrize("garbled", GARBLED)
@pytest.mark.parametrize("command", ["TIME", "GET", "HMGET", "PTTL"])
def test_a_garbled_reply_to_a_command_is_an_unreachable_redis(proxy, client, command, garbled):
    redis_stores = RedisStores.of(client)
    calls = {
        "TIME": redis_stores.clock.now,
        "GET": redis_stores.requests.count_ends,
        "HMGET": lambda: redis_stores.results.result("result:x"),
        "PTTL": lambda: ProviderLimits(client).read_pause("tiingo"),
    }
    redis_stores.requests.count_ends()
    proxy.change_replies(GARBLED[garbled], command=command.encode() + b"\r\n")
    with suppress(RedisAway, NotFound):  # or nothing, where the form of the reply is right
        calls[command]()


def test_a_garbled_reply_to_a_quota_check_is_an_outage(proxy, client):
    for garbled in GARBLED.values():
        proxy.change_replies(garbled)
        try:
            RateWindows(client).check(QuotaCheck((QUOTA,)))
        except RedisAway:
            continue
        pytest.fail("a garbled reply was taken for a count")


def test_a_garbled_reply_does_not_acquire_a_lock(proxy, client):
    with hold_lock(client, "x", 0):
        pass
    proxy.change_replies(replaced(b"+OK\r\n$8\r\n12345678\r\n"))
    with pytest.raises(RedisAway), hold_lock(client, "x", 0):
        pass


def test_leases_are_renewed_after_garbled_replies(proxy, client):
    redis_stores = RedisStores.of(client)
    one = str(uuid4())
    redis_stores.requests.accept(one, ASKED, BUDGET_MS)
    lost = threading.Event()
    leases = LeaseKeeper(redis_stores.attempts)
    leases.start()
    with leases.renew_lease(order(one), on_lost=lost.set):
        for garbled in GARBLED.values():
            before = proxy.changed
            proxy.change_replies(garbled)
            while proxy.changed == before:
                assert not lost.wait(RENEW_EVERY_S / 5)
        assert not lost.is_set()
    leases.stop()


def test_the_search_for_lost_requests_continues_after_garbled_replies(proxy, client):
    redis_stores = RedisStores.of(client)

    async def searched():
        service = IngestionService(
            redis_stores.attempts, LeaseKeeper(redis_stores.attempts), None, None, Address("127.0.0.1", 1)
        )
        service.recovery.start()
        async with asyncio.timeout(100):
            for garbled in GARBLED.values():
                before = proxy.changed
                proxy.change_replies(garbled)
                while proxy.changed == before:  # noqa: ASYNC110 - the proxy sets no event
                    await asyncio.sleep(0.05)
        service.recovery.heartbeat.check_alive()
        await service.recovery.stop()

    asyncio.run(searched())
