"""The description and the reports in the SEC's file of submissions, and the list of tickers."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from common.domain.companies.document import CompanyDocument
from common.domain.companies.reports import expect_report, report_days
from common.domain.errors import NoCompanyFacts, ProviderUnavailable
from ingestion_service.fundamentals.document import FOREIGN, NO_FIGURES, build_document
from ingestion_service.fundamentals.submissions import parse_submissions
from ingestion_service.fundamentals.ticker_table import TickerTable, parse_ticker_table
from test_support.sources.sec_source import company_facts, submissions, ticker_table

TODAY = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)


def parsed(**changes):
    return parse_submissions(json.dumps(submissions("AAPL", 320193, TODAY, **changes)).encode(), "AAPL")


def test_the_description_is_read():
    found = parsed()
    assert (found.name, found.exchange, found.sic, found.sector) == ("AAPL Corp.", "Nasdaq", "3571", "Technology")
    assert (found.industry, found.fiscal_year_end) == ("Electronic Computers", "12-31")


def test_reports_are_read_the_latest_first():
    kinds = [(report.kind, str(report.filed), str(report.period_end)) for report in parsed().reports[:2]]
    assert kinds == [("quarterly_report", "2026-11-01", "2026-09-30"), ("results", "2026-10-25", "None")]
    assert expect_report(parsed().reports, TODAY).first <= date(2027, 1, 25)


@pytest.mark.parametrize(
    ("office", "sector"),
    [
        ("07 Trade & Services", "Trade and services"),
        ("01 Energy & Transportation", "Energy and transportation"),
        ("03 Life Sciences", "Life sciences"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_the_sector_is_the_name_of_an_office(office, sector):
    assert parsed(ownerOrg=office).sector == sector


def test_a_company_of_several_classes_names_the_exchange_of_each():
    found = parsed(tickers=["GOOGL", "AAPL", None], exchanges=["Nasdaq", "NYSE"])
    assert (found.exchange, found.other_tickers) == ("NYSE", ("GOOGL",))


@pytest.mark.parametrize(
    "changes",
    [
        {"filings": None},
        {"filings": {}},
        {"filings": {"recent": []}},
        {"filings": {"recent": {"form": ["10-K"], "filingDate": "2026-01-01"}}},
        {"filings": {"recent": {name: [None] for name in ("form", "filingDate", "reportDate", "accessionNumber")}}},
        {"tickers": None, "exchanges": None, "sic": None, "sicDescription": "", "fiscalYearEnd": "9999"},
    ],
)
def test_missing_parts_are_left_out(changes):
    found = parsed(**changes)
    assert found.name == "AAPL Corp."
    assert found.reports == () or found.sic is None


def test_a_delisted_company_has_no_exchange():
    found = parsed(tickers=[], exchanges=[])
    assert (found.exchange, found.other_tickers) == (None, ())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"name": 5}', b"<html>"])
def test_another_file_is_an_unknown_format(body):
    with pytest.raises(ProviderUnavailable, match="unknown format"):
        parse_submissions(body, "AAPL")


def test_a_foreign_company_gets_a_note():
    recent = {"form": ["20-F"], "filingDate": ["2026-03-20"], "reportDate": ["2025-12-31"], "accessionNumber": ["1"]}
    found = parsed(filings={"recent": recent})
    assert found.is_foreign
    document = build_document("AAPL", 1, found, json.dumps(company_facts(1, TODAY)).encode(), NOW)
    assert FOREIGN in document.notes
    assert report_days(document.reports) == ()  # its results were known weeks before


def test_a_company_without_figures_has_a_document():
    document = build_document("AAPL", 1, parsed(), None, NOW)
    assert (document.notes, document.revenue.years, document.figures_of) == ((NO_FIGURES,), (), None)
    assert document.reports


def test_a_document_is_read_as_it_was_written_and_by_older_and_newer_versions():
    document = build_document("AAPL", 1, parsed(), json.dumps(company_facts(1, TODAY)).encode(), NOW)
    assert document.figures_of == document.reports[0].accession
    body = document.model_dump(mode="json")
    assert CompanyDocument.model_validate(body) == document
    assert CompanyDocument.model_validate(body | {"later": 1}) == document
    least = {name: body[name] for name in ("ticker", "fetched_at", "cik", "name")}
    assert CompanyDocument.model_validate(least).reports == ()


def test_a_ticker_is_found_in_the_spelling_of_every_source():
    table = TickerTable(lambda _: json.dumps(ticker_table({"BRK-B": 1067983, "AAPL": 320193})).encode())
    assert [table.find(ticker, 1) for ticker in ("BRK.B", "BRK-B", "AAPL")] == [1067983, 1067983, 320193]


@pytest.mark.parametrize("ticker", ["NOPE", "VOD.L", "AAPL.DE", "^GSPC", "EURUSD=X"])
def test_a_ticker_that_the_sec_has_not_is_named(ticker):
    table = TickerTable(lambda _: json.dumps(ticker_table({"AAPL": 320193, "VOD": 839923})).encode())
    with pytest.raises(NoCompanyFacts, match=ticker.replace("^", r"\^")):
        table.find(ticker, 1)


def test_a_call_waits_no_longer_for_the_list_than_its_time_limit():
    begun, may_end = threading.Event(), threading.Event()

    def fetch(_: float) -> bytes:
        begun.set()
        may_end.wait(100)
        return json.dumps(ticker_table({"AAPL": 320193})).encode()

    table = TickerTable(fetch)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(table.find, "AAPL", 20)
        try:
            assert begun.wait(100)
            with pytest.raises(ProviderUnavailable, match="being fetched"):
                table.find("AAPL", 0.01)
        finally:
            may_end.set()
        assert first.result(100) == table.find("AAPL", 0.01) == 320193


def test_of_a_repeated_ticker_the_first_company_counts_and_broken_entries_none():
    rows = {"0": {"cik_str": "12", "ticker": "A"}, "1": {"cik_str": 13, "ticker": "A"}, "2": 5, "3": {"ticker": "B"}}
    assert parse_ticker_table(json.dumps(rows).encode()) == {"A": 12}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"0": {"cik_str": "x", "ticker": "A"}}'])
def test_another_list_of_tickers_is_an_unknown_format(body):
    with pytest.raises(ProviderUnavailable, match="unknown format"):
        parse_ticker_table(body)
