"""The forecast service with real worker processes, Redis and S3."""

import asyncio
import errno
import gzip
import json
import os
import signal
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pebble import ProcessPool
from pebble.pool.base_pool import PoolStatus
from pebble.pool.process import PoolManager

from common.domain.errors import Busy, InvalidRequest
from common.domain.kinds import FORECAST, KINDS, CostClass
from common.domain.progress import WorkProgress
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.redis.leases import LeaseKeeper
from common.redis.schema.lifetimes import MAX_ATTEMPTS
from common.rpc.messages import Order
from common.s3.price_store import PriceStore, make_s3_client
from forecast_service.calls.input import CallInput
from forecast_service.charts.chart import draw_chart
from forecast_service.service import ForecastOrderHandler, ProgressWriter
from forecast_service.workers.pool import WorkerLost, WorkerPool, _Worker
from ingestion_service.prices.checks import check_series
from ingestion_service.providers.sample import Sample
from test_support.waiting import PATIENCE_S, until
from tests.conftest import BUCKET, s3_environment
from tests.integration.webserver.test_prices_api import series as stored_series

ASKED = ForecastQuestion(ticker="AAPL", days=30)


@pytest.fixture(scope="module")
def loop():
    """One event loop for the module, in which the pool lives."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pool(loop, s3_server_url):
    """One pool for the module, because its workers take seconds to import Prophet."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_environment(s3_server_url).items():
            patch.setenv(name, value)

        async def started():
            pool = WorkerPool(BUCKET)
            pool.start()
            await pool.ready()
            return pool

        pool = loop.run(started())
        yield pool
        loop.run(pool.stop())


@pytest.fixture
def version(s3_bucket):
    client = make_s3_client()
    series = check_series(Sample().fetch("AAPL", since=datetime.now(UTC).date(), timeout_s=5), datetime.now(UTC))
    yield PriceStore(client, s3_bucket).write(series, fetched_at=datetime.now(UTC), replacing=None).version
    client.close()


@asynccontextmanager
async def service_of(redis_stores, pool):
    leases = LeaseKeeper(redis_stores.attempts)
    leases.start()
    service = ForecastOrderHandler(redis_stores, leases, {CostClass.QUICK: pool})
    yield service
    await service.drain()
    leases.stop()


def order(redis_stores, version, question=ASKED, budget_ms=300_000):
    request_id = str(uuid4())
    redis_stores.requests.accept(request_id, question, budget_ms)
    return Order(question=question, request_id=request_id, attempt=1, budget_ms=budget_ms, prices_version=version)


def carried_out(loop, redis_stores, pool, *orders):
    """Carry out the orders; return their records."""

    async def run():
        async with service_of(redis_stores, pool) as service:
            for each in orders:
                await service.take(each)

    loop.run(run())
    return [redis_stores.requests.read(each.request_id) for each in orders]


def test_order_ends_as_a_result_with_its_chart(loop, redis_stores, pool, version):
    (record,) = carried_out(loop, redis_stores, pool, order(redis_stores, version))
    assert record.status == "done"
    result = redis_stores.results.result(record.result_key)
    body = json.loads(result.body)
    assert result.png.startswith(b"\x89PNG")
    assert b"<title>AAPL: " in gzip.decompress(result.svg_gzip)
    assert (body["ticker"], body["days"], body["as_of"], body["data"]["version"]) == ("AAPL", 30, "2013-03-01", version)
    assert body["interval"]["lower"] < body["predicted_price"] < body["interval"]["upper"]
    assert {"read", "fit", "draw", "total"} <= set(body["timings_ms"])
    assert version in record.result_key


def stored(s3_bucket, **changes):
    """Store prices with the last three closes multiplied by ``factor``; return the version."""
    client = make_s3_client()
    plain = stored_series(ticker="AAPL", rows=300)
    frame = plain.frame.copy()
    frame.iloc[-3:] *= changes.pop("factor", 1.0)
    facts = PriceStore(client, s3_bucket).write(
        replace(plain, frame=frame, **changes), fetched_at=datetime.now(UTC), replacing=None
    )
    client.close()
    return facts.version


def test_stored_prices_that_change_their_unit_end_as_implausible_prices(loop, redis_stores, pool, s3_bucket):
    version = stored(s3_bucket, factor=0.01)
    (record,) = carried_out(loop, redis_stores, pool, order(redis_stores, version))
    assert (record.status, record.failure.code) == ("failed", "implausible_prices")
    assert "change their unit" in record.failure.detail


