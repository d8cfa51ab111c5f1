"""The days of reports, and the estimate of the next one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.domain.companies.document import FiledReport
from common.domain.companies.reports import describe_report, expect_report, report_days, reports_within

TODAY = date(2026, 11, 29)


def report(kind, filed, period_end=None):
    form = {"results": "8-K", "quarterly_report": "10-Q", "annual_report": "10-K"}[kind]
    return FiledReport(kind=kind, form=form, filed=filed, period_end=period_end, accession=f"0-{filed}-{kind}")


def quarterly(last=date(2026, 10, 29), number=12):
    """Return announcements of results every 13 weeks, each followed by its report a day later."""
    days = [last - timedelta(weeks=13 * place) for place in range(number)]
    filed = [report("quarterly_report", day + timedelta(days=1), day - timedelta(days=30)) for day in days]
    return [report("results", day) for day in days] + filed


def test_the_day_of_results_is_that_of_the_announcement():
    days = report_days(quarterly(number=3))
    assert days == (date(2026, 4, 30), date(2026, 7, 30), date(2026, 10, 29))


def test_a_report_without_an_announcement_counts_itself():
    assert report_days([report("annual_report", date(2026, 3, 1), date(2025, 12, 31))]) == (date(2026, 3, 1),)


def test_of_two_announcements_the_later_counts():
    # The first one is a warning of the results.
    reports = [
        report("results", date(2026, 1, 8)),
        report("results", date(2026, 1, 28)),
        report("annual_report", date(2026, 2, 20), date(2025, 12, 31)),
    ]
    assert report_days(reports) == (date(2026, 1, 28),)


def test_an_announcement_whose_report_is_not_filed_yet_counts():
    reports = [*quarterly(last=date(2026, 7, 30)), report("results", date(2026, 10, 29))]
    assert report_days(reports)[-1] == date(2026, 10, 29)


def test_an_amendment_is_no_second_report():
    reports = [*quarterly(number=2), report("quarterly_report", date(2026, 11, 20), date(2026, 9, 29))]
    assert len(report_days(reports)) == 2


def test_the_next_report_is_expected_a_year_after_the_one_before():
    expected = expect_report(quarterly(), TODAY)
    assert expected.first <= date(2027, 1, 28) <= expected.last
    assert (expected.last - expected.first).days == 10
    assert (expected.years, expected.estimated) == (3, True)


def test_irregular_years_widen_the_window():
    # Four years of reports whose days of January differ by up to three weeks.
    starts = [date(2023, 1, 20), date(2024, 2, 12), date(2025, 1, 24), date(2026, 1, 30)]
    days = [start + timedelta(weeks=13 * place) for start in starts for place in range(4)]
    expected = expect_report([report("results", day) for day in days], TODAY)
    assert (expected.last - expected.first).days > 10
    assert expected.first <= date(2027, 1, 29) <= expected.last


def test_a_company_that_reports_once_a_year_gets_an_estimate():
    filed = [date(year, 3, 20) for year in (2024, 2025, 2026)]
    expected = expect_report([report("annual_report", day, date(day.year - 1, 12, 31)) for day in filed], TODAY)
    assert expected.first <= date(2027, 3, 19) <= expected.last


@pytest.mark.parametrize(
    "reports",
    [
        [],
        quarterly(number=3),
        quarterly(last=date(2025, 1, 29)),
        [report("results", date(2026, 1, 1) + timedelta(days=3 * place)) for place in range(20)],
    ],
    ids=["no report", "too few", "none for a year", "no rhythm"],
)
def test_without_a_rhythm_there_is_no_estimate(reports):
    assert expect_report(reports, TODAY) is None


def test_a_late_report_stays_expected_for_some_weeks():
    late = date(2027, 2, 10)
    assert expect_report(quarterly(), late) is not None
    assert expect_report(quarterly(), late + timedelta(days=30)) is None


def test_a_window_is_within_a_horizon_if_it_shares_a_day():
    expected = expect_report(quarterly(), TODAY)
    assert reports_within(expected, TODAY, expected.first)
    assert not reports_within(expected, TODAY, expected.first - timedelta(days=1))
    assert not reports_within(None, TODAY, date(2030, 1, 1))


def test_the_sentence_says_that_it_is_an_estimate():
    expected = expect_report(quarterly(), TODAY)
    text = describe_report(expected, TODAY, date(2027, 3, 1), TODAY)
    assert text.startswith("The company may report between 23 January 2027 and 2 February 2027, before the target date")
    assert "an estimate from the past 3 years" in text
    assert "around the target date" in describe_report(expected, TODAY, date(2027, 1, 26), TODAY)


def test_the_sentence_on_a_report_after_the_target_date_says_nothing_about_the_range():
    text = describe_report(expect_report(quarterly(), TODAY), TODAY, date(2026, 12, 29), TODAY)
    assert text == (
        "The company may report between 23 January 2027 and 2 February 2027, after the target date. "
        "This is an estimate from the past 3 years, not an announced date."
    )


def test_the_sentence_in_the_window_names_no_past_day_and_says_what_is_unknown():
    expected, in_window, end = expect_report(quarterly(), TODAY), date(2027, 1, 30), date(2027, 3, 1)
    up_to_date = describe_report(expected, in_window, end, in_window)
    assert up_to_date.startswith("The company may report between 30 January 2027 and 2 February 2027, before")
    assert "unless" not in up_to_date
    older = describe_report(expected, in_window, end, date(2027, 1, 25))
    assert "before the target date, unless it has done so since 25 January 2027. " in older
    assert "may report on 2 February 2027, " in describe_report(expected, expected.last, end, expected.last)


def test_the_annual_report_of_a_foreign_company_is_not_the_day_of_its_results():
    filed = [date(year, 3, 20) for year in (2024, 2025, 2026)]
    reports = [
        report("annual_report", day, date(day.year - 1, 12, 31)).model_copy(update={"form": "20-F"}) for day in filed
    ]
    assert (report_days(reports), expect_report(reports, TODAY)) == ((), None)
