"""When a day's trading is over, by the New York Stock Exchange's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from threading import Lock

from common.domain.dates import exchange_day

PUBLISHED_AFTER = timedelta(minutes=15)
"""Free sources are a quarter of an hour behind."""
_one_calendar_at_a_time = Lock()
"""Making a calendar silences warnings for the whole process, and two threads that do so at once let them out."""


def last_settled_day(now: datetime, *, every_day: bool) -> date:
    """The newest day whose close can be final at ``now``; what trades without a pause counts by UTC."""
    if every_day:
        return now.astimezone(UTC).date() - timedelta(days=1)
    today = exchange_day(now)
    close = _session_close(today)
    is_over = close is not None and now >= close + PUBLISHED_AFTER
    return today if is_over else today - timedelta(days=1)


def _session_close(day: date) -> datetime | None:
    """When the session of ``day`` ends, early closes included; None where there is no session."""
    with _one_calendar_at_a_time:
        return _looked_up_close(day)


@lru_cache(maxsize=4)
def _looked_up_close(day: date) -> datetime | None:
    from exchange_calendars.exchange_calendar_xnys import (  # type: ignore[import-untyped]  # noqa: PLC0415
        XNYSExchangeCalendar,  # half a second that most requests never need
    )

    calendar = XNYSExchangeCalendar(start=day - timedelta(days=10), end=day + timedelta(days=10))
    if not calendar.is_session(day.isoformat()):
        return None
    close: datetime = calendar.session_close(day.isoformat()).to_pydatetime()
    return close