def test_stored_flags_are_in_the_result_and_its_chart(loop, redis_stores, pool, s3_bucket):
    day = stored_series(rows=300).frame.index[-3].date()
    version = stored(s3_bucket, factor=0.25, flags=(f"looks like a split on {day}",))
    (record,) = carried_out(loop, redis_stores, pool, order(redis_stores, version))
    result = redis_stores.results.result(record.result_key)
    made = Forecast.model_validate_json(result.body)
    assert f"looks like a split on {day}" in made.data.flags[0]
    chart, plain = draw_chart(made), draw_chart(made.model_copy(update={"data": without_flags(made)}))
    assert (chart.png, chart.svg_gzip) == (result.png, result.svg_gzip)
    assert (chart.png, chart.svg_gzip) != (plain.png, plain.svg_gzip)


def without_flags(made):
    return made.data.model_copy(update={"flags": []})


def test_repeated_order_is_accepted_and_starts_one_task(loop, redis_stores, pool, version):
    wanted = order(redis_stores, version)

    async def run():
        async with service_of(redis_stores, pool) as service:
            replies = [await service.take(wanted) for _ in range(3)]
            assert len(service._tasks[CostClass.QUICK]) == 1
            return replies

    assert [reply.status for reply in loop.run(run())] == ["accepted"] * 3


def test_missing_prices_are_invalidated_and_the_order_is_requeued(loop, redis_stores, pool, s3_bucket):
    wanted = order(redis_stores, "a" * 64)
    (record,) = carried_out(loop, redis_stores, pool, wanted)
    assert not record.ended
    assert redis_stores.price_notes.is_invalidated("AAPL", "a" * 64)
    assert [claimed.attempt for claimed in redis_stores.attempts.reclaim(1)] == [2]


def test_killed_worker_costs_one_attempt_of_its_own_order(loop, redis_stores, pool, version, monkeypatch):
    monkeypatch.setattr("forecast_service.workers.pool._compute", kill_worker)
    (record,) = carried_out(loop, redis_stores, pool, order(redis_stores, version))
    assert not record.ended
    assert [claimed.attempt for claimed in redis_stores.attempts.reclaim(1)] == [2]
    monkeypatch.undo()
    (record,) = carried_out(
        loop, redis_stores, pool, order(redis_stores, version, ForecastQuestion(ticker="AAPL", days=31))
    )
    assert record.status == "done"


def test_the_newest_report_of_progress_is_stored_however_soon_it_follows_another(loop, redis_stores, version):
    begun = order(redis_stores, version)
    redis_stores.attempts.begin(begun, "forecasting")

    async def report():
        writer = ProgressWriter(redis_stores.attempts, begun)
        for number in range(20):
            writer.add(WorkProgress(number / 100, f"step {number}"))
            await asyncio.sleep(0)
        newest = WorkProgress(0.19, "step 19")
        read = redis_stores.requests.read
        await asyncio.to_thread(until, lambda: read(begun.request_id).progress == newest, 60, "it is not stored")
        writer.add(WorkProgress(0.2, "the last step"))
        writer.stop()
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    left = loop.run(report())
    assert not [task for task in left if "ProgressWriter" in repr(task)], "it ends with the work"


def kill_worker(*_task):
    os.kill(os.getpid(), signal.SIGKILL)


def test_worker_that_dies_idle_is_replaced_without_a_lost_attempt(loop, redis_stores, pool, version):
    async def kill_all_idle():
        await asyncio.to_thread(until, lambda: len(pool._idle) == pool.size)
        for worker in pool._idle:
            for process in list(worker._pool._pool_manager.worker_manager.workers.values()):
                process.kill()
                process.join()

    loop.run(kill_all_idle())
    (record,) = carried_out(
        loop, redis_stores, pool, order(redis_stores, version, ForecastQuestion(ticker="AAPL", days=33))
    )
    assert (record.status, record.attempt) == ("done", 1)


