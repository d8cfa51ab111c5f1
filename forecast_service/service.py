"""Takes orders, computes them in the worker pool, and stores each result with its status."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from uuid import uuid4

from common.domain.errors import Busy, DeadlineExceeded, Failure, ForecastFailed, InvalidRequest
from common.domain.kinds import CostClass, kind_of
from common.domain.markets.dates import counting_start, exchange_day
from common.domain.progress import WorkProgress
from common.redis.client.failures import RedisAway
from common.redis.leases import LeaseKeeper
from common.redis.requests.attempts import AttemptStore
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from common.redis.stores import RedisStores
from common.rpc.messages import Order, Reply, make_accepted_reply
from common.runtime.logs import log_context
from common.runtime.metrics import FAILURES, ORDERS, PRICES_AGE_DAYS, STAGE_SECONDS, show_orders
from common.runtime.supervision import LoopName, TaskLoop
from common.runtime.tracing.spans import mark_failed, span
from forecast_service.calls.input import CallInput
from forecast_service.calls.named_request import NO_SOURCES
from forecast_service.calls.output import CallOutput, PricesGone
from forecast_service.named_requests import read_sources
from forecast_service.workers.pool import WorkerLost, WorkerPool

MOST_ORDERS_PER_WORKER = {CostClass.QUICK: 24, CostClass.LONG: 1}
"""Further orders are refused. Quick work would wait past its deadline; another service may be idle for long work."""
ADVERTISE_EVERY_S = 1.0
STORE_PROGRESS_EVERY_S = 0.2
_log = logging.getLogger(__name__)


class ForecastOrderHandler:
    """Handles the orders of one service process.

    Args:
        stores: the stores in Redis.
        leases: renews the leases of the orders under way.
        pools: the worker processes of each class of work.
        user_models: the names of the users' models that the workers have.
    """

    def __init__(
        self,
        stores: RedisStores,
        leases: LeaseKeeper,
        pools: Mapping[CostClass, WorkerPool],
        user_models: Sequence[str] = (),
    ) -> None:
        self._stores = stores
        self._leases = leases
        self._user_models = user_models
        self._pools = pools
        self._most = {cost: MOST_ORDERS_PER_WORKER[cost] * pool.size for cost, pool in pools.items()}
        self._tasks: dict[CostClass, set[asyncio.Task[None]]] = {cost: set() for cost in pools}
        self._is_draining = False
        self._beginning = dict.fromkeys(pools, 0)
        self._name = str(uuid4())
        self.capacity = TaskLoop(LoopName.CAPACITY, self.advertise_capacity, every_s=ADVERTISE_EVERY_S)
        quick = CostClass.QUICK
        show_orders(lambda: len(self._tasks[quick]), pools[quick].size, self._most[quick])

    async def take(self, order: Order) -> Reply:
        """Accept an order and start its work, unless this attempt has started before.

        Raises:
            InvalidRequest: the order names no version of the prices.
            Busy: too many orders are under way, or Redis cannot be reached.
        """
        if order.prices_version is None and order.question.needs_prices:
            raise InvalidRequest("An order for a forecast needs prices_version.")
        cost = kind_of(order.question).cost
        self.check_capacity(cost)
        self._beginning[cost] += 1  # a further order may arrive before Redis replies
        try:
            left_ms = await asyncio.to_thread(self._stores.attempts.begin, order, "forecasting")
        finally:
            self._beginning[cost] -= 1
        if left_ms:
            ORDERS.labels(str(order.attempt)).inc()
            task = asyncio.create_task(self._work(order, left_ms / 1000))
            self._tasks[cost].add(task)
            task.add_done_callback(self._tasks[cost].discard)
        return make_accepted_reply(order.request_id)

    async def advertise_capacity(self) -> None:
        """Advertise the number of orders of each class that this service takes at once, and its users' models.

        No more requests of quick work are accepted, and no more of long work begin. A draining service takes none.
        """
        if self._is_draining:
            return
        try:
            for cost, most in self._most.items():
                await asyncio.to_thread(self._stores.capacity.advertise, self._name, most, cost)
            await asyncio.to_thread(self._stores.user_models.advertise, self._user_models)
        except Busy as failure:
            _log.warning("the capacity could not be advertised: %s", failure)

    def check_capacity(self, cost: CostClass = CostClass.QUICK) -> None:
        """Raise :class:`Busy` where the service takes no further order of this class of work."""
        if len(self._tasks[cost]) + self._beginning[cost] >= self._most[cost]:
            raise Busy

    async def drain(self) -> None:
        """Wait for the orders of quick work to end. Requeue long work, which may take minutes and loses no attempt."""
        self._is_draining = True
        for task in self._tasks.get(CostClass.LONG, ()):
            task.cancel()
        await asyncio.gather(*itertools.chain(*self._tasks.values()), return_exceptions=True)

    async def _work(self, order: Order, limit_s: float) -> None:
        """Carry out an order. Where Redis does not store its end, its lease runs out and ingestion reclaims it."""
        with span("forecast"), log_context(order.request_id, order.ticker, "forecasting"):
            try:
                await self._carry_out(order, limit_s)
            except Busy:
                _log.warning("the end could not be written; the lease runs out")

    async def _carry_out(self, order: Order, limit_s: float) -> None:
        try:
            today = exchange_day(await asyncio.to_thread(self._stores.clock.now), order.ticker)
            output = await self._output(order, today, limit_s)
        except asyncio.CancelledError:
            if self._is_draining:
                _log.info("the service stops; the request is requeued")
                await asyncio.to_thread(partial(self._stores.attempts.requeue, order, counts=False))
            else:
                _log.info("cancelled: a newer attempt is current")
        except PricesGone as exc:
            _log.warning("prices gone: %s", exc)
            await asyncio.to_thread(
                self._stores.price_notes.invalidate_prices, order.ticker, order.prices_version or ""
            )
            await asyncio.to_thread(self._stores.attempts.requeue, order)
        except WorkerLost as exc:
            _log.warning("worker lost: %s", exc)
            await asyncio.to_thread(self._stores.attempts.requeue, order)
        except RedisAway:
            raise
        except TimeoutError:
            await self._fail(order, DeadlineExceeded())
        except Failure as failure:
            await self._fail(order, failure)
        except Exception:  # noqa: BLE001 - a defect of the service ends the request as well
            _log.exception("the call failed")
            await self._fail(order, ForecastFailed())
        else:
            await self._finish(order, output, today)

    async def _output(self, order: Order, today: date, limit_s: float) -> CallOutput:
        loop = asyncio.get_running_loop()
        pool = self._pools[kind_of(order.question).cost]
        reports = ProgressWriter(self._stores.attempts, order)

        async def compute() -> CallOutput:
            sources = NO_SOURCES
            if order.question.named_requests:
                sources = await asyncio.to_thread(read_sources, self._stores, order)
            call = CallInput(order.question, today, order.prices_version, sources)
            return await pool.compute(call, reports.add, limit_s)

        computing = asyncio.ensure_future(compute())

        def cancel() -> None:
            loop.call_soon_threadsafe(computing.cancel)

        try:
            with self._leases.renew_lease(order, on_lost=cancel):
                return await asyncio.wait_for(computing, limit_s)
        finally:
            reports.stop()

    async def _finish(self, order: Order, output: CallOutput, today: date) -> None:
        counted_from, is_reusable = counting_start(output.last, today), output.is_reusable
        key = result_key(order.question, output.version, counted_from, output.body, is_reusable=is_reusable)
        result = Result(output.body, output.png, output.svg_gzip, output.pdf, output.html_gzip)
        with span("store result"):
            done = await asyncio.to_thread(self._stores.attempts.finish, order, key, result, output.ledger_entry)
        _log.info("done" if done else "refused: a newer attempt is current")
        if order.question.needs_prices:
            PRICES_AGE_DAYS.observe((today - output.last).days)
        for stage, milliseconds in output.timings_ms.items():
            STAGE_SECONDS.labels(stage).observe(milliseconds / 1000)

    async def _fail(self, order: Order, failure: Failure) -> None:
        _log.info("failed: %s", failure, extra={"code": failure.code})
        FAILURES.labels(failure.code).inc()
        mark_failed(failure.code)
        await asyncio.to_thread(self._stores.attempts.fail, order, failure)


class ProgressWriter:
    """Stores the reports of progress of one order, a few times a second; only the newest waits."""

    def __init__(self, attempts: AttemptStore, order: Order) -> None:
        self._attempts = attempts
        self._order = order
        self._newest: WorkProgress | None = None
        self._task: asyncio.Task[None] | None = None

    def add(self, progress: WorkProgress) -> None:
        """Store a report, after the one that is being stored."""
        self._newest = progress
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store())

    def stop(self) -> None:
        """Leave out the reports that are not stored yet, because the work has ended."""
        self._newest = None
        if self._task is not None:
            self._task.cancel()

    async def _store(self) -> None:
        while (progress := self._newest) is not None:
            self._newest = None
            try:
                await asyncio.to_thread(self._attempts.report, self._order, progress)
            except Busy as failure:
                _log.warning("the progress could not be stored: %s", failure)
            await asyncio.sleep(STORE_PROGRESS_EVERY_S)
