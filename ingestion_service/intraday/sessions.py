"""The sessions of New York, by which hourly bars are checked: early closes and daylight saving included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from common.domain.markets.exchanges import NEW_YORK, exchange_of
from common.domain.markets.trading_calendars import session_closes
from ingestion_service.intraday.bars import LONGEST_HISTORY, NEW_YORK_TIME, Bar
from ingestion_service.prices.sessions import PUBLISHED_AFTER

OPENS = time(9, 30)
MISSING_HOURS = "missing hours on"


@dataclass(frozen=True)
class Session:
    """The regular hours of a trading day in New York (aware)."""

    opens: datetime
    closes: datetime

    def bar_end(self, begin: datetime, length: timedelta) -> datetime:
        """Return the end of a bar; the last one of a session ends with it."""
        # Sums of aware datetimes in one time zone ignore a change of the clocks, but no session contains one.
        return min(begin + length, self.closes)

    def count_finished(self, length: timedelta, now: datetime) -> int:
        """Return the number of bars of which a source has the final prices at ``now``."""
        starts = (self.opens + place * length for place in range(-(-(self.closes - self.opens) // length)))
        return sum(self.bar_end(start, length) + PUBLISHED_AFTER <= now for start in starts)


class Sessions:
    """The sessions of a period.

    Args:
        by_day: the sessions by their day.
        length: the time between two bars.
        now: the current time (aware).
    """

    def __init__(self, by_day: Mapping[date, Session], length: timedelta, now: datetime) -> None:
        self._by_day = by_day
        self._length = length
        self._now = now

    def contains(self, bar: Bar) -> bool:
        """Return whether a bar begins within a session."""
        session = self._by_day.get(bar.time.date())
        return session is not None and session.opens <= bar.time < session.closes

    def is_final(self, bar: Bar) -> bool:
        """Return whether a source has the final prices of a bar."""
        session = self._by_day.get(bar.time.date())
        end = session.bar_end(bar.time, self._length) if session else bar.time + self._length
        return end + PUBLISHED_AFTER <= self._now

    def find_gaps(self, bars: Sequence[Bar]) -> list[date]:
        """Return the days after that of the first bar which have fewer bars than their session has finished hours."""
        bars_of_day = Counter(bar.time.date() for bar in bars)
        return [
            day
            for day, session in self._by_day.items()
            if day > bars[0].time.date() and bars_of_day[day] < session.count_finished(self._length, self._now)
        ]


def sessions_of(ticker: str, length: timedelta, now: datetime) -> Sessions | None:
    """Return the sessions of the period in which bars are stored; None for a stock of another exchange."""
    if exchange_of(ticker) is not NEW_YORK:
        return None
    today = now.astimezone(NEW_YORK_TIME).date()
    return Sessions(_list_sessions(today - LONGEST_HISTORY, today), length, now)


@lru_cache(maxsize=8)
def _list_sessions(first: date, last: date) -> dict[date, Session]:
    return {
        day: Session(datetime.combine(day, OPENS, NEW_YORK_TIME), close.astimezone(NEW_YORK_TIME))
        for day, close in session_closes(NEW_YORK.calendar, first, last).items()
    }
