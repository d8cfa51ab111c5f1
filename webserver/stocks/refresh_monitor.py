"""Shows the ends of the refreshes as metrics. The refresh, another process, records them in Redis."""

from __future__ import annotations

from typing import get_args

from common.domain.questions import Interval
from common.redis.refresh_runs import RefreshRuns
from common.runtime.metrics import REFRESH_COMPLETE, REFRESH_ENDED, REFRESH_FAILED, REFRESH_TICKERS
from common.runtime.supervision import LoopName
from webserver.server.metrics_monitor import MetricsMonitor


class RefreshMonitor(MetricsMonitor):
    """Sets the metrics of the last refresh for each interval.

    Args:
        runs: the last refreshes.
    """

    def __init__(self, runs: RefreshRuns) -> None:
        super().__init__(LoopName.REFRESH_MONITOR, "the refresh")
        self._runs = runs

    def measure(self) -> None:
        """Set the metrics of the intervals that were refreshed.

        Raises:
            Busy: Redis cannot be used now.
        """
        for interval in get_args(Interval):
            run = self._runs.last(interval)
            if run is None:
                continue
            REFRESH_TICKERS.labels(interval).set(run.tickers)
            REFRESH_FAILED.labels(interval).set(run.failed)
            REFRESH_ENDED.labels(interval).set(run.ended.timestamp())
            REFRESH_COMPLETE.labels(interval).set(run.completed.timestamp() if run.completed else 0)
