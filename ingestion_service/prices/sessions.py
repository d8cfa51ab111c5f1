"""The end of trading days, by the calendar of the New York Stock Exchange."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from threading import Lock

from common.domain.dates import exchange_day

PUBLISHED_AFTER = timedelta(minutes=15)
"""The delay of free sources."""
_calendar_lock = Lock()
"""Building a calendar silences warnings of the whole process, which is not thread-safe."""


def last_settled_day(now: datetime, *, every_day: bool) -> date:
    """Return the newest day whose close can be final.

    Args:
        now: the current time (aware).
        every_day: whether the ticker trades at weekends; its days are those of UTC.
    """
    if every_day:
        return now.astimezone(UTC).date() - timedelta(days=1)
    today = exchange_day(now)
    close = _session_close(today)
    is_over = close is not None and now >= close + PUBLISHED_AFTER
    return today if is_over else today - timedelta(days=1)


def _session_close(day: date) -> datetime | None:
    """Return the end of the session of ``day``, also of a shortened one; None if there is no session."""
    with _calendar_lock:
        return _read_session_close(day)


@lru_cache(maxsize=4)
def _read_session_close(day: date) -> datetime | None:
    from exchange_calendars.exchange_calendar_xnys import (  # type: ignore[import-untyped]  # noqa: PLC0415
        XNYSExchangeCalendar,  # half a second, which most requests do not need
    )

    calendar = XNYSExchangeCalendar(start=day - timedelta(days=10), end=day + timedelta(days=10))
    if not calendar.is_session(day.isoformat()):
        return None
    close: datetime = calendar.session_close(day.isoformat()).to_pydatetime()
    return close
