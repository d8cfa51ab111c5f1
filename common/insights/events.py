"""Facts on splits of the share, and on the next report of the company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from common.domain.companies.document import SEC
from common.domain.companies.reports import ExpectedReport
from common.domain.companies.shares import Split
from common.domain.formats import format_date
from common.insights.comparison import Finding, age_words, uncompared
from common.insights.values import LeftOut

_NEARLY_WHOLE = 1e-4
"""Sources round the ratio of a third."""


def split_facts(splits: Sequence[Split] | None, last_day: date, source: str) -> list[Finding]:
    """Return the latest split.

    Args:
        splits: the splits that the source of the prices states; None if it states none of any share.
        last_day: the day of the newest close. Later splits are ignored.
        source: the name of the source.
    """
    known = [split for split in splits or () if split.day <= last_day]
    if not known:
        reason = "The source of the prices states no split of this share."
        if splits is None:
            reason = "The source of the prices states no splits. The prices are adjusted for them."
        return [LeftOut(id="split", name="Latest split", reason=reason)]
    last = max(known, key=lambda split: split.day)
    age = (last_day - last.day).days
    text = f"{_exchange(last.ratio)} on {format_date(last.day)}"
    return [
        uncompared("split", "Latest split", last.ratio, "shares for one", text, last_day, source),
        uncompared("split_age", "Age of the latest split", age, "days", age_words(age), last_day, source),
    ]


def report_facts(expected: ExpectedReport | None, last_day: date) -> list[Finding]:
    """Return the days within which the next report may be expected.

    Args:
        expected: the estimate; None without one.
        last_day: the day of the newest close.
    """
    name = "Next report on results"
    if expected is None:
        reason = (
            "No reports of the company are known, they show no rhythm, or the newest close is more than a week old."
        )
        return [LeftOut(id="report_ahead", name=name, reason=reason)]
    years = "year" if expected.years == 1 else f"{expected.years} years"
    text = (
        f"between {format_date(expected.first)} and {format_date(expected.last)}, an estimate from the reports of the "
        f"past {years}"
    )
    return [uncompared("report_ahead", name, (expected.first - last_day).days, "days ahead", text, last_day, SEC)]


def _exchange(ratio: float) -> str:
    """Return what a split gave: ``4 shares for one``, or ``1 share for 10``."""
    given_up = 1 / ratio
    if ratio < 1 and abs(given_up - round(given_up)) < _NEARLY_WHOLE:
        return f"1 share for {round(given_up)}"
    return f"{ratio:g} shares for one"
