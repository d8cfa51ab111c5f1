"""Measures in the background whether alerts are judged and notifications sent. Another process does both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from common.redis.alert_runs import AlertRuns
from common.runtime.metrics import ALERTS_RUN, NOTIFICATIONS_OVERDUE
from common.runtime.supervision import LoopName
from common.sql.repositories.channels import count_overdue_deliveries
from common.sql.store import SqlStore
from webserver.server.metrics_monitor import MetricsMonitor

OVERDUE_AFTER = timedelta(minutes=45)
"""Three of the quarters of an hour in which the alerts run."""


class AlertMonitor(MetricsMonitor):
    """Sets the metrics of alerts.

    Args:
        runs: the last run of the alerts.
        store: the SQL store.
        now: the clock.
    """

    def __init__(self, runs: AlertRuns, store: SqlStore, now: Callable[[], datetime]) -> None:
        super().__init__(LoopName.ALERT_MONITOR, "alerts")
        self._runs = runs
        self._store = store
        self._now = now

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
