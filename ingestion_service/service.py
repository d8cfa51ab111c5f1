"""Takes orders, makes sure of the prices, hands on to the forecast service; takes up what died; obeys commands."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable

from common.domain.errors import BadRequest, Busy, DeadlineExceeded, Failure, ForecastFailed
from common.redis.client.failures import RedisAway
from common.redis.leases import LeaseKeeper
from common.redis.locks import Locked
from common.redis.requests.attempts import AttemptStore, NeedsNewerVersion
from common.rpc.addresses import Address
from common.rpc.messages import Order, Outcome, PricesCommand, Reply, accepted
from common.rpc.tcp import REPLY_TIMEOUT_S, ConnectionLost, NoReply, deliver
from common.runtime.call_time_limits import within
from common.runtime.logs import log_context
from common.runtime.metrics import FAILURES, ORDERS, STAGE_SECONDS, TAKEN_OVER, watch_orders
from common.runtime.supervision import LoopName, TaskLoop
from ingestion_service.prices.commands import Tracking
from ingestion_service.prices.keeper import PriceKeeper
from ingestion_service.prices.lookups import SOURCE_THREADS, PriceLookups, being_fetched, tries_at_a_lock
from ingestion_service.worker_threads import WorkerThreads

BOOKKEEPING_THREADS = 16
DELIVERY_THREADS = 16
COMMAND_THREADS = 16
"""Commands have threads of their own, so that no forecast waits for a refresh."""
MAX_ORDERS = 256
"""More than this at once are refused: they would wait past their deadlines."""
MAX_COMMANDS = 64
"""More than this at once are refused. Those that wait for a ticker's lock hold no thread."""
LOOK_FOR_LOST_EVERY_S = 0.5
LOOK_AGAIN_S = 0.1
"""How soon after one was found: of a batch the next may be waiting."""
HAND_ON_MARGIN_S = 1.0
"""Seconds before its deadline at which an order without a forecast service fails: its reason is written in these."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
"""Seconds before an order is sent again to a forecast service that is away or busy."""
_log = logging.getLogger(__name__)


class IngestionService:
    """One instance a process; its blocking work runs in threads, its bookkeeping in the event loop."""

    def __init__(
        self, attempts: AttemptStore, leases: LeaseKeeper, prices: PriceKeeper, tracking: Tracking, forecast: Address
    ) -> None:
        self._attempts = attempts
        self._leases = leases
        self._tracking = tracking
        self._forecast = forecast
        self._bookkeeping = WorkerThreads(BOOKKEEPING_THREADS, "bookkeeping")
        self._delivery_threads = WorkerThreads(DELIVERY_THREADS, "delivery")
        self._command_threads = WorkerThreads(COMMAND_THREADS, "command")
        self._lookups = PriceLookups(prices, self._bookkeeping)
        self._commands = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.recovery = TaskLoop(LoopName.LOST_REQUESTS, self.reclaim_lost, every_s=LOOK_FOR_LOST_EVERY_S)
        watch_orders(lambda: len(self._tasks), SOURCE_THREADS, MAX_ORDERS)

    async def take(self, order: Order) -> Reply:
        """Take an order; an attempt that is already under way, or over, is taken without doing it again.

        Raises:
            Busy: there is too much to do, or Redis cannot be reached.
        """
        if len(self._tasks) >= MAX_ORDERS:
            raise Busy
        asked_at = time.monotonic()
        try:
            left_ms = await self._bookkeeping.run(self._attempts.begin, order, "ingesting")
        except NeedsNewerVersion:
            _log.warning("the request needs a newer version of this service, which reclaims it")
            return accepted(order.request_id)
        if left_ms:
            ORDERS.labels(str(order.attempt)).inc()
            task = asyncio.create_task(self._work(order, asked_at + left_ms / 1000))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return accepted(order.request_id)

    async def obey(self, command: PricesCommand) -> Reply:
        """Carry a command out; the reply says what came of it.

        Raises:
            Failure: it could not be carried out, or not within its time.
        """
        if self._commands >= MAX_COMMANDS:
            raise Busy
        self._commands += 1
        try:
            return await self._carried_out(command, time.monotonic() + command.budget_ms / 1000)
        finally:
            self._commands -= 1

    async def reclaim_lost(self) -> float | None:
        """Look for requests whose attempt died, and start each again; return how soon to look for more."""
        try:
            orders = await asyncio.to_thread(self._attempts.reclaim, self._room())
        except Busy as failure:
            _log.warning("the search for lost requests failed: %s", failure)
            return None
        for order in orders:
            await self._take_up(order)
            self.recovery.heartbeat.beat()
        return LOOK_AGAIN_S if orders else None

    async def _take_up(self, order: Order) -> None:
        with log_context(order.request_id, order.ticker, "taking up"):
            if order.attempt == 1:
                _log.info("started as the next request of its batch")
            else:
                _log.warning("reclaimed", extra={"attempt": order.attempt})
                TAKEN_OVER.inc()
            try:
                await self.take(order)
            except Failure as failure:
                _log.warning("not started; it is reclaimed when its lease ends: %s", failure)
            except Exception:  # noqa: BLE001 - the last resort: one request does not stop the search for the others
                _log.exception("not started; it is reclaimed when its lease ends")

    def check_capacity(self) -> None:
        """Raise :class:`Busy` where no further order would be taken."""
        if not self._room():
            raise Busy

    async def drain(self) -> None:
        """Wait for the orders at work to be handed on or to fail."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lookups.shutdown()
        for threads in (self._bookkeeping, self._delivery_threads, self._command_threads):
            threads.shutdown()

    def _room(self) -> int:
        return max(MAX_ORDERS - len(self._tasks), 0)

    async def _carried_out(self, command: PricesCommand, give_up: float) -> Reply:
        """Carry a command out as soon as the ticker's lock is free."""
        with log_context(command.request_id, command.ticker, command.action):
            is_first_try = True
            async for _ in tries_at_a_lock(give_up):
                try:
                    outcome = await self._command_threads.run(self._try_command, command, give_up, is_first_try)
                except Locked:
                    is_first_try = False
                else:
                    _log.info("prices command finished: %s", outcome)
                    return accepted(command.request_id, outcome)
            raise being_fetched(command.ticker)

    def _try_command(self, command: PricesCommand, give_up: float, is_first_try: bool) -> Outcome:
        left_s = give_up - time.monotonic()
        if left_s <= 0:
            raise Busy
        with within(left_s):
            return self._tracking.carry_out(command, left_s, is_first_try=is_first_try)

    async def _work(self, order: Order, give_up: float) -> None:
        """See an order through until ``give_up`` (monotonic seconds), or until its lease is lost, as by a cancel."""
        with (
            log_context(order.request_id, order.ticker, "ingesting"),
            self._leases.holding(order, on_lost=_canceller()),
        ):
            try:
                await self._ingest(order, give_up)
            except asyncio.CancelledError:
                _log.info("stopped: the request was cancelled or reclaimed by another attempt")
                raise

    async def _ingest(self, order: Order, give_up: float) -> None:
        try:
            async with asyncio.timeout(give_up - time.monotonic()):
                await self._handed_on(order, give_up)
        except RedisAway:
            _log.warning("Redis is unavailable; the request is reclaimed when its lease ends")
        except TimeoutError:
            await self._fail(order, DeadlineExceeded())
        except Failure as failure:
            await self._fail(order, failure)
        except Exception:  # noqa: BLE001 - a failure of our own is a result too
            _log.exception("ingestion failed")
            await self._fail(order, ForecastFailed())

    async def _handed_on(self, order: Order, give_up: float) -> None:
        started = time.monotonic()
        version = await self._lookups.version(order.ticker, give_up)
        STAGE_SECONDS.labels("ingest").observe(time.monotonic() - started)
        outcome = await self._delivered(order.model_copy(update={"prices_version": version}), give_up)
        _log.info(outcome)

    async def _delivered(self, order: Order, give_up: float) -> str:
        """Send an order until a forecast service takes it; return what came of that.

        A forecast service that does not understand the order is an older version; the next try may reach a newer one.

        Raises:
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
                    # The forecast service may be at work on it; if it is not, the lease runs out.
                    return "handed on, unanswered"
                if is_last_try:
                    raise
            else:
                return "handed on"
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _deliver_once(self, order: Order, give_up: float) -> None:
        left_s = max(give_up - time.monotonic(), 0)
        aged = order.model_copy(update={"budget_ms": int(left_s * 1000)})
        deliver(self._forecast, aged, 0, within_s=min(REPLY_TIMEOUT_S, left_s))

    async def _fail(self, order: Order, failure: Failure) -> None:
        _log.info("failed: %s", failure, extra={"code": failure.code})
        FAILURES.labels(failure.code).inc()
        try:
            await self._bookkeeping.run(self._attempts.fail, order, failure)
        except Busy:
            _log.warning("the failure could not be stored")


def _is_last_try(pause_s: float, give_up: float) -> bool:
    """Return whether a try after ``pause_s`` seconds would be too late to write a reason by ``give_up``."""
    return time.monotonic() + pause_s >= give_up - HAND_ON_MARGIN_S


def _canceller() -> Callable[[], None]:
    """Make a function that cancels the current task, for other threads to call."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - it is called in a task

    def cancel() -> None:
        loop.call_soon_threadsafe(task.cancel)

    return cancel