def test_worker_that_dies_as_it_gets_a_task_loses_no_attempt(loop, redis_stores, pool, version, monkeypatch):
    schedule, died = PoolManager.schedule, threading.Event()

    def die_and_schedule(manager, task):
        if not died.is_set():
            died.set()
            for process in list(manager.worker_manager.workers.values()):
                process.kill()
            give_up = time.monotonic() + 60
            while manager.context.status != PoolStatus.ERROR and time.monotonic() < give_up:
                time.sleep(0.01)  # until pebble has dropped its tasks
        schedule(manager, task)

    monkeypatch.setattr(PoolManager, "schedule", die_and_schedule)
    asked = order(redis_stores, version, ForecastQuestion(ticker="AAPL", days=34), budget_ms=60_000)
    (record,) = carried_out(loop, redis_stores, pool, asked)
    assert died.is_set()
    assert (record.status, record.attempt) == ("done", 1)


def test_stopping_the_pool_fails_its_tasks_and_starts_no_process(s3_server_url, monkeypatch):
    for name, value in s3_environment(s3_server_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("forecast_service.workers.pool._compute", never_end)
    run_on, began = _Worker.run, asyncio.Event()

    async def run_and_tell(worker, *args):
        began.set()
        return await run_on(worker, *args)

    monkeypatch.setattr(_Worker, "run", run_and_tell)

    async def run():
        pool = WorkerPool(BUCKET, size=1)
        pool.start()
        await pool.ready()
        today = datetime.now(UTC).date()
        making = [asyncio.ensure_future(pool.compute(CallInput(ASKED, today))) for _ in range(3)]
        async with asyncio.timeout(60):
            await began.wait()
            await pool.stop()
            for each in (*making, pool.compute(CallInput(ASKED, today))):
                with pytest.raises(WorkerLost):
                    await each
        return [worker._pool for worker in pool._workers], pool._tasks

    assert asyncio.run(run()) == ([None], set())


def test_tasks_get_a_worker_in_order_and_a_cancelled_one_gives_it_back(s3_server_url, monkeypatch):
    for name, value in s3_environment(s3_server_url).items():
        monkeypatch.setenv(name, value)

    async def run():
        pool = WorkerPool(BUCKET, size=1)
        pool.start()
        await pool.ready()

        def release(worker):
            pool._busy.discard(worker)
            pool._release(worker)

        worker = await pool._acquire()
        cancelled_early, cancelled_late, first, second = (asyncio.ensure_future(pool._acquire()) for _ in range(4))
        await asyncio.sleep(0)
        cancelled_early.cancel()
        await asyncio.sleep(0)
        release(worker)
        cancelled_late.cancel()  # it has the worker, and has not gone on yet
        assert await first is worker
        assert not second.done()
        release(worker)
        assert await second is worker
        assert cancelled_early.cancelled()
        assert cancelled_late.cancelled()
        release(worker)
        assert list(pool._idle) == [worker]
        await pool.stop()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_worker_that_is_stopped_twice_at_once_stops_once(s3_server_url, monkeypatch):
    for name, value in s3_environment(s3_server_url).items():
        monkeypatch.setenv(name, value)

    worker, stop, others = _Worker(BUCKET, niceness=5), ProcessPool.stop, []

    def stop_while_another_does(pool):
        others.append(threading.Thread(target=worker.stop))
        if len(others) == 1:
            others[0].start()
            others[0].join(0.5)  # it waits for the lock of this call
        stop(pool)

    monkeypatch.setattr(ProcessPool, "stop", stop_while_another_does)
    asyncio.run(worker.restart())
    worker.stop()
    others[0].join()
    assert (worker._pool, len(others)) == (None, 1)


def test_worker_whose_restart_fails_has_not_started(s3_server_url, monkeypatch):
    for name, value in s3_environment(s3_server_url).items():
        monkeypatch.setenv(name, value)

    def without_descriptors(pool, *args, **kwargs):
        raise OSError(errno.EMFILE, "Too many open files")

    worker = _Worker(BUCKET, niceness=5)
    asyncio.run(worker.restart())
    assert worker.has_started
    monkeypatch.setattr(ProcessPool, "schedule", without_descriptors)
    with pytest.raises(OSError, match="Too many"):
        asyncio.run(worker.restart())
    assert not worker.has_started
    worker.stop()


def test_forecast_that_never_ends_is_killed_at_its_deadline(loop, redis_stores, pool, version, monkeypatch):
    monkeypatch.setattr("forecast_service.workers.pool._compute", never_end)
    (record,) = carried_out(loop, redis_stores, pool, order(redis_stores, version, budget_ms=500))
    assert record.failure.code == "deadline_exceeded"


def never_end(*_task):
    while True:
        pass


def test_order_without_a_prices_version_is_invalid(loop, redis_stores, pool):
    with pytest.raises(InvalidRequest):
        carried_out(loop, redis_stores, pool, order(redis_stores, None))


def test_full_service_is_busy(loop, redis_stores, pool, version):
    async def run():
        async with service_of(redis_stores, pool) as service:
            service._most[CostClass.QUICK] = 0
            await service.take(order(redis_stores, version))

    with pytest.raises(Busy):
        loop.run(run())


@asynccontextmanager
async def service_of_long_work(redis_stores, pool, monkeypatch):
    """A service with one worker for long work, which forecasts are here."""
    monkeypatch.setitem(KINDS, FORECAST.name, replace(FORECAST, cost=CostClass.LONG))
    long = WorkerPool(BUCKET, size=1, cost=CostClass.LONG)
    long.start()
    await long.ready()
    leases = LeaseKeeper(redis_stores.attempts)
    leases.start()
    service = ForecastOrderHandler(redis_stores, leases, {CostClass.QUICK: pool, CostClass.LONG: long})
    yield service
    await service.drain()
    await long.stop()
    leases.stop()


def test_long_work_is_refused_while_its_workers_are_busy(loop, redis_stores, pool, version, monkeypatch):
    monkeypatch.setattr("forecast_service.workers.pool._compute", never_end)
    orders = [order(redis_stores, version, ForecastQuestion(ticker="AAPL", days=days)) for days in (50, 51, 52)]

    async def run():
        async with service_of_long_work(redis_stores, pool, monkeypatch) as service:
            at_once = await asyncio.gather(*(service.take(each) for each in orders[:2]), return_exceptions=True)
            with pytest.raises(Busy):
                await service.take(orders[2])
            return [isinstance(reply, Busy) for reply in at_once]

    assert sorted(loop.run(run())) == [False, True]


def test_draining_requeues_long_work_without_the_loss_of_an_attempt(loop, redis_stores, pool, version, monkeypatch):
    monkeypatch.setattr("forecast_service.workers.pool._compute", never_end)
    asked = order(redis_stores, version, ForecastQuestion(ticker="AAPL", days=53))

    async def drain_with(one):
        async with service_of_long_work(redis_stores, pool, monkeypatch) as service:
            await service.take(one)
            await asyncio.to_thread(until, lambda: service._pools[CostClass.LONG]._busy)
            async with asyncio.timeout(60):
                await service.drain()

    loop.run(drain_with(asked))
    (again,) = redis_stores.attempts.reclaim(10)
    assert again.attempt == 2
    for _ in range(MAX_ATTEMPTS - 1):
        redis_stores.attempts.requeue(again)
        (again,) = redis_stores.attempts.reclaim(10)
    redis_stores.attempts.requeue(again)
    assert redis_stores.attempts.reclaim(10) == []
    assert redis_stores.requests.read(asked.request_id).failure.code == "worker_crashed"


def test_a_draining_service_advertises_no_capacity(loop, redis_stores, redis_client, pool, monkeypatch):
    async def run():
        async with service_of_long_work(redis_stores, pool, monkeypatch) as service:
            await service.drain()
            await service.advertise_capacity()

    loop.run(run())
    assert [redis_client.zcard(key) for key in ("rooms", "long_rooms")] == [0, 0]


def open_descriptors():
    """The number of open file descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_restarts_of_a_worker_leave_no_file_descriptor_open(s3_server_url, monkeypatch):
    for name, value in s3_environment(s3_server_url).items():
        monkeypatch.setenv(name, value)

    async def run():
        worker = _Worker(BUCKET, niceness=5)
        counts = []
        for _ in range(4):
            await worker.restart()
            counts.append(open_descriptors())
        worker.stop()
        worker.close_pipe()
        return counts

    counts = asyncio.run(run())
    assert counts[-1] <= counts[0]


def test_result_key_depends_on_the_flags_of_the_prices(loop, redis_stores, pool, s3_bucket):
    version = stored(s3_bucket, flags=("the source names no currency",))
    (record,) = carried_out(loop, redis_stores, pool, order(redis_stores, version))
    body = json.loads(redis_stores.results.result(record.result_key).body)
    assert body["data"]["flags"] == ["The source names no currency."]
    assert (body["data"]["version"], version in record.result_key) == (version, False)
