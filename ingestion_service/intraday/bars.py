"""Prices within the day as a value: its checks, and its one form as CSV."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from common.domain.dates import EXCHANGE_TIME
from common.domain.errors import ProviderUnavailable

HEADER = "time,open,high,low,close,volume"
LONGEST_HISTORY = timedelta(days=366)
SAME_CLOSE = 1e-5
"""Relative; two closes of one moment this near differ by a float's rounding only."""
SAME_PRICE = 0.005
"""Closes of one moment that differ by more were adjusted in between: a split, most likely."""


class Bar(NamedTuple):
    """Prices from ``time`` (aware, in New York) until the next bar; ``close`` is split-adjusted."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


def read_bar(time: str, numbers: Sequence[str]) -> Bar:
    """Read a source's row, whose time is one in New York and names no zone. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is not None:
        raise ValueError("a time in another zone")
    open_, high, low, close, volume = (float(number) for number in numbers)
    # A volume of -0.0 would be written with its sign.
    return Bar(moment.replace(tzinfo=EXCHANGE_TIME), open_, high, low, close, volume + 0.0)


def checked_bars(bars: Iterable[Bar], now: datetime, length: timedelta) -> tuple[list[Bar], int]:
    """Return the bars as they may be stored: whole, positive, consistent, in order, each moment once, of one year.

    Of bars of one moment with one close, the one with the largest volume is returned.

    The number is of those that were dropped because they are broken or repeated, not because of their time.

    Raises:
        ProviderUnavailable: the source gave two different closes for one moment.
    """
    timely = [bar for bar in bars if now - LONGEST_HISTORY < bar.time <= now - length]
    good: dict[datetime, Bar] = {}
    for bar in sorted({bar for bar in timely if _is_sound(bar)}, key=lambda bar: (bar.time, bar.volume, bar)):
        if bar.time in good and abs(bar.close / good[bar.time].close - 1) > SAME_CLOSE:
            raise ProviderUnavailable("The price source returned two different prices for one moment.")
        good[bar.time] = bar
    return list(good.values()), len(timely) - len(good)


def _is_sound(bar: Bar) -> bool:
    if not all(math.isfinite(number) for number in bar[1:]):
        return False
    return 0 < bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high and bar.volume >= 0


def contradict(stored: Sequence[Bar], fetched: Sequence[Bar]) -> bool:
    """Whether the two tell different prices of one moment, so that they must not stand in one file."""
    closes = {bar.time: bar.close for bar in stored}
    return any(abs(bar.close / closes.get(bar.time, bar.close) - 1) > SAME_PRICE for bar in fetched)


def to_csv(bars: Iterable[Bar]) -> bytes:
    """Write the bars as CSV; each time says how far it is from UTC."""
    lines = (",".join((bar.time.isoformat(), *(repr(number) for number in bar[1:]))) for bar in bars)
    return "\n".join([HEADER, *lines, ""]).encode()


def from_csv(body: bytes) -> list[Bar]:
    """Read what :func:`to_csv` wrote; raises ValueError for anything else."""
    header, *lines = body.decode().splitlines()
    if header != HEADER:
        raise ValueError("another header")
    return [_stored_bar(*line.split(",")) for line in lines]


def _stored_bar(time: str, *numbers: str) -> Bar:
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    # An offset alone would keep a bar of the summer from equalling the same one read from a source.
    return read_bar(moment.astimezone(EXCHANGE_TIME).replace(tzinfo=None).isoformat(), numbers)
