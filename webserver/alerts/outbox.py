"""Sends the notifications of the outbox: at least once each, under the id that it has in every attempt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from common.sql.repositories.channels import (
    DueDelivery,
    claim_due_deliveries,
    disable_channel,
    fail_delivery,
    finish_delivery,
    postpone_delivery,
)
from common.sql.store import SqlStore
from webserver.alerts.channels.notification import DeliveryFailed

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))
"""The pauses before the second and later attempts. After the last one, a notification is given up."""
LEASE = timedelta(minutes=2)
"""Longer than any attempt: a notification whose sender died is sent again after it."""
_CLAIMED_AT_ONCE = 10
_log = logging.getLogger(__name__)


class Sender(Protocol):
    """Sends notifications of one kind of channel."""

    def send(self, due: DueDelivery) -> str:
        """Return a short text about the success; raise DeliveryFailed otherwise."""


@dataclass(frozen=True)
class OutboxReport:
    """The counts of a run."""

    delivered: int
    postponed: int
    failed: int


class Outbox:
    """The notifications that wait in the SQL store.

    Args:
        store: the SQL store.
        senders: the sender of each kind of channel.
        now: the clock.
    """

    def __init__(self, store: SqlStore, senders: Mapping[str, Sender], now: Callable[[], datetime]) -> None:
        self._store = store
        self._senders = senders
        self._now = now

    def deliver_due(self) -> OutboxReport:
        """Send all notifications that are due. The failure of one stops no other.

        Raises:
            StoreUnavailable: the SQL store cannot be used now.
        """
        counts = {"delivered": 0, "postponed": 0, "failed": 0}
        while claimed := self._claim():
            for due in claimed:
                counts[self._deliver(due)] += 1
        return OutboxReport(**counts)

    def deliver_one(self, delivery_id: str) -> None:
        """Send one notification now, unless another process sends it."""
        for due in self._claim(delivery_id):
            self._deliver(due)

    def _claim(self, only_id: str | None = None) -> list[DueDelivery]:
        now = self._now()
        return self._store.transaction(
            lambda connection: claim_due_deliveries(connection, now, LEASE, _CLAIMED_AT_ONCE, only_id)
        )

    def _deliver(self, due: DueDelivery) -> str:
        try:
            result = self._sender_of(due).send(due)
        except DeliveryFailed as failure:
            return self._record_failure(due, failure)
        now = self._now()
        self._store.transaction(lambda connection: finish_delivery(connection, due.delivery.id, result, now))
        return "delivered"

    def _sender_of(self, due: DueDelivery) -> Sender:
        sender = self._senders.get(due.channel.kind)
        if sender is None:
            raise DeliveryFailed(f"this server sends no {due.channel.kind}", is_final=True)
        return sender

    def _record_failure(self, due: DueDelivery, failure: DeliveryFailed) -> str:
        attempts, delivery_id = due.delivery.attempts, due.delivery.id
        _log.warning("a notification was not delivered at attempt %d: %s", attempts, failure.reason)
        if failure.is_gone:
            channel_id = due.channel.id
            self._store.transaction(lambda connection: disable_channel(connection, channel_id, failure.reason))
            return "failed"
        if failure.is_final or attempts > len(PAUSES):
            self._store.transaction(lambda connection: fail_delivery(connection, delivery_id, failure.reason))
            return "failed"
        due_at = self._now() + PAUSES[attempts - 1]
        self._store.transaction(lambda connection: postpone_delivery(connection, delivery_id, failure.reason, due_at))
        return "postponed"
