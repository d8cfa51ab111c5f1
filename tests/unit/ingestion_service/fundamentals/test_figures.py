"""The figures of years and quarters among the filed values of a company."""

from __future__ import annotations

import json
from datetime import date

import pytest

from common.domain.errors import ProviderUnavailable
from ingestion_service.fundamentals.document import EPS_TAGS, NET_INCOME_TAGS, REVENUE_TAGS, SHARES_TAGS
from ingestion_service.fundamentals.figures import choose_history, choose_shares
from ingestion_service.fundamentals.tags import read_tags
from test_support.sources.sec_source import company_facts

TODAY = date(2026, 11, 29)
CONTRACTS = "RevenueFromContractWithCustomerExcludingAssessedTax"


def row(start, end, value, filed="2026-02-01", form="10-K"):
    span = {"start": start} if start else {}
    about = {"accn": f"a-{filed}", "fy": 2030, "fp": "FY", "form": form, "filed": filed}
    return span | {"end": end, "val": value} | about


def year(of, value, filed=None, **more):
    return row(f"{of}-01-01", f"{of}-12-31", value, filed or f"{of + 1}-02-01", **more)


def file_with(**tags):
    """Return a file of figures; a tag's taxonomy is us-gaap unless its name has one."""
    facts = {}
    for name, units in tags.items():
        taxonomy, _, tag = name.rpartition("__")
        content = {"label": "x", "description": None, "units": units}
        facts.setdefault(taxonomy.replace("_", "-") or "us-gaap", {})[tag] = content
    return json.dumps({"cik": 1, "entityName": "A", "facts": facts}).encode()


def revenue(**tags):
    return choose_history(read_tags(file_with(**tags), REVENUE_TAGS), REVENUE_TAGS)


def values(figures):
    return [(str(figure.end), figure.value) for figure in figures]


def test_years_quarters_and_a_computed_fourth_quarter_come_from_the_file():
    found = read_tags(json.dumps(company_facts(1, TODAY)).encode(), (*REVENUE_TAGS, *EPS_TAGS, *SHARES_TAGS))
    history = choose_history(found, REVENUE_TAGS)
    assert values(history.years[:1]) == [("2025-12-31", 460e6)]
    assert values(history.quarters[:4]) == [
        ("2026-09-30", 100e6),
        ("2026-06-30", 100e6),
        ("2026-03-31", 100e6),
        ("2025-12-31", 160e6),
    ]
    assert [figure.computed for figure in history.quarters[:4]] == [False, False, False, True]
    earnings = choose_history(found, EPS_TAGS, adds_up=False)
    assert all(figure.end.month != 12 and not figure.computed for figure in earnings.quarters)
    assert choose_shares(found, SHARES_TAGS, TODAY).value == 5e8


def test_the_cumulative_months_of_a_report_are_no_quarter():
    quarter = row("2026-04-01", "2026-06-30", 30, "2026-08-01", "10-Q")
    half_a_year = row("2026-01-01", "2026-06-30", 70, "2026-08-01", "10-Q")
    assert values(revenue(Revenues={"USD": [half_a_year, quarter]}).quarters) == [("2026-06-30", 30)]


def test_a_value_is_dated_by_its_own_days_and_not_by_its_filing():
    # Each value of this report has fy 2030, as every value of a real one has the year of the report.
    history = revenue(Revenues={"USD": [year(2024, 90, filed="2026-02-01"), year(2025, 100)]})
    assert values(history.years) == [("2025-12-31", 100), ("2024-12-31", 90)]


def test_a_repeated_value_keeps_its_first_filing_and_a_corrected_one_says_so():
    history = revenue(
        Revenues={
            "USD": [
                year(2023, 80, filed="2024-02-01"),
                year(2023, 85, filed="2025-02-01"),
                year(2023, 85, filed="2026-02-01"),
                year(2024, 90, filed="2025-02-01"),
                year(2024, 90, filed="2026-02-01"),
            ]
        }
    )
    later, corrected = history.years
    assert (later.value, str(later.filing.filed), later.restated) == (90, "2025-02-01", False)
    assert (corrected.value, str(corrected.filing.filed), corrected.restated) == (85, "2025-02-01", True)


def test_the_present_tag_wins_and_an_older_one_fills_the_years_before():
    history = revenue(
        Revenues={"USD": [year(2016, 60), year(2017, 70)]},
        **{CONTRACTS: {"USD": [year(2018, 80), year(2019, 90)]}},
    )
    assert [(figure.end.year, figure.tag.split(":")[1][:7]) for figure in history.years] == [
        (2019, "Revenue"),
        (2018, "Revenue"),
        (2017, "Revenue"),
        (2016, "Revenue"),
    ]
    assert [figure.tag for figure in history.years][1:3] == [f"us-gaap:{CONTRACTS}", "us-gaap:Revenues"]


def test_of_two_present_tags_the_whole_revenue_wins():
    history = revenue(Revenues={"USD": [year(2025, 100)]}, **{CONTRACTS: {"USD": [year(2025, 70)]}})
    assert values(history.years) == [("2025-12-31", 100)]


def test_a_tag_without_a_year_does_not_replace_one_with_years():
    note = row("2026-04-01", "2026-06-30", 3, "2026-08-01", "10-Q")
    history = revenue(Revenues={"USD": [note]}, **{CONTRACTS: {"USD": [year(2025, 70)]}})
    assert values(history.years) == [("2025-12-31", 70)]
    assert history.quarters == ()


