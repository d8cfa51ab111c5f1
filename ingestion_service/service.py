"""Takes orders, makes sure of the prices, hands on to the forecast service; takes up what died; obeys commands."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from common.addresses import Address
from common.errors import Busy, Failure, ForecastFailed
from common.leases import LeaseKeeper
from common.logs import following
from common.messages import Order, PricesCommand, Reply, accepted
from common.metrics import FAILURES, ORDERS, STAGE_SECONDS, TAKEN_OVER, watch_orders
from common.records import NeedsNewerVersion, Records
from common.redis_failures import RedisAway
from common.supervision import LoopName, TaskLoop
from common.tcp import Unanswered, deliver
from ingestion_service.price_keeper import PriceKeeper
from ingestion_service.tracking import Tracking

THREADS = 32
MAX_ORDERS = 256
"""More than this at once are refused: they would wait past their deadlines."""
MAX_COMMANDS = 16
"""Commands have threads of their own, so that no forecast waits for a refresh; more than this at once are refused."""
LOOK_FOR_LOST_EVERY_S = 0.5
LOOK_AGAIN_S = 0.1
"""How soon after one was found: of a batch the next may be waiting."""
HAND_ON_PATIENCE_S = 10.0
_log = logging.getLogger(__name__)


class IngestionService:
    """One instance a process; its blocking work runs in threads, its bookkeeping in the event loop."""

    def __init__(
        self, records: Records, leases: LeaseKeeper, prices: PriceKeeper, tracking: Tracking, forecast: Address
    ) -> None:
        self._records = records
        self._leases = leases
        self._prices = prices
        self._tracking = tracking
        self._forecast = forecast
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ingest")
        self._command_threads = ThreadPoolExecutor(MAX_COMMANDS, thread_name_prefix="command")
        self._commands = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.recovery = TaskLoop(LoopName.LOST_REQUESTS, self.take_up_lost, every_s=LOOK_FOR_LOST_EVERY_S)
        watch_orders(lambda: len(self._tasks), THREADS, MAX_ORDERS)

    async def take(self, order: Order) -> Reply:
        """Take an order; an attempt that is already under way, or over, is taken without doing it again.

        Raises:
            Busy: there is too much to do, or Redis cannot be reached.
        """
        if len(self._tasks) >= MAX_ORDERS:
            raise Busy
        try:
            left_ms = await asyncio.to_thread(self._records.begin, order, "ingesting")
        except NeedsNewerVersion:
            _log.warning("the request needs a newer version; it is left to one")
            return accepted(order.request_id)
        if left_ms:
            ORDERS.labels(str(order.attempt)).inc()
            task = asyncio.create_task(self._work(order.model_copy(update={"budget_ms": left_ms})))
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
            return await asyncio.get_running_loop().run_in_executor(self._command_threads, self._carried_out, command)
        finally:
            self._commands -= 1

    async def take_up_lost(self) -> float | None:
        """Look for requests whose attempt died, and start each again; return how soon to look for more."""
        try:
            orders = await asyncio.to_thread(self._records.take_over, self._room())
        except Busy as failure:
            _log.warning("lost requests could not be looked for: %s", failure)
            return None
        for order in orders:
            await self._take_up_alone(order)
            self.recovery.heartbeat.beat()
        return LOOK_AGAIN_S if orders else None

    async def _take_up_alone(self, order: Order) -> None:
        """Take an order up; a failure costs this order its attempt, and the others nothing."""
        try:
            await self._take_up(order)
        except Failure as failure:
            _log.warning("a lost request could not be taken up: %s", failure)
        except Exception:  # noqa: BLE001 - the last resort of one order: the next ones are taken up all the same
            _log.exception("a lost request could not be taken up")

    async def _take_up(self, order: Order) -> None:
        with following(order.request_id, order.ticker, "taking up"):
            if order.attempt == 1:
                _log.info("its turn in its batch")
            else:
                _log.warning("taken up again", extra={"attempt": order.attempt})
                TAKEN_OVER.inc()
            try:
                await self.take(order)
            except Failure as failure:
                _log.warning("not taken up; left to its lease: %s", failure)
            except Exception:  # noqa: BLE001 - one request never stops the search for the others
                _log.exception("not taken up; left to its lease")

    def check_room(self) -> None:
        """Raise :class:`Busy` where no further order would be taken."""
        if not self._room():
            raise Busy

    async def drain(self) -> None:
        """Wait for the orders at work to be handed on or to fail."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False)
        self._command_threads.shutdown(wait=False)

    def _room(self) -> int:
        return max(MAX_ORDERS - len(self._tasks), 0)

    def _carried_out(self, command: PricesCommand) -> Reply:
        with following(command.request_id, command.ticker, command.action):
            outcome = self._tracking.carry_out(command, command.budget_ms / 1000)
            _log.info("carried out: %s", outcome)
            return accepted(command.request_id, outcome)

    async def _work(self, order: Order) -> None:
        with following(order.request_id, order.ticker, "ingesting"), self._leases.holding(order):
            running = copy_context().run
            await asyncio.get_running_loop().run_in_executor(self._threads, running, self._ingest, order)

    def _ingest(self, order: Order) -> None:
        try:
            self._handed_on(order)
        except RedisAway:
            _log.warning("Redis went away; left to its lease")
        except Failure as failure:
            self._fail(order, failure)
        except Exception:  # noqa: BLE001 - a failure of our own is a result too
            _log.exception("ingestion failed")
            self._fail(order, ForecastFailed())

    def _handed_on(self, order: Order) -> None:
        started = time.monotonic()
        version = self._prices.version(order.ticker, order.budget_ms / 1000)
        spent_ms = int((time.monotonic() - started) * 1000)
        left_ms = max(order.budget_ms - spent_ms, 0)
        onward = order.model_copy(update={"prices_version": version, "budget_ms": left_ms})
        try:
            deliver(self._forecast, onward, min(HAND_ON_PATIENCE_S, left_ms / 1000), retry_busy=True)
            outcome = "handed on"
        except Unanswered:
            # The forecast service may be at work on it; if it is not, the lease runs out.
            outcome = "handed on, unanswered"
        _log.info(outcome)
        STAGE_SECONDS.labels("ingest").observe(spent_ms / 1000)

    def _fail(self, order: Order, failure: Failure) -> None:
        _log.info("failed: %s", failure, extra={"code": failure.code})
        FAILURES.labels(failure.code).inc()
        try:
            self._records.fail(order, failure)
        except Busy:
            _log.warning("the failure could not be written")
