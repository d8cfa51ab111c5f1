"""The ingestion service: ensures fresh prices for orders, delivers them, reclaims lost requests, executes commands."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from common.domain.errors import BadRequest, Busy, DeadlineExceeded, Failure, ForecastFailed
from common.domain.kinds import CostClass, kind_of
from common.redis.client.failures import RedisAway
from common.redis.leases import LeaseKeeper
from common.redis.locks import Locked
from common.redis.requests.attempts import AttemptStore, NeedsNewerVersion
from common.rpc.addresses import Address
from common.rpc.messages import CommandResult, Order, PricesCommand, Reply, make_accepted_reply
from common.rpc.tcp import REPLY_TIMEOUT_S, ConnectionLost, NoReply, deliver
from common.runtime.call_time_limits import call_deadline
from common.runtime.logs import log_context
from common.runtime.metrics import FAILURES, ORDERS, STAGE_SECONDS, TAKEN_OVER, show_orders
from common.runtime.supervision import LoopName, TaskLoop
from common.runtime.tracing.spans import mark_failed, span
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.prices.lookups import PROVIDER_THREADS, PriceLookups, lock_attempts, lock_timeout_failure
from ingestion_service.worker_threads import WorkerThreads

BOOKKEEPING_THREADS = 16
DELIVERY_THREADS = 16
COMMAND_THREADS = 16
"""Commands have their own threads, so that no forecast waits for a refresh."""
MAX_ORDERS = 256
"""Further orders are rejected, because they would wait past their deadlines."""
MAX_COMMANDS = 64
"""Further commands are rejected. A command that waits for a ticker's lock holds no thread."""
RECLAIM_EVERY_S = 0.5
RECLAIM_AGAIN_S = 0.1
"""Seconds after a lost request was found: the next request of the same batch may be waiting."""
DELIVERY_MARGIN_S = 1.0
"""Seconds before an order's deadline at which delivery is given up, so that the failure can still be written."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
"""Seconds between two attempts to deliver an order to an unreachable or busy forecast service."""
_log = logging.getLogger(__name__)


class Commands(Protocol):
    """Executes commands about stored prices."""

    def execute(self, command: PricesCommand, budget_s: float, *, is_first_try: bool = True) -> CommandResult:
        """Execute a command without waiting for the ticker's lock; return its result.

        Raises:
            Locked: another caller holds the lock; the command may be tried again.
            Failure: the command failed.
        """
        ...


class ServiceStopping(Exception):
    """The service stops, and leaves an order to another replica."""


class IngestionService:
    """The service of one process. Blocking calls run in threads; the state belongs to the event loop."""

    def __init__(
        self,
        attempts: AttemptStore,
        leases: LeaseKeeper,
        prices: PriceKeeper,
        commands: Commands,
        forecast: Address,
    ) -> None:
        self._attempts = attempts
        self._leases = leases
        self._price_commands = commands
        self._forecast = forecast
        self._bookkeeping = WorkerThreads(BOOKKEEPING_THREADS, "bookkeeping")
        self._delivery_threads = WorkerThreads(DELIVERY_THREADS, "delivery")
        self._command_threads = WorkerThreads(COMMAND_THREADS, "command")
        self._lookups = PriceLookups(prices, self._bookkeeping)
        self._commands = 0
        self._is_draining = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.recovery = TaskLoop(LoopName.LOST_REQUESTS, self.reclaim_lost, every_s=RECLAIM_EVERY_S)
        show_orders(lambda: len(self._tasks), PROVIDER_THREADS, MAX_ORDERS)

    async def take(self, order: Order) -> Reply:
        """Accept an order and process it in the background. An attempt that was begun before is not repeated.

        Raises:
            Busy: the service is at capacity, or Redis cannot be reached.
        """
        if len(self._tasks) >= MAX_ORDERS:
            raise Busy
        asked_at = time.monotonic()
        try:
            left_ms = await self._bookkeeping.run(self._attempts.begin, order, "ingesting")
        except NeedsNewerVersion:
            _log.warning("the request needs a newer version of this service, which will reclaim it")
            return make_accepted_reply(order.request_id)
        if left_ms:
            ORDERS.labels(str(order.attempt)).inc()
            task = asyncio.create_task(self._process(order, asked_at + left_ms / 1000))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return make_accepted_reply(order.request_id)

    async def handle_command(self, command: PricesCommand) -> Reply:
        """Execute a command; return the reply with its outcome.

        Raises:
            Failure: the command failed, or did not end within its time limit.
        """
        if self._commands >= MAX_COMMANDS:
            raise Busy
        self._commands += 1
        try:
            return await self._execute_when_unlocked(command, time.monotonic() + command.budget_ms / 1000)
        finally:
            self._commands -= 1

    async def reclaim_lost(self) -> float | None:
        """Reclaim requests whose lease ran out, and process them; return the seconds until the next search."""
        try:
            orders = await asyncio.to_thread(self._attempts.reclaim, self._free_capacity())
        except Busy as failure:
            _log.warning("lost requests could not be reclaimed: %s", failure)
            return None
        for order in orders:
            await self._restart(order)
            self.recovery.heartbeat.beat()
        return RECLAIM_AGAIN_S if orders else None

    async def _restart(self, order: Order) -> None:
        with log_context(order.request_id, order.ticker, "reclaiming"):
            if order.attempt == 1:
                _log.info("started as the next request of its queue")
            else:
                _log.warning("reclaimed", extra={"attempt": order.attempt})
                TAKEN_OVER.inc()
            try:
                await self.take(order)
            except Failure as failure:
                _log.warning("not started; it will be reclaimed when its lease ends: %s", failure)
            except Exception:  # noqa: BLE001 - one request must not stop the others
                _log.exception("not started; it will be reclaimed when its lease ends")

    def check_capacity(self) -> None:
        """Raise :class:`Busy` if no further order would be accepted."""
        if not self._free_capacity():
            raise Busy

    async def drain(self) -> None:
        """Wait until the accepted orders are delivered or have failed.

        Long work that cannot be delivered now is requeued, and loses no attempt: its deadline is minutes away.
        """
        self._is_draining = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lookups.shutdown()
        for threads in (self._bookkeeping, self._delivery_threads, self._command_threads):
            threads.shutdown()

    def _free_capacity(self) -> int:
        return max(MAX_ORDERS - len(self._tasks), 0)

    async def _execute_when_unlocked(self, command: PricesCommand, give_up: float) -> Reply:
        """Execute a command as soon as the ticker's lock is free."""
        with log_context(command.request_id, command.ticker, command.action):
            is_first_try = True
            async for _ in lock_attempts(give_up):
                try:
                    result = await self._command_threads.run(self._try_command, command, give_up, is_first_try)
                except Locked:
                    is_first_try = False
                else:
                    _log.info("prices command finished: %s", result.outcome)
                    return make_accepted_reply(command.request_id, result.outcome, result.report)
            raise lock_timeout_failure(command.ticker)

    def _try_command(self, command: PricesCommand, give_up: float, is_first_try: bool) -> CommandResult:
        left_s = give_up - time.monotonic()
        if left_s <= 0:
            raise Busy
        with call_deadline(left_s):
            return self._price_commands.execute(command, left_s, is_first_try=is_first_try)

    async def _process(self, order: Order, give_up: float) -> None:
        """Process an order until ``give_up`` (monotonic seconds), or until its lease is lost, as by a cancel."""
        with span("ingest"), log_context(order.request_id, order.ticker, "ingesting"):
            try:
                with self._leases.renew_lease(order, on_lost=_make_canceller()):
                    await self._deliver_or_fail(order, give_up)
            except asyncio.CancelledError:
                _log.info("stopped: the request was cancelled or reclaimed by another attempt")
                raise
            except ServiceStopping:
                await self._requeue(order)

    async def _deliver_or_fail(self, order: Order, give_up: float) -> None:
        try:
            async with asyncio.timeout(give_up - time.monotonic()):
                await self._fetch_and_deliver(order, give_up)
        except ServiceStopping:
            raise
        except RedisAway:
            _log.warning("Redis is unavailable; the request will be reclaimed when its lease ends")
        except TimeoutError:
            await self._fail(order, DeadlineExceeded())
        except Failure as failure:
            await self._fail(order, failure)
        except Exception:  # noqa: BLE001 - the client gets a failure, the log the traceback
            _log.exception("ingestion failed")
            await self._fail(order, ForecastFailed())

    async def _fetch_and_deliver(self, order: Order, give_up: float) -> None:
        if order.question.needs_prices:
            started = time.monotonic()
            version = await self._lookups.ensure_fresh(order.ticker, give_up)
            STAGE_SECONDS.labels("ingest").observe(time.monotonic() - started)
            order = order.model_copy(update={"prices_version": version})
        outcome = await self._deliver_with_retries(order, give_up)
        _log.info(outcome)

    async def _deliver_with_retries(self, order: Order, give_up: float) -> str:
        """Send an order until a forecast service accepts it; return the outcome for the log.

        A forecast service that does not understand the order has an older version; the next try may reach a newer one.

        Raises:
            ServiceStopping: the service stops, and the order is one of long work.
            DeadlineExceeded: no forecast service understood the order.
            Failure: the failure in the last reply, or that no forecast service could be reached.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._delivery_threads.run(self._deliver_once, order, give_up)
            except BadRequest as failure:
                _log.warning("a forecast service rejected the order: %s", failure)
                if _is_last_try(pause_s, give_up):
                    raise DeadlineExceeded from failure
            except Busy as failure:
                is_last_try = _is_last_try(pause_s, give_up)
                if isinstance(failure, NoReply) and (is_last_try or not isinstance(failure, ConnectionLost)):
                    # The forecast service may process the order; if it does not, the lease runs out.
                    return "delivered without a reply"
                if is_last_try:
                    raise
            else:
                return "delivered"
            if self._is_draining and kind_of(order.question).cost is CostClass.LONG:
                raise ServiceStopping
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _deliver_once(self, order: Order, give_up: float) -> None:
        left_s = max(give_up - time.monotonic(), 0)
        current = order.model_copy(update={"budget_ms": int(left_s * 1000)})
        deliver(self._forecast, current, 0, within_s=min(REPLY_TIMEOUT_S, left_s))

    async def _requeue(self, order: Order) -> None:
        _log.info("the service stops; the request is requeued")
        try:
            await self._bookkeeping.run(partial(self._attempts.requeue, order, counts=False))
        except Busy:
            _log.warning("the request could not be requeued; its lease runs out")

    async def _fail(self, order: Order, failure: Failure) -> None:
        _log.info("failed: %s", failure, extra={"code": failure.code})
        FAILURES.labels(failure.code).inc()
        mark_failed(failure.code)
        try:
            await self._bookkeeping.run(self._attempts.fail, order, failure)
        except Busy:
            _log.warning("the failure could not be stored")


def _is_last_try(pause_s: float, give_up: float) -> bool:
    """Return whether a try after ``pause_s`` seconds would leave no time to write a failure by ``give_up``."""
    return time.monotonic() + pause_s >= give_up - DELIVERY_MARGIN_S


def _make_canceller() -> Callable[[], None]:
    """Return a function that cancels the current task. Other threads may call it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - the caller runs in a task

    def cancel() -> None:
        loop.call_soon_threadsafe(task.cancel)

    return cancel
