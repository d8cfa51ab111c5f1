"""Lets few threads at once ask a source, while others check and store what came."""

from __future__ import annotations

import threading
import time
from datetime import date

from common.domain.errors import ProviderUnavailable
from common.domain.prices import PriceSeries
from ingestion_service.providers.base import Provider

AT_WORK = 3
"""For each that may ask, so many are at work: while some fetch, others check and store."""


class ConcurrencyLimit:
    """A source that is asked ``at_once`` times at once at the most; whoever comes then waits.

    One call takes ``ask_s`` at the most, so that where :data:`AT_WORK` times as many come at once, all have their turn
    within as many times as long.
    """

    def __init__(self, provider: Provider, at_once: int, ask_s: float) -> None:
        self.name = provider.name
        self._provider = provider
        self._ask_s = ask_s
        self._places = threading.BoundedSemaphore(at_once)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Ask the source when it is one's turn, in what is then left of the time; raises as :class:`Provider` says."""
        give_up = time.monotonic() + timeout_s
        if not self._places.acquire(timeout=timeout_s):
            raise ProviderUnavailable(f"Too many other requests to {self.name} are under way. Try again in a moment.")
        try:
            left_s = min(self._ask_s, give_up - time.monotonic())
            return self._provider.fetch(ticker, since=since, timeout_s=left_s)
        finally:
            self._places.release()
