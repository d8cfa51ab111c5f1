"""Chooses the figures of years and quarters among the filed values of several tags.

Companies change their tags, file each value again as the comparison of later years, and correct it there. Their fiscal
years begin in any month, and a 10-Q has the months since the begin of the year beside the quarter. The fields ``fy``
and ``fp`` of the SEC describe the filing, not the value, so only the dates of a value count here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.domain.companies.document import Figure, History
from ingestion_service.fundamentals.tags import Entry, Units

YEAR_DAYS = range(340, 386)
QUARTER_DAYS = range(75, 121)
"""Retailers have quarters of 12 and 16 weeks."""
NINE_MONTHS_DAYS = range(240, 296)
MOST_YEARS, MOST_QUARTERS = 5, 8
_SAME_END = timedelta(days=15)
"""Two periods of one length whose ends are so near are one: a later filing may write the last of the month."""
_SAME_START = timedelta(days=7)
_OLD_SHARES = timedelta(days=300)
_QUARTERLY = "10-Q"
"""The beginning of the forms of quarterly reports."""


@dataclass(frozen=True)
class _Series:
    """The entries of one tag in one unit."""

    tag: str
    unit: str
    entries: Sequence[Entry]

    def of(self, lengths: range) -> list[Figure]:
        """Return the figures of the periods of a length, the latest first."""
        return _distinct([entry for entry in self.entries if entry.days in lengths], self)

    def years(self) -> list[Figure]:
        """Return the figures of the fiscal years, the latest first.

        The twelve months in a quarterly report, which utilities state, end with a quarter and are no fiscal year.
        """
        return _distinct(self.yearly, self)

    @property
    def yearly(self) -> list[Entry]:
        """The entries of fiscal years."""
        return [
            entry for entry in self.entries if entry.days in YEAR_DAYS and not entry.filing.form.startswith(_QUARTERLY)
        ]

    def known_on(self, day: date) -> _Series:
        """Return the entries that were filed up to a day."""
        return _Series(self.tag, self.unit, [entry for entry in self.entries if entry.filing.filed <= day])


def choose_history(found: Mapping[str, Units], tags: Sequence[str], *, adds_up: bool = True) -> History:
    """Return the figures of the latest years and quarters.

    The tag with the latest period is used, of several the first. Earlier periods that it lacks are from the others.

    Args:
        found: the entries of each tag by unit.
        tags: the tags that mean this figure, the most exact first.
        adds_up: whether the quarters of a year add up to it, so that a missing fourth quarter can be computed.
    """
    series = [_main_unit(tag, found[tag]) for tag in tags if tag in found]
    ranked = sorted(series, key=_latest_end, reverse=True)  # a stable sort: among equals the first tag stays first
    ranked = [one for one in ranked if one.years()] or ranked
    same_unit = [one for one in ranked if one.unit == ranked[0].unit]
    years = _fill(one.years() for one in same_unit)
    quarters = _fill(_quarters(one, adds_up=adds_up) for one in same_unit)
    return History(years=tuple(years[:MOST_YEARS]), quarters=tuple(quarters[:MOST_QUARTERS]))


def choose_shares(found: Mapping[str, Units], tags: Sequence[str], newest_filed: date | None) -> Figure | None:
    """Return the newest number of shares; None if the filings state none for all classes together.

    The SEC's file leaves out the numbers of single classes, so a company with several classes has none, or one from the
    time when it had one class.
    """
    for tag in tags:
        entries = found.get(tag, {}).get("shares", [])
        if not entries:
            continue
        newest = max(entries, key=lambda entry: (entry.end, entry.filing.filed))
        of_day = {
            entry.value
            for entry in entries
            if (entry.end, entry.filing.accession) == (newest.end, newest.filing.accession)
        }
        is_old = newest_filed is not None and newest_filed - newest.filing.filed > _OLD_SHARES
        if len(of_day) == 1 and newest.value > 0 and not is_old:
            return _figure(newest, _Series(tag, "shares", entries))
    return None


def _main_unit(tag: str, units: Units) -> _Series:
    """Return the entries in the unit of the company's reports: a translation into dollars has only the latest year."""

    def rank(unit: str) -> tuple[date, int]:
        return max(entry.end for entry in units[unit]), len(units[unit])

    latest = max(rank(unit)[0] for unit in units)
    unit = max((unit for unit in units if latest - rank(unit)[0] <= _SAME_END), key=lambda unit: rank(unit)[1])
    return _Series(tag, unit, units[unit])


