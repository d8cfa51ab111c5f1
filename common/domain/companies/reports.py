"""The days of a company's reports, and the expected days of its next one; pure functions on filed reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from common.domain.companies.document import FOREIGN_FORMS, FiledReport

_YEAR = timedelta(days=364)
"""A year of whole weeks: companies report on the same weekdays."""
_PAST_YEARS = 3
_LEAST_REPORTS = 4
_LEAST_ANNUAL = 2
_NEAR = timedelta(days=30)
"""The largest distance between the report of an earlier year and the one that is due, after whole years."""
_SLACK = timedelta(days=5)
"""The least distance of the window's ends from its middle."""
_LATE = timedelta(days=21)
"""The time after the window in which the report may still come late. Later the estimate is given up."""
_ANNUAL_GAP = 300


class ExpectedReport(BaseModel):
    """The days within which the next report may come. It is an estimate; the company has not announced it."""

    model_config = ConfigDict(frozen=True)

    first: date = Field(description="The first day of the estimated window.")
    last: date = Field(description="The last day of the estimated window.")
    years: int = Field(description="The number of past years that the estimate is from.")
    estimated: bool = Field(default=True, description="Always true: no source here has announced dates.")


def report_days(reports: Sequence[FiledReport]) -> tuple[date, ...]:
    """Return the day on which the results of each period became known, oldest first.

    It is the day of the announcement of results, or that of the report itself where there was no announcement. Of
    several announcements for a period, the last one before the report counts: an earlier one is a warning. An annual
    report of a foreign company is left out, because its results were known weeks before.
    """
    periodic = sorted(
        (
            report
            for report in reports
            if report.kind != "results" and report.period_end and report.form not in FOREIGN_FORMS
        ),
        key=lambda one: one.filed,
    )
    announced = sorted(report.filed for report in reports if report.kind == "results")
    days: list[date] = []
    for report in _first_of_each_period(periodic):
        assert report.period_end is not None  # noqa: S101 - selected above
        own = [day for day in announced if report.period_end < day <= report.filed + timedelta(days=1)]
        days.append(own[-1] if own else report.filed)
    newest = periodic[-1].filed if periodic else date.min
    later = [day for day in announced if day > newest + timedelta(days=1)]
    return tuple(sorted({*days, *later[-1:]})) if periodic else tuple(announced)


def expect_report(reports: Sequence[FiledReport], today: date) -> ExpectedReport | None:
    """Return the window in which the next report may be expected; None if the past shows no rhythm.

    Each of the last three years gives a day: that of the report at the same time of the year, plus whole years of 52
    weeks. The window spans these days, and at least five days before and after their middle.

    Args:
        reports: the filed reports.
        today: the day at the exchange.
    """
    days = report_days(reports)
    gaps = [(after - before).days for before, after in pairwise(days)]
    if not gaps:
        return None
    gap = median(gaps[-8:])
    least = _LEAST_ANNUAL if gap > _ANNUAL_GAP else _LEAST_REPORTS
    if len(days) < least or not 60 <= gap <= 400:
        return None
    due = days[-1] + timedelta(days=round(gap))
    candidates = [_nearest(days, due, years) for years in range(1, _PAST_YEARS + 1)]
    found = [day for day in candidates if day is not None and day > days[-1]]
    if not found:
        return None
    middle = min(found) + (max(found) - min(found)) / 2
    first, last = min(*found, middle - _SLACK), max(*found, middle + _SLACK)
    if last + _LATE < today:
        return None
    return ExpectedReport(first=max(first, days[-1] + timedelta(days=1)), last=last, years=len(found))


def reports_within(expected: ExpectedReport | None, first: date, last: date) -> bool:
    """Return whether the window of the next report has days from ``first`` to ``last``, both included."""
    return expected is not None and expected.first <= last and first <= expected.last


def describe_report(expected: ExpectedReport, today: date, horizon_end: date, known_until: date) -> str:
    """Return sentences on the next report.

    Args:
        expected: the window of the next report, which has days from ``today`` on.
        today: the day at the exchange.
        horizon_end: the target date.
        known_until: the day on which the filed reports were read. The company may have reported since.
    """
    first = max(expected.first, today)
    when = f"on {_day(first)}" if first == expected.last else f"between {_day(first)} and {_day(expected.last)}"
    is_ahead = expected.first > horizon_end
    where = "before" if expected.last <= horizon_end else "after" if is_ahead else "around"
    years = "year" if expected.years == 1 else f"{expected.years} years"
    is_unsure = max(expected.first, known_until) < today
    unless = f", unless it has done so since {_day(known_until)}" if is_unsure else ""
    return (
        f"The company may report {when}, {where} the target date{unless}. "
        f"This is an estimate from the past {years}, not an announced date."
        + ("" if is_ahead else " Prices often move more on such a day, and the range is not widened for it.")
    )


def _first_of_each_period(periodic: Sequence[FiledReport]) -> list[FiledReport]:
    """Return the earliest report on each period, without later amendments."""
    first: dict[date | None, FiledReport] = {}
    for report in periodic:
        first.setdefault(report.period_end, report)
    return list(first.values())


def _nearest(days: Sequence[date], due: date, years: int) -> date | None:
    """Return the day of the report ``years`` years before ``due``, moved to that year; None if there was none."""
    moved = [day + years * _YEAR for day in days]
    near = [day for day in moved if abs(day - due) <= _NEAR]
    return min(near, key=lambda day: abs(day - due)) if near else None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
