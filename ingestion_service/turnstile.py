"""Lets few threads at once ask a source, while others check and store what came."""

from __future__ import annotations

import threading
import time
from datetime import date

from common.errors import ProviderUnavailable
from common.prices import PriceSeries
from ingestion_service.providers import Provider


class Turnstile:
    """A source that is asked ``at_once`` times at once at the most; whoever comes then waits."""

    def __init__(self, provider: Provider, at_once: int) -> None:
        self.name = provider.name
        self._provider = provider
        self._places = threading.BoundedSemaphore(at_once)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Ask the source when it is one's turn, in what is then left of the time; raises as :class:`Provider` says."""
        give_up = time.monotonic() + timeout_s
        if not self._places.acquire(timeout=timeout_s):
            raise ProviderUnavailable(f"Others were asking {self.name} all the time.")
        try:
            return self._provider.fetch(ticker, since=since, timeout_s=give_up - time.monotonic())
        finally:
            self._places.release()
