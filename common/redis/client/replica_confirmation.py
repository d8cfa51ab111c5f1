"""The replicas that must have what a call wrote before its caller may count on it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from common.redis.client.primary_locator import PrimaryLocator

CONFIRMED_WITHIN_MS = 500
"""The longest wait for the replicas. They take a fraction of a millisecond if all is well."""
SETTLED_AFTER_S = 5.0
"""The longest time in which a primary that was replaced keeps a replica, and that without waits for one that hangs."""


@dataclass
class _Primary:
    """What is known about a primary."""

    replicas: int = 1
    """The most replicas that were connected at a time, without those that have left for good."""
    answering: int = 1
    """The number of them that confirmed at the last wait, for which to wait until ``complete_at``."""
    complete_at: float = 0.0
    """The time from which on all replicas are waited for."""
    left_at: float | None = None
    """The time at which a replica was first found to have left."""


class ReplicaConfirmation:
    """Decides whether what was written outlives the loss and the replacement of the primary.

    All connected replicas have to confirm, because any of them may become the primary. One that hangs is connected, and
    was therefore not promoted: the others are enough. One that has left died or was promoted: the others are enough
    only if every Sentinel replies that no failover is under way, or after the time in which a former primary loses its
    last replica.

    It belongs to one user at a time.
    """

    def __init__(self, locator: PrimaryLocator) -> None:
        self._locator = locator
        self._primaries: dict[tuple[str, int] | None, _Primary] = {}
        self._address: tuple[str, int] | None = None
        self._asked_for = 1

    def expect(self) -> int:
        """Return the number of replicas that WAIT has to wait for."""
        self._address = self._locator.newest
        primary = self._primaries.setdefault(self._address, _Primary())
        self._asked_for = primary.replicas if time.monotonic() >= primary.complete_at else primary.answering
        return self._asked_for

    def suffices(self, copies: int, role: Any) -> bool:
        """Return whether the caller of what was written before WAIT may count on it.

        Args:
            copies: the reply to WAIT for as many replicas as :meth:`expect` returned last.
            role: the reply to ROLE after it.
        """
        primary, now = self._primaries[self._address], time.monotonic()
        if not copies:
            return False
        if self._locator.newest != self._address:  # either server may have run the calls
            return copies >= primary.replicas
        if copies < self._asked_for:
            primary.answering, primary.complete_at = copies, now + SETTLED_AFTER_S
        connected = _count_connected(role)
        if connected >= primary.replicas:
            primary.replicas, primary.left_at = connected, None
            return True
        return copies >= primary.replicas or self._is_settled(primary, connected, now)

    def _is_settled(self, primary: _Primary, connected: int, now: float) -> bool:
        """Return whether a primary that a replica has left is not being replaced."""
        if primary.left_at is None:
            primary.left_at = now
        if now - primary.left_at >= SETTLED_AFTER_S:
            primary.replicas, primary.left_at = max(connected, 1), None
            return True
        return self._locator.is_staying()


def _count_connected(role: Any) -> int:
    """Return the number of replicas in a reply to ROLE."""
    is_primary = isinstance(role, list) and role[:1] == [b"master"]
    return len(role[2]) if is_primary and isinstance(role[2], list) else 0
