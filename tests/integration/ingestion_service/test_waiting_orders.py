"""Orders and commands that wait: none of them holds up another that could be done at once."""

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import Busy
from common.domain.prices import COLUMNS, PriceSeries
from common.domain.questions import Question
from common.redis.leases import LeaseKeeper
from common.rpc.addresses import Address
from common.rpc.messages import Order, PricesCommand, make_accepted_reply
from common.rpc.tcp import OrderServer
from common.s3.price_store import ObjectChanged
from ingestion_service.prices.commands import PriceCommands
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.service import IngestionService

NOW = datetime.now(UTC)
LAST = (NOW - timedelta(days=3)).date()
PATIENCE_S = 30
"""Only what hangs takes longer, however busy the machine is."""
ANYWHERE = Address("127.0.0.1", 0)


def in_event_loop(test):
    """Run a test that is a coroutine function."""

    @wraps(test)
    def run(**fixtures):
        asyncio.run(test(**fixtures))

    return run


def series(ticker):
    days = pd.bdate_range(end=LAST, periods=100, name="date")
    closes = 100.0 + np.arange(100.0)
    return PriceSeries(ticker, "tiingo", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days))


class HeldSource:
    """A source that answers nothing until it is released; remembers which tickers it was asked for."""

    name = "tiingo"

    def __init__(self):
        self.asked = []
        self.released = threading.Event()

    def fetch(self, ticker, *, since, timeout_s):
        self.asked.append(ticker)
        assert self.released.wait(PATIENCE_S)
        return series(ticker)


@dataclass
class Running:
    """A service under test, the orders that it handed on, and what it was made of."""

    service: IngestionService
    handed_on: asyncio.Queue[Order]
    source: HeldSource
    redis_stores: object

    async def order(self, ticker, days=30, budget_ms=60_000):
        """Have an order accepted and taken; return its request's id."""
        question, request_id = Question(ticker=ticker, days=days), str(uuid4())
        await asyncio.to_thread(self.redis_stores.requests.accept, request_id, question, budget_ms)
        await self.service.take(Order(**question.model_dump(), request_id=request_id, attempt=1, budget_ms=budget_ms))
        return request_id

    async def next_ticker(self):
        """The ticker of the order that is handed on next."""
        return (await asyncio.wait_for(self.handed_on.get(), PATIENCE_S)).ticker

    async def until(self, holds):
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - what is waited for is in other threads and in Redis
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(redis_stores, store):
    """An ingestion service with a held source, and a forecast service that takes everything."""
    source, handed_on, leases = HeldSource(), asyncio.Queue(), LeaseKeeper(redis_stores.attempts)

    async def take(order):
        handed_on.put_nowait(order)
        return make_accepted_reply(order.request_id)

    forecast = OrderServer(take)
    prices = PriceKeeper(redis_stores, store, [source], timedelta(days=1), PATIENCE_S)
    newest = PriceKeeper(redis_stores, store, [source], timedelta(minutes=15), PATIENCE_S)
    commands = PriceCommands(redis_stores, store, prices, newest)
    service = IngestionService(redis_stores.attempts, leases, prices, commands, await forecast.start(ANYWHERE))
    leases.start()
    try:
        yield Running(service, handed_on, source, redis_stores)
    finally:
        source.released.set()
        await service.drain()
        await forecast.stop()
        leases.stop()


def stored(store, ticker):
    store.write(series(ticker), fetched_at=datetime.now(UTC), replacing=None)


@in_event_loop
async def test_one_slow_ticker_at_many_horizons_does_not_hold_up_another(redis_stores, store):
    stored(store, "MSFT")
    async with running(redis_stores, store) as ingestion:
        for days in range(1, 41):
            await ingestion.order("SLOW", days)
        await ingestion.order("MSFT")
        assert await ingestion.next_ticker() == "MSFT"
        ingestion.source.released.set()
        assert [await ingestion.next_ticker() for _ in range(40)] == ["SLOW"] * 40
        assert ingestion.source.asked == ["SLOW"]


@in_event_loop
async def test_many_slow_tickers_do_not_hold_up_one_whose_prices_are_stored(redis_stores, store):
    for ticker in ("MSFT", "IBM"):
        stored(store, ticker)
    async with running(redis_stores, store) as ingestion:
        await ingestion.order("IBM")  # there is a pointer to these prices afterwards
        assert await ingestion.next_ticker() == "IBM"
        for number in range(40):
            await ingestion.order(f"SLOW{number}")
        await ingestion.until(lambda: len(ingestion.source.asked) == 32)
        for ticker in ("MSFT", "IBM"):
            await ingestion.order(ticker, 31)
            assert await ingestion.next_ticker() == ticker


