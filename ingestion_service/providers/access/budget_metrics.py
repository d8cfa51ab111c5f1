"""What is left of the budgets at price sources, for whoever watches the service."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial

from common.domain.errors import Busy
from common.redis.rate_windows import Window
from common.redis.source_limits import Limits
from common.runtime.metrics import SOURCE_BUDGET_LEFT
from ingestion_service.providers.access.guard import DAY, HOUR, MINUTE

LOOK_AGAIN_AFTER_S = 5.0
"""A Redis that is away is not asked for each number in turn: whoever watches waits for ten seconds at the most."""
_NAMES = {MINUTE: "minute", HOUR: "hour", DAY: "day"}


class BudgetMetrics:
    """Looks up what is left whenever the measures are read."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._look_again = 0.0

    def show(self, source: str, accounts: Sequence[str], budget: tuple[Window, ...]) -> None:
        """Show, for each window of a budget, how many calls all accounts at a source have left."""
        for window in budget:
            if window.seconds < MINUTE:
                continue  # it is another number at each look
            gauge = SOURCE_BUDGET_LEFT.labels(source, _NAMES[window.seconds])
            gauge.set_function(partial(self._left, accounts, window))

    def _left(self, accounts: Sequence[str], window: Window) -> float:
        if time.monotonic() < self._look_again:
            return math.nan
        try:
            return sum(self._limits.left(account, window) for account in accounts)
        except Busy:
            self._look_again = time.monotonic() + LOOK_AGAIN_AFTER_S
            return math.nan
