"""Intraday prices as values: their checks and their CSV format."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from common.domain.errors import ProviderUnavailable
from common.domain.markets.exchanges import NEW_YORK

NEW_YORK_TIME = ZoneInfo(NEW_YORK.time_zone)
"""Sources give prices within the day in it, wherever a stock is listed."""
HEADER = "time,open,high,low,close,volume"
LONGEST_HISTORY = timedelta(days=366)
SAME_CLOSE = 1e-5
"""The largest relative difference between two closes of one time that differ only by rounding."""
SAME_PRICE = 0.005
"""The largest relative difference between closes of one time in one adjustment; more is probably a split."""


class Bar(NamedTuple):
    """Prices from ``time`` (aware, in New York) until the next bar; ``close`` is split-adjusted."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


def parse_bar(time: str, numbers: Sequence[str]) -> Bar:
    """Parse a row; its time is in New York, without a time zone. Raise ValueError for anything else."""
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is not None:
        raise ValueError("a time in another zone")
    open_, high, low, close, volume = (float(number) for number in numbers)
    # A volume of -0.0 would be written with its sign.
    return Bar(moment.replace(tzinfo=NEW_YORK_TIME), open_, high, low, close, volume + 0.0)


class Hours(Protocol):
    """The hours in which a stock trades."""

    def contains(self, bar: Bar) -> bool:
        """Return whether a bar begins within them."""

    def is_final(self, bar: Bar) -> bool:
        """Return whether a source has the final prices of a bar."""


def check_bars(
    bars: Iterable[Bar], now: datetime, length: timedelta, hours: Hours | None = None
) -> tuple[list[Bar], int]:
    """Drop the bars that may not be stored.

    Args:
        bars: the fetched bars.
        now: the current time (aware); unfinished bars and those older than a year are dropped.
        length: the time between two bars.
        hours: the hours in which the stock trades, if they are known; bars outside are dropped.

    Returns:
        The complete, positive and consistent bars in order, one for each time: of several with the same close, the one
        with the largest volume. And the number of bars that are broken, repeated or outside ``hours``; unfinished and
        old ones do not count.

    Raises:
        ProviderUnavailable: the source returned two different closes for one time.
    """
    finished = (bar for bar in bars if (hours.is_final(bar) if hours else bar.time <= now - length))
    timely = [bar for bar in finished if bar.time > now - LONGEST_HISTORY]
    sound = {bar for bar in timely if _is_sound(bar) and (hours is None or hours.contains(bar))}
    good: dict[datetime, Bar] = {}
    for bar in sorted(sound, key=lambda bar: (bar.time, bar.volume, bar)):
        if bar.time in good and abs(bar.close / good[bar.time].close - 1) > SAME_CLOSE:
            raise ProviderUnavailable("The price source returned two different prices for one moment.")
        good[bar.time] = bar
    return list(good.values()), len(timely) - len(good)


def _is_sound(bar: Bar) -> bool:
    if not all(math.isfinite(number) for number in bar[1:]):
        return False
    return 0 < bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high and bar.volume >= 0


def have_contradictory_closes(stored: Sequence[Bar], fetched: Sequence[Bar]) -> bool:
    """Return whether the bars have different closes at a common time, so that one file must not contain both."""
    closes = {bar.time: bar.close for bar in stored}
    return any(abs(bar.close / closes.get(bar.time, bar.close) - 1) > SAME_PRICE for bar in fetched)


def to_csv(bars: Iterable[Bar]) -> bytes:
    """Return the bars as CSV. The times have their offset from UTC."""
    lines = (",".join((bar.time.isoformat(), *(repr(number) for number in bar[1:]))) for bar in bars)
    return "\n".join([HEADER, *lines, ""]).encode()


def from_csv(body: bytes) -> list[Bar]:
    """Parse the CSV of :func:`to_csv`; raise ValueError for anything else."""
    header, *lines = body.decode().splitlines()
    if header != HEADER:
        raise ValueError("another header")
    return [_parse_stored_bar(*line.split(",")) for line in lines]


def _parse_stored_bar(time: str, *numbers: str) -> Bar:
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    # With a fixed offset, a stored bar would not equal the same bar of a provider.
    return parse_bar(moment.astimezone(NEW_YORK_TIME).replace(tzinfo=None).isoformat(), numbers)
