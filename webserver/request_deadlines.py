"""The deadlines of requests: the time within which each accepted forecast and batch reaches its end."""

from __future__ import annotations

from dataclasses import dataclass

from common.redis.requests.batch_store import BatchTimes

SECONDS_A_TICKER = 3.0
"""The seconds that each ticker adds to the deadline of a batch."""
_LONGEST_MS = 3_600_000


@dataclass(frozen=True)
class RequestDeadlines:
    """The milliseconds from the acceptance of a request to its deadline.

    ``forecast_ms`` is the time of a single forecast, which an operator sets as ``REQUEST_DEADLINE_S``. Redis stores the
    deadline with the request, and ends the request once it is past.
    """

    forecast_ms: int

    @classmethod
    def from_seconds(cls, forecast_s: float) -> RequestDeadlines:
        """Return the deadlines for forecasts that may take ``forecast_s`` seconds."""
        return cls(round(forecast_s * 1000))

    def batch_times(self, tickers: int) -> BatchTimes:
        """Return the deadlines of a batch of so many tickers and of its requests."""
        a_ticker_ms = SECONDS_A_TICKER * 1000
        budget_ms = min(self.forecast_ms + round(tickers * a_ticker_ms), _LONGEST_MS)
        return BatchTimes(budget_ms, self.forecast_ms, max(round(a_ticker_ms), 0), _LONGEST_MS)
