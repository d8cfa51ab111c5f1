"""The end of trading days, by the calendar of the exchange."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pandas as pd

from common.domain.markets.dates import exchange_day
from common.domain.markets.exchanges import EVERY_DAY, WEEKDAYS
from common.domain.markets.price_steps import is_step
from common.domain.markets.trading_calendars import calendar_of, session_close

PUBLISHED_AFTER = timedelta(minutes=15)
"""The delay of free sources."""


def last_settled_day(now: datetime, ticker: str, days: pd.DatetimeIndex) -> date:
    """Return the newest day whose close can be final. What trades without a pause has the days of UTC.

    Args:
        now: the current time (aware).
        ticker: the ticker of the prices.
        days: their days, which show whether the ticker trades at weekends.
    """
    calendar = calendar_of(ticker, days)
    if calendar in {EVERY_DAY, WEEKDAYS} or is_step(calendar):
        return now.astimezone(UTC).date() - timedelta(days=1)
    today = exchange_day(now, ticker)
    close = _session_close(calendar, today)
    is_over = close is not None and now >= close + PUBLISHED_AFTER
    return today if is_over else today - timedelta(days=1)


@lru_cache(maxsize=128)
def _session_close(calendar: str, day: date) -> datetime | None:
    return session_close(calendar, day)
