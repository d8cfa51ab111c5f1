"""A ticker's daily prices as a value, and their CSV format."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from common.domain.companies.shares import Split
from common.domain.errors import TooLittleData

COLUMNS = ("open", "high", "low", "close", "adj_close", "volume")
_HEADER = ",".join(("date", *COLUMNS)).encode()
MIN_ROWS = 60
"""About a quarter of a year of trading days: fewer determine neither a trend nor a volatility."""
HISTORY_YEARS = 10
MOST_FLAGS = 5
"""The most days that flags of one kind name: S3 stores at most 2 kB of metadata."""


def flag_each_day(text: str, days: Sequence[date] | pd.DatetimeIndex) -> tuple[str, ...]:
    """Return a flag for each of the first days, and one flag with the number of the others."""
    flags = [f"{text} {day:%Y-%m-%d}" for day in days[:MOST_FLAGS]]
    more = [f"{text} {len(days) - MOST_FLAGS} other days"] if len(days) > MOST_FLAGS else []
    return (*flags, *more)


def flag_days_together(text: str, days: pd.DatetimeIndex) -> tuple[str, ...]:
    """Return one flag with the only day, or with the number of days and the last one; no flag without days."""
    if len(days) == 0:
        return ()
    count = f"{len(days)} days, the last " if len(days) > 1 else ""
    return (f"{text} {count}{days.max():%Y-%m-%d}",)


def merge_flags(flags: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Return the flags of two series without duplicates."""
    return tuple(dict.fromkeys((*flags, *more)))


class CorruptPrices(ValueError):
    """A stored price CSV is damaged."""


@dataclass(frozen=True)
class PriceSeries:
    """Daily prices, oldest first.

    ``frame`` has a ``DatetimeIndex`` named ``date`` (naive, midnight, strictly increasing) and the float64 columns
    :data:`COLUMNS`. ``close`` is adjusted for splits, ``adj_close`` also for dividends, both in ``currency``. Every row
    has a close; ``open``, ``high``, ``low`` and ``adj_close`` are NaN where the source has no plausible value.
    ``dropped`` is the number of rows that the checks removed; ``flags`` are short texts on what the checks found.
    ``splits`` are the splits that the source states; None if it states none of any share.
    """

    ticker: str
    source: str
    currency: str
    frame: pd.DataFrame
    dropped: int = 0
    flags: tuple[str, ...] = ()
    splits: tuple[Split, ...] | None = None

    @property
    def first(self) -> date:
        """The date of the oldest close."""
        first: pd.Timestamp = self.frame.index[0]
        return first.date()

    @property
    def last(self) -> date:
        """The date of the newest close."""
        last: pd.Timestamp = self.frame.index[-1]
        return last.date()

    def __len__(self) -> int:
        return len(self.frame)

    def require_rows(self, rows: int = MIN_ROWS) -> None:
        """Raise :class:`TooLittleData` if there are fewer than ``rows`` prices."""
        if len(self) < rows:
            left_out = f" after {self.dropped} implausible ones were left out" if self.dropped else ""
            raise TooLittleData(f"{self.ticker} has {len(self)} prices{left_out}. At least {rows} are needed.")

    def take_last_years(self, years: int = HISTORY_YEARS) -> PriceSeries:
        """Return the last ``years`` years of the series, counted back from its newest close."""
        begin = pd.Timestamp(self.frame.index[-1]) - pd.DateOffset(years=years)
        return replace(self, frame=self.frame[self.frame.index > begin])

    def to_csv(self) -> bytes:
        """Write the series as CSV; :meth:`from_csv` reads the same floats back, bit for bit.

        pandas would write the same bytes in four times the time, most of it for the dates.
        """
        days = np.datetime_as_string(self.frame.index.to_numpy(), unit="D").tolist()
        cells = [[_format_cell(value) for value in self.frame[name].tolist()] for name in COLUMNS]
        rows = map(",".join, zip(days, *cells, strict=True))
        return "\n".join([",".join(("date", *COLUMNS)), *rows, ""]).encode()

    @classmethod
    def from_csv(cls, body: bytes, *, ticker: str, source: str, currency: str) -> PriceSeries:
        """Read what :meth:`to_csv` wrote.

        Raises:
            CorruptPrices: ``body`` has another format.
            MemoryError: there is too little memory to read it.
        """
        if body.partition(b"\n")[0].rstrip(b"\r") != _HEADER:  # pandas takes a minute to rename 50 000 equal columns
            raise CorruptPrices(f"the stored prices of {ticker} have another form than expected")
        try:
            frame = pd.read_csv(
                io.BytesIO(body),
                index_col="date",
                parse_dates=["date"],
                date_format="%Y-%m-%d",
                dtype=dict.fromkeys(COLUMNS, "float64"),
            )
            frame.index = pd.DatetimeIndex(frame.index, name="date")
        except (ValueError, KeyError, TypeError) as exc:
            if "out of memory" in str(exc):  # pandas raises a ParserError, but the prices are sound
                raise MemoryError from exc
            raise CorruptPrices(f"the stored prices of {ticker} cannot be read") from exc
        in_order = frame.index.is_monotonic_increasing and frame.index.is_unique
        if tuple(frame.columns) != COLUMNS or frame.empty or not in_order:
            raise CorruptPrices(f"the stored prices of {ticker} have another form than expected")
        return cls(ticker, source, currency, frame)


def _format_cell(value: float) -> str:
    return "" if value != value else repr(value)  # noqa: PLR0124 - nothing but NaN differs from itself