def test_fiscal_years_of_52_and_53_weeks_and_quarters_of_16_weeks_are_read():
    history = revenue(
        Revenues={
            "USD": [
                row("2023-08-28", "2024-09-01", 260),
                row("2024-09-02", "2025-08-31", 275),
                row("2024-09-02", "2025-05-11", 180, "2025-06-01", "10-Q"),
                row("2025-02-17", "2025-05-11", 60, "2025-06-01", "10-Q"),
            ]
        }
    )
    assert values(history.years) == [("2025-08-31", 275), ("2024-09-01", 260)]
    assert values(history.quarters) == [("2025-08-31", 95), ("2025-05-11", 60)]


def test_the_last_twelve_months_of_a_quarterly_report_are_no_year():
    last_months = row("2025-07-01", "2026-06-30", 104, "2026-08-01", "10-Q")
    history = revenue(Revenues={"USD": [year(2024, 90), year(2025, 100), last_months]})
    assert values(history.years) == [("2025-12-31", 100), ("2024-12-31", 90)]


def fourth_quarter(*more):
    nine_months = row("2024-01-01", "2024-09-30", 75, "2024-11-01", "10-Q")
    history = revenue(Revenues={"USD": [nine_months, year(2024, 100), *more]})
    return next((figure.value, figure.restated) for figure in history.quarters if figure.end == date(2024, 12, 31))


def test_a_fourth_quarter_is_computed_from_values_on_one_basis():
    year_corrected = year(2024, 70, filed="2026-02-01")
    months_corrected = row("2024-01-01", "2024-09-30", 52, "2025-11-01", "10-Q")
    assert fourth_quarter() == (25, False)
    assert fourth_quarter(year_corrected) == (25, False)  # not 70 less 75
    assert fourth_quarter(months_corrected) == (25, False)
    assert fourth_quarter(year_corrected, months_corrected) == (18, True)
    assert fourth_quarter(row("2024-01-01", "2024-09-30", 74, "2024-12-01", "10-Q/A")) == (26, False)


def test_a_foreign_company_is_read_in_its_own_currency():
    history = choose_history(
        read_tags(
            file_with(
                ifrs_full__Revenue={
                    "USD": [year(2025, 14, form="20-F")],
                    "CNY": [year(2024, 90, form="20-F"), year(2025, 100, form="20-F")],
                }
            ),
            REVENUE_TAGS,
        ),
        REVENUE_TAGS,
    )
    assert [(figure.unit, figure.value, figure.filing.form) for figure in history.years] == [
        ("CNY", 100, "20-F"),
        ("CNY", 90, "20-F"),
    ]


def test_the_same_name_in_another_taxonomy_is_another_tag():
    body = file_with(us_gaap__ProfitLoss={"USD": [year(2025, 5)]}, ifrs_full__ProfitLoss={"USD": [year(2025, 7)]})
    found = read_tags(body, NET_INCOME_TAGS)
    assert found["us-gaap:ProfitLoss"]["USD"][0].value == 5
    assert found["ifrs-full:ProfitLoss"]["USD"][0].value == 7


def test_a_loss_stays_negative_and_a_prospectus_is_left_out():
    history = choose_history(
        read_tags(
            file_with(NetIncomeLoss={"USD": [year(2025, -12.5), year(2025, 99, filed="2026-05-01", form="S-1")]}),
            NET_INCOME_TAGS,
        ),
        NET_INCOME_TAGS,
    )
    assert values(history.years) == [("2025-12-31", -12.5)]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "text",
        {},
        {"val": None},
        {"val": True},
        {"val": "x"},
        {"val": 1e30},
        {"end": "2025-13-01"},
        {"start": "2026-06-01"},
        {"filed": None},
        {"form": None},
        {"accn": 5},
    ],
)
def test_a_broken_row_is_left_out(broken):
    rows = [year(2024, 90), year(2025, 100) | broken if isinstance(broken, dict) and broken else broken]
    assert values(revenue(Revenues={"USD": rows}).years) == [("2024-12-31", 90)]


@pytest.mark.parametrize("tag", [{}, {"USD": []}, {"USD": "x"}, {"USD": [{}]}, []])
def test_a_tag_without_values_is_absent(tag):
    assert revenue(Revenues=tag).years == ()


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"\xff\xfe", b"<html>", b'{"facts": {"us-gaap": {"Revenues": {"units"'],
    ids=["empty", "null", "no facts", "not text", "a page", "cut off"],
)  # fmt: skip
def test_another_file_is_an_unknown_format(body):
    with pytest.raises(ProviderUnavailable, match="unknown format"):
        read_tags(body, REVENUE_TAGS)


def shares(*rows, newest=date(2026, 11, 1)):
    body = file_with(dei__EntityCommonStockSharesOutstanding={"shares": list(rows)})
    return choose_shares(read_tags(body, SHARES_TAGS), SHARES_TAGS, newest)


def test_the_newest_number_of_shares_counts():
    found = shares(row(None, "2025-10-20", 90, "2025-10-30"), row(None, "2026-10-20", 100, "2026-10-30"))
    assert (found.value, found.unit, found.start, str(found.end)) == (100, "shares", None, "2026-10-20")


def test_companies_with_several_classes_have_no_number_of_shares():
    a_class_each = [row(None, "2026-10-20", 100, "2026-10-30"), row(None, "2026-10-20", 7, "2026-10-30")]
    assert shares(*a_class_each) is None
    assert shares(row(None, "2012-10-20", 100, "2012-10-30")) is None  # when there was one class
    assert shares() is None
