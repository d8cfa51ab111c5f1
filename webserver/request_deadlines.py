"""The deadlines of requests: the time within which each accepted forecast and batch reaches its end."""

from __future__ import annotations

from dataclasses import dataclass

from common.domain.kinds import Kind
from common.redis.requests.queueing import QueueTimes

SECONDS_A_TICKER = 3.0
"""The seconds that each ticker adds to the deadline of a batch."""
_LONGEST_MS = 3_600_000


@dataclass(frozen=True)
class RequestDeadlines:
    """The milliseconds from the acceptance of a request to its deadline.

    ``forecast_ms`` is the time of a single forecast, which an operator sets as ``REQUEST_DEADLINE_S``. Other kinds of
    analysis may have a time of their own. Redis stores the deadline with the request, and ends the request once it is
    past.
    """

    forecast_ms: int

    @classmethod
    def from_seconds(cls, forecast_s: float) -> RequestDeadlines:
        """Return the deadlines for forecasts that may take ``forecast_s`` seconds."""
        return cls(round(forecast_s * 1000))

    def budget_ms(self, kind: Kind) -> int:
        """Return the time that a request of a kind may take once it has begun."""
        return self.forecast_ms if kind.deadline_s is None else round(kind.deadline_s * 1000)

    def queue_times(self, kind: Kind) -> QueueTimes:
        """Return the deadlines of a request of long work, which waits for its turn."""
        budget_ms = self.budget_ms(kind)
        return QueueTimes(budget_ms, budget_ms, budget_ms, _LONGEST_MS)

    def batch_times(self, tickers: int) -> QueueTimes:
        """Return the deadlines of a batch of so many tickers and of its requests."""
        a_ticker_ms = SECONDS_A_TICKER * 1000
        budget_ms = min(self.forecast_ms + round(tickers * a_ticker_ms), _LONGEST_MS)
        return QueueTimes(budget_ms, self.forecast_ms, max(round(a_ticker_ms), 0), _LONGEST_MS)
