"""Shows the ends of the refreshes as metrics. The refresh, another process, records them in Redis."""

from __future__ import annotations

import logging
from typing import get_args

from common.domain.errors import Busy
from common.domain.questions import Interval
from common.redis.refresh_runs import RefreshRuns
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import REFRESH_COMPLETE, REFRESH_ENDED, REFRESH_FAILED, REFRESH_TICKERS
from common.runtime.supervision import LoopName, ThreadLoop

EVERY_S, _STALLED_AFTER_S = 15.0, 60.0
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class RefreshMonitor:
    """Sets the metrics of the last refresh for each interval.

    Args:
        runs: the last refreshes.
    """

    def __init__(self, runs: RefreshRuns) -> None:
        self._runs = runs
        self.loop = ThreadLoop(LoopName.REFRESH_MONITOR, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S)
        """It starts after the fork of the process."""

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

    def _turn(self) -> float | None:
        try:
            self.measure()
        except Busy as failure:
            _log_limit.log(logging.WARNING, failure.code, "the metrics of the refresh are not current: %s", failure)
        return None
