"""Waiting until a condition holds."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 200.0
"""The longest wait. No step takes so long on a busy machine, so only a hanging program reaches it."""
_PAUSE_S = 0.02


class NotInTime(Exception):
    """The condition did not hold in time."""


def until(
    holds: Callable[[], object], within_s: float = PATIENCE_S, complaint: str = "the condition did not hold in time"
) -> None:
    """Return as soon as ``holds`` returns something true.

    Raises:
        NotInTime: ``holds`` returned nothing true within ``within_s`` seconds.
    """
    give_up = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > give_up:
            raise NotInTime(complaint)
        time.sleep(_PAUSE_S)
