"""Signs of life: one thread per process that renews the leases of all orders at work in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from common.domain.errors import Busy
from common.redis.records import Records
from common.rpc.messages import Order
from common.runtime.logs import LogContext, current_log_context, within_log_context
from common.runtime.supervision import LoopName, ThreadLoop

RENEW_EVERY_S = 0.5
_log = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing about a lost lease: the next write will be refused."""


@dataclass(frozen=True)
class _LeasedOrder:
    """What is known of an order at work: which attempt, what to do where its lease is lost, and how to log of it."""

    attempt: int
    on_lost: Callable[[], None]
    course: LogContext | None


class LeaseKeeper:
    """Renews the leases of the orders that are held, and tells their holders when one is lost to a newer attempt."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._held: dict[str, _LeasedOrder] = {}
        self._lock = threading.Lock()
        self.loop = ThreadLoop(LoopName.LEASE_RENEWAL, self._turn, every_s=RENEW_EVERY_S)

    def start(self) -> None:
        """Begin to renew."""
        self.loop.start()

    def stop(self) -> None:
        """Stop renewing; what is still held will run out. May be called again."""
        self.loop.stop()

    @contextmanager
    def holding(self, order: Order, on_lost: Callable[[], None] = _nothing) -> Iterator[None]:
        """Keep an order's lease alive; ``on_lost`` is called, in the keeper's thread, where it was taken away."""
        mine = _LeasedOrder(order.attempt, on_lost, current_log_context())
        with self._lock:
            self._held[order.request_id] = mine
        try:
            yield
        finally:
            self._forget(order.request_id, mine)

    @property
    def held(self) -> int:
        """How many orders are at work."""
        return len(self._held)

    def _forget(self, request_id: str, entry: _LeasedOrder) -> None:
        """Forget one holder's entry, never that of a newer attempt in the same process."""
        with self._lock:
            if self._held.get(request_id) is entry:
                del self._held[request_id]

    def _turn(self) -> None:
        try:
            self._renew()
        except Busy as failure:
            _log.warning("leases could not be renewed: %s", failure)

    def _renew(self) -> None:
        with self._lock:
            held = dict(self._held)
        for request_id in self._records.renew({request_id: entry.attempt for request_id, entry in held.items()}):
            if (entry := held.get(request_id)) is not None:
                self._lose(request_id, entry)

    def _lose(self, request_id: str, entry: _LeasedOrder) -> None:
        """Notify a holder that its lease is lost; a failure of this holder does not affect the others."""
        self._forget(request_id, entry)
        with within_log_context(entry.course):
            _log.info("lease lost")
            try:
                entry.on_lost()
            except Exception:  # noqa: BLE001 - the last resort of one lease: the others are renewed all the same
                _log.exception("a lost lease could not be reported to its holder")