@in_event_loop
async def test_orders_that_wait_for_another_replicas_lock_hold_up_no_other_order(redis_stores, store):
    stored(store, "MSFT")
    async with running(redis_stores, store) as ingestion:
        with redis_stores.price_notes.lock_refresh("SLOW", wait_s=0):
            for days in range(1, 61):
                await ingestion.order("SLOW", days)
            await ingestion.order("MSFT")
            assert await ingestion.next_ticker() == "MSFT"
        ingestion.source.released.set()
        assert [await ingestion.next_ticker() for _ in range(60)] == ["SLOW"] * 60


@in_event_loop
async def test_a_cancelled_request_does_not_wait_on_for_a_source(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        for number in range(32):
            await ingestion.order(f"SLOW{number}")
        await ingestion.until(lambda: len(ingestion.source.asked) == 32)
        waiting = await ingestion.order("LATE")
        held = ingestion.service._free_capacity()
        redis_stores.requests.cancel(waiting)
        await ingestion.until(lambda: ingestion.service._free_capacity() == held + 1)
        ingestion.source.released.set()
        assert "LATE" not in [await ingestion.next_ticker() for _ in range(32)]
        assert "LATE" not in ingestion.source.asked


@in_event_loop
async def test_a_cancelled_request_leaves_other_requests_for_the_same_ticker_waiting(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        first = await ingestion.order("SLOW", 1)
        second = await ingestion.order("SLOW", 2)
        await ingestion.until(lambda: ingestion.source.asked)
        room = ingestion.service._free_capacity()
        redis_stores.requests.cancel(first)
        await ingestion.until(lambda: ingestion.service._free_capacity() == room + 1)
        ingestion.source.released.set()
        assert (await ingestion.handed_on.get()).request_id == second
        assert ingestion.source.asked == ["SLOW"]


@in_event_loop
async def test_an_order_past_its_deadline_no_longer_waits_and_orders_with_more_time_go_on(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        short = await ingestion.order("SLOW", 1, budget_ms=1500)
        await ingestion.until(lambda: ingestion.source.asked)
        long = await ingestion.order("SLOW", 2)
        room = ingestion.service._free_capacity()
        await ingestion.until(lambda: ingestion.service._free_capacity() == room + 1)
        assert redis_stores.requests.read(short).failure.code == "deadline_exceeded"
        ingestion.source.released.set()
        assert (await ingestion.handed_on.get()).request_id == long


@in_event_loop
async def test_the_budget_handed_on_is_reduced_by_the_wait(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        await ingestion.order("SLOW", budget_ms=50_000)
        await ingestion.until(lambda: ingestion.source.asked)
        await asyncio.sleep(0.5)
        ingestion.source.released.set()
        assert (await ingestion.handed_on.get()).budget_ms <= 49_500


def command(action, ticker, budget_ms=60_000):
    return PricesCommand(request_id=str(uuid4()), action=action, ticker=ticker, budget_ms=budget_ms)


@in_event_loop
async def test_commands_that_wait_for_a_tickers_lock_hold_up_no_other_ticker(redis_stores, store):
    stored(store, "MSFT")
    async with running(redis_stores, store) as ingestion:
        with redis_stores.price_notes.lock_refresh("SLOW", wait_s=0):
            waiting = [
                asyncio.create_task(ingestion.service.handle_command(command("track", "SLOW"))) for _ in range(20)
            ]
            await asyncio.sleep(0)
            reply = await asyncio.wait_for(ingestion.service.handle_command(command("track", "MSFT")), PATIENCE_S)
            assert reply.outcome == "kept"
        ingestion.source.released.set()
        outcomes = await asyncio.gather(*waiting)
    assert {reply.status for reply in outcomes} == {"accepted"}
    assert ingestion.source.asked == ["SLOW"]


@in_event_loop
async def test_a_command_that_waits_gives_up_at_its_deadline(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        with redis_stores.price_notes.lock_refresh("SLOW", wait_s=0), pytest.raises(Busy):
            await ingestion.service.handle_command(command("untrack", "SLOW", budget_ms=200))


def test_prices_that_change_under_each_look_end_it(redis_stores, store, monkeypatch):
    source = HeldSource()
    source.released.set()
    monkeypatch.setattr(store, "write", lambda *_, **__: (_ for _ in ()).throw(ObjectChanged()))
    with pytest.raises(Busy):
        PriceKeeper(redis_stores, store, [source], timedelta(days=1)).ensure_fresh("AAPL", PATIENCE_S)
    assert len(source.asked) == 3
