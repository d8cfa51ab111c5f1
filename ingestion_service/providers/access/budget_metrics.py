"""The metrics of the remaining budgets of calls at the price providers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial

from common.domain.errors import Busy
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.runtime.metrics import SOURCE_BUDGET_LEFT
from ingestion_service.providers.access.guard import DAY, HOUR, MINUTE

READ_AGAIN_AFTER_S = 5.0
"""Seconds without a call after Redis failed, so that a scrape does not wait for each number in turn."""
_NAMES = {MINUTE: "minute", HOUR: "hour", DAY: "day"}


class BudgetMetrics:
    """Sets metrics that read the remaining budget at each scrape."""

    def __init__(self, limits: ProviderLimits) -> None:
        self._limits = limits
        self._next_read = 0.0

    def show(self, provider: str, accounts: Sequence[str], budget: tuple[Window, ...]) -> None:
        """Add the metric of the remaining calls of all accounts at a source, for each window of the budget."""
        for window in budget:
            if window.seconds < MINUTE:
                continue  # the number would differ at each scrape
            gauge = SOURCE_BUDGET_LEFT.labels(provider, _NAMES[window.seconds])
            gauge.set_function(partial(self._count_left, accounts, window))

    def _count_left(self, accounts: Sequence[str], window: Window) -> float:
        if time.monotonic() < self._next_read:
            return math.nan
        try:
            return sum(self._limits.count_left(account, window) for account in accounts)
        except Busy:
            self._next_read = time.monotonic() + READ_AGAIN_AFTER_S
            return math.nan
