"""The leases of a process's orders: one thread renews all of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from common.domain.errors import Busy
from common.redis.requests.attempts import AttemptStore
from common.rpc.messages import Order
from common.runtime.logs import LogContext, current_log_context, within_log_context
from common.runtime.supervision import LoopName, ThreadLoop

RENEW_EVERY_S = 0.5
_log = logging.getLogger(__name__)


def _ignore_loss() -> None:
    """Do nothing: Redis rejects the next write of an attempt without a lease."""


@dataclass(frozen=True)
class _LeasedOrder:
    """An order in work: its attempt, the callback for the loss of its lease, and its log context."""

    attempt: int
    on_lost: Callable[[], None]
    log_context: LogContext | None


class LeaseKeeper:
    """Renews the leases of orders, and notifies a holder when it has lost its lease to a newer attempt."""

    def __init__(self, attempts: AttemptStore) -> None:
        self._attempts = attempts
        self._held: dict[str, _LeasedOrder] = {}
        self._lock = threading.Lock()
        self.loop = ThreadLoop(LoopName.LEASE_RENEWAL, self._renew_or_log, every_s=RENEW_EVERY_S)

    def start(self) -> None:
        """Start renewing."""
        self.loop.start()

    def stop(self) -> None:
        """Stop renewing; the remaining leases run out. May be called again."""
        self.loop.stop()

    @contextmanager
    def renew_lease(self, order: Order, on_lost: Callable[[], None] = _ignore_loss) -> Iterator[None]:
        """Renew an order's lease during the block.

        Args:
            order: the order.
            on_lost: called in the keeper's thread when a newer attempt has the lease.
        """
        mine = _LeasedOrder(order.attempt, on_lost, current_log_context())
        with self._lock:
            self._held[order.request_id] = mine
        try:
            yield
        finally:
            self._forget(order.request_id, mine)

    @property
    def held(self) -> int:
        """The number of orders in work."""
        return len(self._held)

    def _forget(self, request_id: str, leased: _LeasedOrder) -> None:
        """Remove one holder's order, but never that of a newer attempt in the same process."""
        with self._lock:
            if self._held.get(request_id) is leased:
                del self._held[request_id]

    def _renew_or_log(self) -> None:
        try:
            self._renew()
        except Busy as failure:
            _log.warning("leases could not be renewed: %s", failure)

    def _renew(self) -> None:
        with self._lock:
            held = dict(self._held)
        lost = self._attempts.renew({request_id: leased.attempt for request_id, leased in held.items()})
        for request_id in lost:
            if (leased := held.get(request_id)) is not None:
                self._handle_loss(request_id, leased)

    def _handle_loss(self, request_id: str, leased: _LeasedOrder) -> None:
        """Notify a holder that its lease is lost; a failure of this holder does not affect the others."""
        self._forget(request_id, leased)
        with within_log_context(leased.log_context):
            _log.info("lease lost")
            try:
                leased.on_lost()
            except Exception:  # noqa: BLE001 - one holder must not stop the renewal of the other leases
                _log.exception("the holder of a lost lease could not be notified")
