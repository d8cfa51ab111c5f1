"""The time that the users' models of one evaluation share."""

from __future__ import annotations

import time

SHARED_LIMIT_S = 300.0
"""The longest time of all users' models of an evaluation together, which has to end within its deadline."""


class TimeBudget:
    """The time that users' models share, which run one after the other.

    Each may take an equal part of what is left. A slow model therefore costs its own row only, and a fast one leaves
    its time to the others.

    Args:
        models: the number of the models.
        ends_at: the time of the monotonic clock at which the last of them has to end.
        seconds: the time for all of them, from the first call of :meth:`next_limit_s`.
    """

    def __init__(self, models: int, ends_at: float, seconds: float = SHARED_LIMIT_S) -> None:
        self._models = models
        self._ends_at = ends_at
        self._seconds = seconds

    def next_limit_s(self) -> float:
        """Return the seconds that the next model may take; 0 if no time is left."""
        now = time.monotonic()
        self._ends_at, self._seconds = min(self._ends_at, now + self._seconds), float("inf")
        limit = max(self._ends_at - now, 0.0) / max(self._models, 1)
        self._models -= 1
        return limit
