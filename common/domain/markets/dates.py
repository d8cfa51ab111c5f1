"""Calendar rules that all services share. The functions read no clock."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from common.domain.markets.exchanges import exchange_of

STALE_AFTER_DAYS = 7


def exchange_day(now: datetime, ticker: str) -> date:
    """Return the calendar day at the exchange of ``ticker`` at ``now`` (an aware datetime)."""
    return now.astimezone(ZoneInfo(exchange_of(ticker).time_zone)).date()


def is_stale(last_close: date, today: date) -> bool:
    """Return whether the newest close is more than a week old."""
    return (today - last_close).days > STALE_AFTER_DAYS


def counting_start(last_close: date, today: date) -> date:
    """Return the day from which a horizon is counted: today, or the last close if the prices are stale.

    A last close that a source dates after ``today`` counts instead of ``today``.
    """
    return last_close if is_stale(last_close, today) else max(last_close, today)
