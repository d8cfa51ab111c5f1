"""Monitors: loops that set metrics from what other processes recorded."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod

from common.domain.errors import Busy, StoreUnavailable
from common.runtime.log_limits import LogLimit
from common.runtime.supervision import LoopName, ThreadLoop

EVERY_S, _STALLED_AFTER_S = 15.0, 60.0
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class MetricsMonitor(ABC):
    """Sets metrics every 15 seconds. While a store cannot be used, they keep their values.

    Args:
        name: the name of the loop.
        subject: a noun for the log, such as ``the backups``.
    """

    def __init__(self, name: LoopName, subject: str) -> None:
        self._subject = subject
        self.loop = ThreadLoop(name, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S)
        """It starts after the fork of the process."""

    @abstractmethod
    def measure(self) -> None:
        """Set the metrics.

        Raises:
            Busy: Redis cannot be used now.
            StoreUnavailable: the SQL store cannot be used now.
        """

    def _turn(self) -> float | None:
        try:
            self.measure()
        except (Busy, StoreUnavailable) as failure:
            key = f"{self._subject}: {failure.code}"
            _log_limit.log(logging.WARNING, key, "the metrics of %s are not current: %s", self._subject, failure)
        return None
