"""Measures in the background whether alerts are judged and notifications sent. Another process does both."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from common.domain.errors import Busy, StoreUnavailable
from common.redis.alert_runs import AlertRuns
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import ALERTS_RUN, NOTIFICATIONS_OVERDUE
from common.runtime.supervision import LoopName, ThreadLoop
from common.sql.repositories.channels import count_overdue_deliveries
from common.sql.store import SqlStore

OVERDUE_AFTER = timedelta(minutes=45)
"""Three of the quarters of an hour in which the alerts run."""
EVERY_S, _STALLED_AFTER_S = 15.0, 60.0
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class AlertMonitor:
    """Sets the metrics of alerts.

    Args:
        runs: the last run of the alerts.
        store: the SQL store.
        now: the clock.
    """

    def __init__(self, runs: AlertRuns, store: SqlStore, now: Callable[[], datetime]) -> None:
        self._runs = runs
        self._store = store
        self._now = now
        self.loop = ThreadLoop(LoopName.ALERT_MONITOR, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S)
        """It starts after the fork of the process."""

    def measure(self) -> None:
        """Set the metrics.

        Raises:
            Busy: Redis cannot be used now.
            StoreUnavailable: the SQL store cannot be used now.
        """
        last, due_before = self._runs.last(), self._now() - OVERDUE_AFTER
        ALERTS_RUN.set(last.timestamp() if last is not None else 0)
        overdue = self._store.read(lambda connection: count_overdue_deliveries(connection, due_before))
        NOTIFICATIONS_OVERDUE.set(overdue)

    def _turn(self) -> float | None:
        try:
            self.measure()
        except (Busy, StoreUnavailable) as failure:
            _log_limit.log(logging.WARNING, failure.code, "the metrics of alerts are not current: %s", failure)
        return None