def _latest_end(series: _Series) -> date:
    ends = [entry.end for entry in series.entries if entry.days in YEAR_DAYS or entry.days in QUARTER_DAYS]
    return max(ends, default=date.min)


def _quarters(series: _Series, *, adds_up: bool) -> list[Figure]:
    direct = series.of(QUARTER_DAYS)
    computed = _fourth_quarters(series) if adds_up else []
    return _fill([direct, computed])


def _fourth_quarters(series: _Series) -> list[Figure]:
    """Return each fourth quarter as the year less its first nine months.

    If a later filing corrected only one of both, their difference would be no quarter. The values of the year's first
    filing are used then.
    """
    found = []
    for newest in series.years():
        year, part = newest, _first_nine_months(newest, series)
        if part is not None and part.restated != year.restated:
            earlier = series.known_on(_first_filed(newest, series))
            year = next((one for one in earlier.years() if abs(one.end - newest.end) <= _SAME_END), newest)
            part = _first_nine_months(year, earlier)
        if part is not None:
            changes = {"value": year.value - part.value, "start": part.end + timedelta(days=1), "computed": True}
            found.append(year.model_copy(update=changes))
    return found


def _first_nine_months(year: Figure, series: _Series) -> Figure | None:
    """Return the first nine months of a year; None if no filing has them."""
    assert year.start is not None  # noqa: S101 - a year has a start
    for part in series.of(NINE_MONTHS_DAYS):
        is_of_year = part.start is not None and abs(part.start - year.start) <= _SAME_START
        if is_of_year and (year.end - part.end).days in QUARTER_DAYS:
            return part
    return None


def _first_filed(year: Figure, series: _Series) -> date:
    """Return the day on which a year was filed first."""
    return min(entry.filing.filed for entry in series.yearly if abs(entry.end - year.end) <= _SAME_END)


def _fill(lists: Sequence[list[Figure]] | Iterator[list[Figure]]) -> list[Figure]:
    """Return the figures of the first list, with those of later lists for periods that it lacks, the latest first."""
    chosen: list[Figure] = []
    for figures in lists:
        chosen += [figure for figure in figures if all(abs(figure.end - other.end) > _SAME_END for other in chosen)]
    return sorted(chosen, key=lambda figure: figure.end, reverse=True)


def _distinct(entries: list[Entry], series: _Series) -> list[Figure]:
    """Return one figure for each period: the value of the newest filing, from the first filing that has this value."""
    groups: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda entry: entry.end, reverse=True):
        if groups and groups[-1][0].end - entry.end <= _SAME_END:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [_settled(group, series) for group in groups]


def _settled(group: list[Entry], series: _Series) -> Figure:
    newest = max(group, key=lambda entry: (entry.filing.filed, entry.filing.accession))
    same = [entry for entry in group if entry.value == newest.value]
    first = min(same, key=lambda entry: (entry.filing.filed, entry.filing.accession))
    is_restated = any(entry.value != newest.value and entry.filing.filed < first.filing.filed for entry in group)
    return _figure(first, series, restated=is_restated)


def _figure(entry: Entry, series: _Series, *, restated: bool = False) -> Figure:
    return Figure(
        value=entry.value,
        unit=series.unit,
        start=entry.start,
        end=entry.end,
        tag=series.tag,
        filing=entry.filing,
        restated=restated,
    )
