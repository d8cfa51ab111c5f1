"""The checks of an uploaded series: those of a fetched one, with the line of each row that they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from common.domain.errors import FaultyRow, ImplausiblePrices, InvalidFile
from common.domain.markets.price_steps import extra_days, find_step, step_noun
from common.domain.plausibility import drop_implausible_rows
from common.domain.prices import COLUMNS, HISTORY_YEARS, MIN_ROWS, PriceSeries
from common.domain.source_names import UPLOAD
from ingestion_service.prices.auxiliary_columns import (
    clear_unusable_cells,
    flag_absent_cells,
    repair_daily_ranges,
)
from ingestion_service.prices.checks import (
    EARLIEST,
    SAME_CLOSE,
    Step,
    drop_old_years,
    drop_unfinished_last_day,
    drop_unsettled_days,
    fill_unknown_volumes,
    flag_jumps,
)
from ingestion_service.uploads.reading import count_of

_LONGEST_STEP_DAYS = 4
"""The most days between two rows in the middle of daily prices."""
_LEAST_SHARE_OF_DAYS = 0.05
"""The least share of steps of a single day in daily prices, also of a stock that is seldom traded."""
_STRETCH_ROWS, _NEXT_STRETCH_ROWS = 21, 5
"""The rows of a stretch whose step is looked for, and those from one stretch to the next."""
_MOST_EXTRA, _MOST_EXTRA_SHARE = 2, 0.02
"""Up to so many rows, or this share of them, may share a week or month with another. Sources add the latest day."""
_CONTRADICTION = "Its close is outside the range from its low to its high."
_OTHER_UNIT = "Its close seems to be in another unit than its neighbours, or lies beyond every plausible range."


@dataclass(frozen=True)
class CheckedPrices:
    """The good rows of a file as a series, the other rows, and notes on rows that were left out without a fault.

    ``lines`` has the line of each day of the file.
    """

    series: PriceSeries
    faults: Sequence[FaultyRow]
    notes: Sequence[str]
    lines: pd.Series[int]


def check_file(frame: pd.DataFrame, ticker: str, currency: str, now: datetime) -> CheckedPrices:
    """Check the rows of a file.

    Args:
        frame: the rows, as :class:`ReadPrices` has them.
        ticker: the ticker.
        currency: the unit of the prices.
        now: the current time (aware), which determines the newest final close.
    """
    faults = [*_find_impossible_days(frame, now), *_find_contradicting_days(frame)]
    bad = {fault.line for fault in faults}
    good = frame[~frame["line"].isin(bad)].drop_duplicates("day", keep="last").sort_values("day")
    notes = _note_repeated(frame, bad)
    lines = pd.Series(good["line"].to_numpy(), index=pd.DatetimeIndex(good["day"]))
    prices = good.set_index(pd.DatetimeIndex(good["day"], name="date"))[list(COLUMNS)]
    series = PriceSeries(ticker, UPLOAD, currency, prices)
    settled = drop_unfinished_last_day(fill_unknown_volumes(drop_unsettled_days(series, now)))
    if len(settled) < len(series):
        notes.append(f"The session of {series.last:%Y-%m-%d} has not ended; its row was left out.")
    checked, more = _find_dropped(
        replace(settled, dropped=0), clear_unusable_cells, repair_daily_ranges, lines, _CONTRADICTION
    )
    return CheckedPrices(checked, sorted([*faults, *more], key=lambda fault: fault.line), notes, lines)


def check_whole(series: PriceSeries, lines: pd.Series[int]) -> CheckedPrices:
    """Check a series as a whole, with the days that were stored before.

    Args:
        series: the series.
        lines: the lines of the days that come from the file.

    Raises:
        InvalidFile: the rows are no daily, weekly or monthly prices, or a mixture of them.
        TooLittleData: fewer rows are left than a forecast needs.
        ImplausiblePrices: the closes change their unit, or are outside the plausible range.
    """
    recent = drop_old_years(series)
    _require_regular_steps(recent)
    old = len(series) - len(recent)
    notes = [f"{count_of(old, 'row')} left out, older than {HISTORY_YEARS} years."] if old else []
    try:
        checked, faults = _find_dropped(recent, drop_implausible_rows, None, lines, _OTHER_UNIT)
    except ImplausiblePrices as exc:
        raise ImplausiblePrices(exc.detail.partition(", so no forecast")[0] + ". Correct the file.") from exc
    checked.require_rows()
    return CheckedPrices(flag_jumps(_flag_absent_cells(checked)), faults, notes, lines)


def _flag_absent_cells(series: PriceSeries) -> PriceSeries:
    """Flag the columns that lack some cells. A file may have no such column at all."""
    flagged = flag_absent_cells(series)
    return replace(flagged, flags=tuple(flag for flag in flagged.flags if not flag.endswith("on any day")))


def _require_regular_steps(series: PriceSeries) -> None:
    days = pd.DatetimeIndex(series.frame.index)
    if len(days) < MIN_ROWS:
        return
    step = find_step(days)
    if step is not None:
        _refuse_extra_days(days, step)
        return
    gaps = np.diff(days.to_numpy()).astype("timedelta64[D]").astype(int)
    usual = np.median(gaps)
    if usual > _LONGEST_STEP_DAYS or (gaps == 1).mean() < _LEAST_SHARE_OF_DAYS:
        raise InvalidFile(
            f"The rows are usually {usual:.0f} days apart, and their steps are neither days, weeks nor months. Send "
            "prices in one step: daily, weekly or monthly."
        )
    for first in range(0, len(days) - _STRETCH_ROWS + 1, _NEXT_STRETCH_ROWS):
        stretch = days[first : first + _STRETCH_ROWS]
        step = find_step(stretch)
        if step is not None:
            raise InvalidFile(
                f"The prices from {stretch[0]:%Y-%m-%d} to {stretch[-1]:%Y-%m-%d} are {step_noun(step)}ly, and others "
                "are daily. Send prices in one step."
            )


def _refuse_extra_days(days: pd.DatetimeIndex, step: str) -> None:
    extra = extra_days(days, step)
    if len(extra) > max(_MOST_EXTRA, _MOST_EXTRA_SHARE * len(days)):
        noun = step_noun(step)
        raise InvalidFile(
            f"The prices are {noun}ly, and {len(extra)} rows share a {noun} with another row, such as that of "
            f"{extra[0]:%Y-%m-%d}. Send prices in one step."
        )


def _find_dropped(
    series: PriceSeries, step: Step, following: Step | None, lines: pd.Series[int], reason: str
) -> tuple[PriceSeries, list[FaultyRow]]:
    """Apply one or two steps of checks; return the series, and the rows of the file that they dropped."""
    checked = step(series) if following is None else following(step(series))
    dropped = series.frame.index.difference(checked.frame.index).intersection(lines.index)
    return checked, [FaultyRow(int(lines[day]), f"{reason} The day is {day:%Y-%m-%d}.") for day in dropped]


def _find_impossible_days(frame: pd.DataFrame, now: datetime) -> list[FaultyRow]:
    tomorrow = pd.Timestamp(now.date()) + pd.Timedelta(days=1)
    faults = []
    for text, is_wrong in (("before 1900", frame["day"] < EARLIEST), ("in the future", frame["day"] > tomorrow)):
        wrong = frame[is_wrong]
        faults += [
            FaultyRow(int(line), f"The day {day:%Y-%m-%d} is {text}.")
            for line, day in zip(wrong["line"], wrong["day"], strict=True)
        ]
    return faults


def _find_contradicting_days(frame: pd.DataFrame) -> list[FaultyRow]:
    """Return the rows whose close differs from that of an earlier row of the same day."""
    firsts = frame.drop_duplicates("day").set_index("day")
    repeated = frame[frame.duplicated("day")]
    before = firsts.loc[repeated["day"]]
    differs = np.abs(repeated["close"].to_numpy() / before["close"].to_numpy() - 1) > SAME_CLOSE
    return [
        FaultyRow(int(line), f"The day {day:%Y-%m-%d} has another close in line {int(first)}.")
        for line, day, first in zip(
            repeated["line"][differs], repeated["day"][differs], before["line"].to_numpy()[differs], strict=True
        )
    ]


def _note_repeated(frame: pd.DataFrame, bad: set[int]) -> list[str]:
    count = int(frame[~frame["line"].isin(bad)].duplicated("day").sum())
    return [f"{count_of(count, 'row')} left out, with a day and close of another row."] if count else []
