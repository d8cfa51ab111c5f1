"""Waiting orders and commands: none delays another that can be processed at once."""

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
from common.domain.questions import ForecastQuestion
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
"""Seconds; only a test that hangs takes longer, even on a busy machine."""
ANYWHERE = Address("127.0.0.1", 0)


def in_event_loop(test):
    """Return a test that runs a coroutine function."""

    @wraps(test)
    def run(**fixtures):
        asyncio.run(test(**fixtures))

    return run


def series(ticker):
    days = pd.bdate_range(end=LAST, periods=100, name="date")
    closes = 100.0 + np.arange(100.0)
    return PriceSeries(ticker, "tiingo", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=days))


class HeldProvider:
    """A provider that returns nothing until it is released, and records the requested tickers."""

    name = "tiingo"

    def __init__(self):
        self.asked = []
        self.released = threading.Event()

    def fetch(self, ticker, *, since, timeout_s):
        self.asked.append(ticker)
        assert self.released.wait(PATIENCE_S)
        return series(ticker)


@dataclass
class RunningService:
    """A service under test, the orders that it delivered, and its components."""

    service: IngestionService
    handed_on: asyncio.Queue[Order]
    source: HeldProvider
    redis_stores: object

    async def order(self, ticker, days=30, budget_ms=60_000):
        """Accept a request and its order; return the request's id."""
        question, request_id = ForecastQuestion(ticker=ticker, days=days), str(uuid4())
        await asyncio.to_thread(self.redis_stores.requests.accept, request_id, question, budget_ms)
        await self.service.take(Order(question=question, request_id=request_id, attempt=1, budget_ms=budget_ms))
        return request_id

    async def next_ticker(self):
        """Return the ticker of the next delivered order."""
        return (await asyncio.wait_for(self.handed_on.get(), PATIENCE_S)).ticker

    async def until(self, holds):
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - what is waited for is in other threads and in Redis
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(redis_stores, store):
    """Yield an ingestion service with a held provider, and a forecast service that accepts every order."""
    source, handed_on, leases = HeldProvider(), asyncio.Queue(), LeaseKeeper(redis_stores.attempts)

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
        yield RunningService(service, handed_on, source, redis_stores)
    finally:
        source.released.set()
        await service.drain()
        await forecast.stop()
        leases.stop()


def stored(store, ticker):
    store.write(series(ticker), fetched_at=datetime.now(UTC), replacing=None)


@in_event_loop
async def test_one_slow_ticker_at_many_horizons_does_not_delay_another(redis_stores, store):
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
async def test_many_slow_tickers_do_not_delay_one_with_stored_prices(redis_stores, store):
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
async def test_orders_that_wait_for_another_replicas_lock_delay_no_other_order(redis_stores, store):
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
async def test_a_cancelled_request_stops_waiting_for_a_provider(redis_stores, store):
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
async def test_an_order_past_its_deadline_stops_waiting_and_others_continue(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        free = ingestion.service._free_capacity()
        short = await ingestion.order("SLOW", 1, budget_ms=1500)
        await ingestion.until(lambda: ingestion.source.asked)
        long = await ingestion.order("SLOW", 2)
        await ingestion.until(lambda: ingestion.service._free_capacity() == free - 1)
        assert redis_stores.requests.read(short).failure.code == "deadline_exceeded"
        ingestion.source.released.set()
        assert (await ingestion.handed_on.get()).request_id == long


@in_event_loop
async def test_the_delivered_budget_is_reduced_by_the_wait(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        await ingestion.order("SLOW", budget_ms=50_000)
        await ingestion.until(lambda: ingestion.source.asked)
        await asyncio.sleep(0.5)
        ingestion.source.released.set()
        assert (await ingestion.handed_on.get()).budget_ms <= 49_500


def command(action, ticker, budget_ms=60_000):
    return PricesCommand(request_id=str(uuid4()), action=action, ticker=ticker, budget_ms=budget_ms)


@in_event_loop
async def test_commands_that_wait_for_a_tickers_lock_delay_no_other_ticker(redis_stores, store):
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
async def test_a_waiting_command_ends_at_its_deadline(redis_stores, store):
    async with running(redis_stores, store) as ingestion:
        with redis_stores.price_notes.lock_refresh("SLOW", wait_s=0), pytest.raises(Busy):
            await ingestion.service.handle_command(command("untrack", "SLOW", budget_ms=200))


def test_a_look_up_ends_if_the_prices_change_during_each_try(redis_stores, store, monkeypatch):
    source = HeldProvider()
    source.released.set()
    monkeypatch.setattr(store, "write", lambda *_, **__: (_ for _ in ()).throw(ObjectChanged()))
    with pytest.raises(Busy):
        PriceKeeper(redis_stores, store, [source], timedelta(days=1)).ensure_fresh("AAPL", PATIENCE_S)
    assert len(source.asked) == 3
