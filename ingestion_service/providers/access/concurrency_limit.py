"""A limit on the concurrent calls of one provider, for runs that refresh many tickers."""

from __future__ import annotations

import threading
import time
from datetime import date

from common.domain.errors import ProviderUnavailable
from common.domain.prices import PriceSeries
from ingestion_service.providers.base import Provider

TICKERS_PER_CALL = 3
"""Tickers in work for each allowed call: while one ticker is fetched, the others are checked and stored."""


class ConcurrencyLimit:
    """A provider that serves at most ``at_once`` calls at a time; further calls wait in ``fetch``.

    Args:
        provider: the provider to call.
        at_once: the most concurrent calls.
        ask_s: the most seconds of one call. With :data:`TICKERS_PER_CALL` tickers for each allowed call, every ticker
            gets its call within ``TICKERS_PER_CALL * ask_s`` seconds.
    """

    def __init__(self, provider: Provider, at_once: int, ask_s: float) -> None:
        self.name = provider.name
        self._provider = provider
        self._ask_s = ask_s
        self._places = threading.BoundedSemaphore(at_once)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Wait for a free call, then fetch in the remaining time; see :meth:`Provider.fetch`."""
        give_up = time.monotonic() + timeout_s
        if not self._places.acquire(timeout=timeout_s):
            raise ProviderUnavailable(f"Too many other requests to {self.name} are under way. Try again in a moment.")
        try:
            left_s = min(self._ask_s, give_up - time.monotonic())
            return self._provider.fetch(ticker, since=since, timeout_s=left_s)
        finally:
            self._places.release()
