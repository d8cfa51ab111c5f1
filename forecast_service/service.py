"""Takes orders, computes them in the worker pool, and stores each result with its status."""

from __future__ import annotations

import asyncio
import logging
from uuid import uuid4

from common.domain.errors import Busy, DeadlineExceeded, Failure, ForecastFailed, InvalidRequest
from common.domain.markets.dates import exchange_day
from common.redis.client.failures import RedisAway
from common.redis.leases import LeaseKeeper
from common.redis.requests.results import Result
from common.redis.schema.keys import result_key
from common.redis.stores import RedisStores
from common.rpc.messages import Order, Reply, make_accepted_reply
from common.runtime.logs import log_context
from common.runtime.metrics import FAILURES, ORDERS, PRICES_AGE_DAYS, STAGE_SECONDS, show_orders
from common.runtime.supervision import LoopName, TaskLoop
from forecast_service.workers.outcome import PricesGone, WorkerLost, WorkerOutput
from forecast_service.workers.pool import WorkerPool

MAX_ORDERS_PER_WORKER = 24
"""Further orders are refused, because they would wait past their deadlines."""
ADVERTISE_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class ForecastOrderHandler:
    """Handles the orders of one service process."""

    def __init__(self, stores: RedisStores, leases: LeaseKeeper, pool: WorkerPool) -> None:
        self._stores = stores
        self._leases = leases
        self._pool = pool
        self._max_orders = MAX_ORDERS_PER_WORKER * pool.size
        self._tasks: set[asyncio.Task[None]] = set()
        self._name = str(uuid4())
        self.capacity = TaskLoop(LoopName.CAPACITY, self.advertise_capacity, every_s=ADVERTISE_EVERY_S)
        show_orders(lambda: len(self._tasks), pool.size, self._max_orders)

    async def take(self, order: Order) -> Reply:
        """Accept an order and start its work, unless this attempt has started before.

        Raises:
            InvalidRequest: the order names no version of the prices.
            Busy: too many orders are under way, or Redis cannot be reached.
        """
        if order.prices_version is None:
            raise InvalidRequest("An order for a forecast needs prices_version.")
        self.check_capacity()
        left_ms = await asyncio.to_thread(self._stores.attempts.begin, order, "forecasting")
        if left_ms:
            ORDERS.labels(str(order.attempt)).inc()
            task = asyncio.create_task(self._work(order, left_ms / 1000))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return make_accepted_reply(order.request_id)

    async def advertise_capacity(self) -> None:
        """Advertise the number of orders that this service takes at once, so that no more requests are accepted."""
        try:
            await asyncio.to_thread(self._stores.capacity.advertise, self._name, self._max_orders)
        except Busy as failure:
            _log.warning("the capacity could not be advertised: %s", failure)

    def check_capacity(self) -> None:
        """Raise :class:`Busy` where the service takes no further order."""
        if len(self._tasks) >= self._max_orders:
            raise Busy

    async def drain(self) -> None:
        """Wait for the orders under way to end. Each has a deadline."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, order: Order, limit_s: float) -> None:
        """Carry out an order. Where Redis does not store its end, its lease runs out and ingestion reclaims it."""
        with log_context(order.request_id, order.ticker, "forecasting"):
            try:
                await self._carry_out(order, limit_s)
            except Busy:
                _log.warning("the end could not be written; the lease runs out")

    async def _carry_out(self, order: Order, limit_s: float) -> None:
        try:
            output = await self._output(order, limit_s)
        except asyncio.CancelledError:
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
            _log.exception("the forecast failed")
            await self._fail(order, ForecastFailed())
        else:
            await self._finish(order, output)

    async def _output(self, order: Order, limit_s: float) -> WorkerOutput:
        today = exchange_day(await asyncio.to_thread(self._stores.clock.now), order.ticker)
        loop = asyncio.get_running_loop()
        computing = asyncio.ensure_future(self._pool.compute(order.question, today))

        def cancel() -> None:
            loop.call_soon_threadsafe(computing.cancel)

        with self._leases.renew_lease(order, on_lost=cancel):
            return await asyncio.wait_for(computing, limit_s)

    async def _finish(self, order: Order, output: WorkerOutput) -> None:
        key = result_key(order.question, output.version, output.counted_from)
        result = Result(output.body, output.png, output.svg_gzip)
        done = await asyncio.to_thread(self._stores.attempts.finish, order, key, result, output.ledger_entry)
        _log.info("done" if done else "refused: a newer attempt is current")
        _observe(output)

    async def _fail(self, order: Order, failure: Failure) -> None:
        _log.info("failed: %s", failure, extra={"code": failure.code})
        FAILURES.labels(failure.code).inc()
        await asyncio.to_thread(self._stores.attempts.fail, order, failure)


def _observe(output: WorkerOutput) -> None:
    PRICES_AGE_DAYS.observe(output.age_days)
    for stage, milliseconds in output.timings_ms.items():
        STAGE_SECONDS.labels(stage).observe(milliseconds / 1000)
