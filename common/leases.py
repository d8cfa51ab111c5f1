"""Signs of life: one thread per process that renews the leases of all orders at work in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from common.errors import Busy
from common.logs import Course, current_course, in_course
from common.messages import Order
from common.records import Records

RENEW_EVERY_S = 0.5
_log = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing about a lost lease: the next write will be refused."""


@dataclass(frozen=True)
class _Held:
    """What is known of an order at work: which attempt, what to do where its lease is lost, and how to log of it."""

    attempt: int
    on_lost: Callable[[], None]
    course: Course | None


class LeaseKeeper:
    """Renews the leases of the orders that are held, and tells their holders when one is lost to a newer attempt."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing; what is still held will run out. May be called again."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def holding(self, order: Order, on_lost: Callable[[], None] = _nothing) -> Iterator[None]:
        """Keep an order's lease alive; ``on_lost`` is called, in the keeper's thread, where it was taken away."""
        mine = _Held(order.attempt, on_lost, current_course())
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

    def _forget(self, request_id: str, entry: _Held) -> None:
        """Forget one holder's entry, never that of a newer attempt in the same process."""
        with self._lock:
            if self._held.get(request_id) is entry:
                del self._held[request_id]

    def _run(self) -> None:
        while not self._stopped.wait(RENEW_EVERY_S):
            try:
                self._renew()
            except Busy:
                _log.warning("leases could not be renewed: Redis cannot be reached")

    def _renew(self) -> None:
        with self._lock:
            held = dict(self._held)
        for request_id in self._records.renew({request_id: entry.attempt for request_id, entry in held.items()}):
            with in_course(held[request_id].course):
                _log.info("lease lost")
            self._forget(request_id, held[request_id])
            held[request_id].on_lost()
