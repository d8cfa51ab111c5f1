"""Calendar rules that every service must agree on; no clock is read here."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

STALE_AFTER_DAYS = 7
EXCHANGE_TIME = ZoneInfo("America/New_York")


def exchange_day(now: datetime) -> date:
    """The calendar day in New York at the moment ``now`` (aware)."""
    return now.astimezone(EXCHANGE_TIME).date()


def is_stale(last_close: date, today: date) -> bool:
    """Whether the newest close is more than a week old."""
    return (today - last_close).days > STALE_AFTER_DAYS


def counting_start(last_close: date, today: date) -> date:
    """The day from which a horizon is counted: today, or, where the prices are stale, their last day.

    Never a day before the last close, which may be dated a day ahead of New York.
    """
    return last_close if is_stale(last_close, today) else max(last_close, today)
