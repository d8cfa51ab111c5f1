"""Shows the progress and the end of the nightly run as metrics. The run, another process, records them in Redis."""

from __future__ import annotations

from common.redis.market_runs import MarketRuns
from common.runtime.metrics import MARKET_COMPLETE, MARKET_DONE, MARKET_FAILED, MARKET_STARTED, MARKET_STOCKS
from common.runtime.supervision import LoopName
from webserver.server.metrics_monitor import MetricsMonitor


class MarketMonitor(MetricsMonitor):
    """Sets the metrics of the nightly run.

    Args:
        runs: the last run.
    """

    def __init__(self, runs: MarketRuns) -> None:
        super().__init__(LoopName.MARKET_MONITOR, "the nightly run")
        self._runs = runs

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
