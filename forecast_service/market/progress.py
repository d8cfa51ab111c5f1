"""The progress of a run: a bar in a terminal, lines of the log elsewhere, and a record in Redis for Prometheus."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from tqdm import tqdm

from common.domain.errors import Busy
from common.domain.market_run import MarketRun
from common.redis.market_runs import MarketRuns
from common.runtime.log_limits import LogLimit
from forecast_service.market.dataset.range_done import DONE, RangeDone

LOG_EVERY_S = 30.0
RECORD_EVERY_S = 5.0
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class RunProgress:
    """Counts stocks and shows how many are done.

    Args:
        day: the date of the run.
        stocks: the number of stocks.
        runs: the record of runs in Redis. A run without Redis goes on.
        now: the clock.
    """

    def __init__(self, day: date, stocks: int, runs: MarketRuns, now: Callable[[], datetime]) -> None:
        self.outcomes: Counter[str] = Counter()
        """The stocks by outcome: ``done``, or the code of the failure. Those of earlier runs are included."""
        self.earlier = 0
        """The number of stocks of earlier runs."""
        self._day = day
        self._stocks = stocks
        self._runs = runs
        self._now = now
        self._started = now()
        self._bar = tqdm(total=stocks, unit="stock", smoothing=0.05, disable=not sys.stderr.isatty())
        self._began = self._logged = self._recorded = time.monotonic()
        self._record(finished=None)

    def note(self, done: RangeDone) -> None:
        """Count the stocks of a range."""
        stocks = sum(done.outcomes.values())
        self.outcomes.update(done.outcomes)
        self.earlier += stocks if done.earlier else 0
        self._bar.update(stocks)
        moment = time.monotonic()
        if moment - self._logged >= LOG_EVERY_S:
            self._logged = moment
            if self._bar.disable:
                _log.info("%s", self.line(moment - self._began))
        if moment - self._recorded >= RECORD_EVERY_S:
            self._recorded = moment
            self._record(finished=None)

    def finish(self, *, complete: bool) -> None:
        """Record the end of the run."""
        self._bar.close()
        self._record(finished=self._now() if complete else None)

    def line(self, seconds: float) -> str:
        """Return the progress after so many seconds in words, with an estimate of the time left."""
        ready = self.outcomes.total()
        pace = (ready - self.earlier) / seconds if seconds else 0.0
        estimate = f", about {(self._stocks - ready) / pace / 60:.0f} min left" if pace else ""
        return (
            f"{ready} of {self._stocks} stocks, {self._failed} of them without a forecast, "
            f"{pace:.1f} a second{estimate}"
        )

    @property
    def _failed(self) -> int:
        return self.outcomes.total() - self.outcomes[DONE]

    def _record(self, *, finished: datetime | None) -> None:
        run = MarketRun(
            day=self._day,
            stocks=self._stocks,
            done=self.outcomes.total(),
            failed=self._failed,
            started=self._started,
            finished=finished,
        )
        try:
            self._runs.note(run)
        except Busy as failure:
            _log_limit.log(logging.WARNING, failure.code, "the metrics of the run are not current: %s", failure)
