"""Shows the progress and the end of the nightly run as metrics. The run, another process, records them in Redis."""

from __future__ import annotations

import logging

from common.domain.errors import Busy
from common.redis.market_runs import MarketRuns
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import MARKET_COMPLETE, MARKET_DONE, MARKET_FAILED, MARKET_STARTED, MARKET_STOCKS
from common.runtime.supervision import LoopName, ThreadLoop

EVERY_S, _STALLED_AFTER_S = 15.0, 60.0
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class MarketMonitor:
    """Sets the metrics of the nightly run.

    Args:
        runs: the last run.
    """

    def __init__(self, runs: MarketRuns) -> None:
        self._runs = runs
        self.loop = ThreadLoop(LoopName.MARKET_MONITOR, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S)
        """It starts after the fork of the process."""

    def measure(self) -> None:
        """Set the metrics; 0 where there was no run.

        Raises:
            Busy: Redis cannot be used now.
        """
        run = self._runs.last()
        MARKET_STOCKS.set(run.stocks if run else 0)
        MARKET_DONE.set(run.done if run else 0)
        MARKET_FAILED.set(run.failed if run else 0)
        MARKET_STARTED.set(run.started.timestamp() if run else 0)
        MARKET_COMPLETE.set(run.completed.timestamp() if run and run.completed else 0)

    def _turn(self) -> float | None:
        try:
            self.measure()
        except Busy as failure:
            _log_limit.log(logging.WARNING, failure.code, "the metrics of the nightly run are not current: %s", failure)
        return None
