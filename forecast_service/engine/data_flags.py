"""Flags for unusual prices behind a forecast, as sentences.

Each sentence gives what the data shows, with date and number, and then what that means for the forecast.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.fields import Field
from common.domain.formats import format_price
from common.domain.markets.exchanges import EVERY_DAY, NEW_YORK, exchange_of, has_known_exchange
from common.domain.markets.price_steps import is_step, step_length, step_noun
from common.domain.markets.trading_calendars import has_known_holidays, holidays_known_until
from common.domain.price_jumps import find_jump_days
from common.domain.prices import PriceSeries
from common.domain.results import Backtest
from forecast_service.engine.runs import Run, notable_run
from forecast_service.engine.trading_days import has_session_between

MOST_FLAGS = 5
LONG_GAP_DAYS = 11
"""Calendar days between two closes. Few exchanges close for longer at their holidays; their calendars have those."""
LONGEST_HOLIDAYS_DAYS = 21
"""No exchange closes for longer, so that its calendar need not be read."""
LARGE_FACTOR = 1.8
"""A close that rises or falls by more than this factor in one step is flagged."""
STILL_ROWS = 10
"""This many equal closes in a row are flagged: two weeks of trading days."""
VOLUMELESS_ROWS, VOLUMELESS_LAST_ROWS = 20, 5
"""This many rows in a row without volume are flagged: a month anywhere, a week at the end."""
LEAST_SHARE_WITH_VOLUME = 0.05
"""With a smaller fraction of rows with volume, the source has no volumes of the ticker, such as an index."""
RECENT_ROWS = 250
"""About a year. Older findings rank lower."""
FEW_ROWS_SINCE = 60
"""With fewer closes after a gap, the forecast rests on older prices. A forecast needs this many."""
SHORT_HISTORY_DAYS = 365
SPARSE = 0.7
"""Closes on a smaller fraction of the trading days are flagged."""
FAULTY_SHARE = 0.01
"""A larger fraction of faulty rows is flagged."""
NAMED_SPLITS = 2
_SPLIT = "looks like a split on "
_OTHERS = re.compile(r"(\d+) other days?$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, order=True)
class _Finding:
    """A sentence with its place in the order: by rank, then by age."""

    rank: int
    age_rows: int
    sentence: str


def data_flags(
    history: PriceSeries, calendar: str, backtest: Backtest | None, target: date | None = None, field: Field = "close"
) -> list[str]:
    """Return at most :data:`MOST_FLAGS` sentences about unusual prices, the most important one first.

    Args:
        history: the modelled prices, with the flags that the checks stored with them.
        calendar: the code of the calendar of the prices.
        backtest: the scores of the backtest; None where the history is too short for one.
        target: the date of the forecast; None for the prices alone.
        field: the field of the forecast. Standing closes say nothing about volume.
    """
    inspection = _Inspection(history, calendar, field)
    findings = [
        *inspection.steps(),
        *inspection.jumps(),
        *inspection.gaps(),
        *(() if field == "volume" else (*inspection.standstill(), *inspection.volumeless())),
        *inspection.days_without_field(),
        *inspection.short(backtest),
        *inspection.sparse(),
        *inspection.calendar(target),
        *inspection.other_flags(),
        *inspection.faulty_rows(),
    ]
    return [finding.sentence for finding in sorted(findings)[:MOST_FLAGS]]


class _Inspection:
    """The findings of one history, a method for each kind."""

    def __init__(self, history: PriceSeries, calendar: str, field: Field) -> None:
        self._history = history
        self._field = field
        self._days = pd.DatetimeIndex(history.frame.index)
        self._calendar = calendar
        self._closes: FloatArray = history.frame["close"].to_numpy(dtype=np.float64)

    def steps(self) -> Iterator[_Finding]:
        """Find weekly or monthly prices, whose steps take the place of trading days."""
        if is_step(self._calendar):
            noun = step_noun(self._calendar)
            words = f"The prices are {noun}ly and are forecast in steps of a {noun}"
            yield _Finding(-1, 0, f"{words}; where trading days or daily moves are named, {noun}s are meant.")

    def jumps(self) -> Iterator[_Finding]:
        """Find likely splits, the newest first, and the largest other move of a single step."""
        flagged = [flag.removeprefix(_SPLIT) for flag in self._history.flags if flag.startswith(_SPLIT)]
        stored = {row for row in map(self._row_of, flagged) if row is not None}
        # A series that was stored before this check existed has no flag, so the engine checks for splits as well.
        found = {int(row) for row in self._days.get_indexer(find_jump_days(self._history.frame))}
        days = sorted(stored | found, reverse=True)
        for row in days[:NAMED_SPLITS]:
            yield self._finding(row, 0, f"{self._move(row)} and {_SPLIT}{self._day(row)}; {self._treatment(row)}.")
        counted = sum(int(count[1]) for count in map(_OTHERS.match, flagged) if count)
        others = max(len(days), len(stored) + counted) - len(days[:NAMED_SPLITS])
        if others:
            on = f"{others} other day{'s' * (others != 1)}"
            yield _Finding(4, 0, f"The close also {_SPLIT}{on}; {self._treatment_of_others()}.")
        if self._field != "volume":
            yield from self._large_moves(beside=set(days))

    def _large_moves(self, beside: set[int]) -> Iterator[_Finding]:
        moves = np.abs(np.diff(np.log(self._closes)))
        large = {int(row) + 1 for row in np.flatnonzero(moves > np.log(LARGE_FACTOR))} - beside
        if large:
            row = max(large, key=lambda row: moves[row - 1])
            count = f" ({len(large)} days have such moves)" if len(large) > 1 else ""
            yield self._finding(row, 1, f"{self._move(row)} on {self._day(row)}{count}; {self._treatment(row)}.")

    def gaps(self) -> Iterator[_Finding]:
        """Find the longest gap between two closes, and the newest one where that is recent."""
        lengths = np.diff(self._days.to_numpy()).astype("timedelta64[D]").astype(int)
        is_long = lengths > (2 * step_length(self._calendar) if is_step(self._calendar) else LONG_GAP_DAYS)
        for gap in np.flatnonzero(is_long & (lengths <= LONGEST_HOLIDAYS_DAYS)).tolist():
            is_long[gap] = self._misses_sessions(gap)
        long = np.flatnonzero(is_long)
        if not len(long):
            return
        longest, newest = int(long[lengths[long].argmax()]), int(long[-1])
        for row in dict.fromkeys((newest, longest) if self._is_recent(newest) else (longest,)):
            count = f", the longest of {len(long)} gaps" if row == longest and len(long) > 1 else ""
            where = f"{self._day(row)} to {self._day(row + 1)}{count}"
            meaning = self._meaning_of_gap(row)
            yield self._finding(row + 1, 1, f"No close for {lengths[row]} days ({where}); {meaning}.")

    def standstill(self) -> Iterator[_Finding]:
        """Find the run of equal closes at the end, or the longest one."""
        run = notable_run(np.diff(self._closes, prepend=np.nan) == 0.0, STILL_ROWS - 1, STILL_ROWS - 1)
        if run is not None:
            first, price = run.first - 1, self._price(run.last)
            where = f"{run.last - first + 1} days in a row ({self._day(first)} to {self._day(run.last)})"
            yield self._finding(
                run.last, 1, f"The close stands at {price} on {where}; the risk may be larger than the interval says."
            )

    def volumeless(self) -> Iterator[_Finding]:
        """Find the run of rows without volume at the end, or the longest one, where the ticker has volumes."""
        without = ~(self._history.frame["volume"].to_numpy(dtype=np.float64) > 0.0)
        if (~without).mean() < LEAST_SHARE_WITH_VOLUME:
            return
        run = notable_run(without, VOLUMELESS_ROWS, VOLUMELESS_LAST_ROWS)
        if run is None:
            return
        where = f"{run.rows} days in a row ({self._day(run.first)} to {self._day(run.last)})"
        meaning = "the last close may be no traded price" if self._ends(run) else "these closes may be no traded prices"
        yield self._finding(run.last, 1, f"Zero volume on {where}; {meaning}.")

    def days_without_field(self) -> Iterator[_Finding]:
        """Find days that the forecast leaves out, because they lack its field."""
        column = self._history.frame[self._field].to_numpy(dtype=np.float64)
        lacking = int((~(np.isfinite(column) & (column > 0))).sum())
        if lacking:
            days = f"{lacking} day{'s' * (lacking != 1)}"
            without = "without volume" if self._field == "volume" else f"without a plausible {self._field}"
            yield _Finding(2, 0, f"{days} {without} {'was' if lacking == 1 else 'were'} left out.")

    def short(self, backtest: Backtest | None) -> Iterator[_Finding]:
        """Find a history of less than a year."""
        if (self._history.last - self._history.first).days < SHORT_HISTORY_DAYS:
            count = backtest.independent_tests if backtest else 0
            rests = f"about {count} independent test{'s' * (count != 1)}" if count else "no test"
            since = f"{len(self)} prices since {self._history.first}"
            yield _Finding(2, 0, f"Short history: {since}; the interval rests on {rests} of this ticker.")

    def sparse(self) -> Iterator[_Finding]:
        """Find closes on too few of the trading days, long gaps aside."""
        lengths = np.diff(self._days.to_numpy()).astype("timedelta64[D]").astype(int)
        usual = lengths[lengths <= LONG_GAP_DAYS]
        if not len(usual) or is_step(self._calendar):
            return
        a_week = 7 if self._calendar == EVERY_DAY else 5
        expected = max(round(float(usual.sum()) * a_week / 7), 1)
        if len(usual) / expected < SPARSE:
            fraction = f"about {100 * len(usual) / expected:.0f} % of the trading days"
            yield _Finding(
                1, 0, f"Closes exist on {fraction} only; the forecast counts a missing day as no time at all."
            )

    def calendar(self, target: date | None) -> Iterator[_Finding]:
        """Find an exchange that is not known, or whose holidays are not known up to the target."""
        ticker = self._history.ticker
        is_of_exchange = self._calendar != EVERY_DAY and not is_step(self._calendar)
        if is_of_exchange and not has_known_exchange(ticker):
            days = f"its trading days are those of the {NEW_YORK.name}"
            yield _Finding(0, len(self), f"The exchange of {ticker} is not known; {days}.")
        if not has_known_holidays(self._calendar):
            holidays = f"The holidays of the {exchange_of(ticker).name} are not known"
            yield _Finding(5, 0, f"{holidays}; the target date may be one.")
        known_until = holidays_known_until(self._calendar)
        if target and known_until and target > known_until:
            holidays = f"The {exchange_of(ticker).name}'s holidays are known up to {known_until}"
            yield _Finding(5, 0, f"{holidays}; the target date may be one of later years.")

    def other_flags(self) -> Iterator[_Finding]:
        """Return the stored flags other than splits."""
        for flag in self._history.flags:
            if not flag.startswith(_SPLIT):
                yield _Finding(3, 0, _sentence(flag))

    def faulty_rows(self) -> Iterator[_Finding]:
        """Find a large number of rows that the checks dropped."""
        dropped, rows = self._history.dropped, len(self)
        if dropped > FAULTY_SHARE * (rows + dropped):
            yield _Finding(5, 0, f"{dropped} faulty rows of the source were dropped, and {rows} were used.")

    def __len__(self) -> int:
        return len(self._closes)

    def _finding(self, row: int, rank: int, sentence: str) -> _Finding:
        """Return a finding, with a lower rank where it is old."""
        return _Finding(rank if self._is_recent(row) else rank + 3, len(self) - row, sentence)

    def _misses_sessions(self, row: int) -> bool:
        """Return whether the exchange was open between a close and the next one."""
        return has_session_between(self._day(row), self._day(row + 1), self._calendar)

    def _is_recent(self, row: int) -> bool:
        return row >= len(self) - RECENT_ROWS

    def _ends(self, run: Run) -> bool:
        return run.last == len(self) - 1

    def _row_of(self, written: str) -> int | None:
        """Return the row of a day that a stored flag names, None where it is not in the modelled history."""
        if not _DAY.match(written):
            return None
        row = int(self._days.searchsorted(pd.Timestamp(written)))
        return row if 0 < row < len(self) and self._day(row).isoformat() == written else None

    def _day(self, row: int) -> date:
        day: pd.Timestamp = self._days[row]
        return day.date()

    def _move(self, row: int) -> str:
        return f"The close goes from {self._price(row - 1)} to {self._price(row)}"

    def _price(self, row: int) -> str:
        return format_price(float(self._closes[row]))

    def _treatment_of_others(self) -> str:
        if self._field == "volume":
            return "volumes before these may count other shares"
        return "the forecast treats these as real moves"

    def _treatment(self, row: int) -> str:
        if self._field == "volume":
            return "volumes before it may count other shares"
        return f"the forecast treats it as a real {'rise' if self._closes[row] > self._closes[row - 1] else 'fall'}"

    def _meaning_of_gap(self, row: int) -> str:
        since = len(self) - 1 - row
        if self._field == "volume":
            return "the forecast counts the missing days as no time at all"
        if since < FEW_ROWS_SINCE:
            return f"only {since} close{'s' * (since != 1)} since, so the forecast rests on older prices"
        return "the forecast treats the move across this gap as that of a single day"


def _sentence(flag: str) -> str:
    """Return a stored flag as a sentence; a column's name keeps its spelling."""
    first = flag.partition(" ")[0]
    return f"{flag[:1].upper() if first.isalpha() else flag[:1]}{flag[1:].rstrip('.')}."
