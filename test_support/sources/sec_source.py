"""The SEC's public data on the loopback interface, in the form of its real files, for two made-up companies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from test_support.network.http_server import serving
from test_support.sources.source_server import SourceServer, answering

CONTACT = "Test Person test@example.com"
CIK = 320193


class SecSource(SourceServer):
    """Answers as the SEC does: 403 to callers without a contact, gzip to those that take it, 404 without a file.

    Attributes:
        files: the JSON of each path.
        error_status: the status of every answer; None for correct answers.
    """

    def __init__(self, files: Mapping[str, Any]) -> None:
        super().__init__(self._answer)
        self.files = dict(files)
        self.error_status: int | None = None

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.asked]

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.error_status is not None:
            answering(self.error_status, b"")(request)
            return
        if "@" not in request.headers.get("User-Agent", ""):
            answering(403, b"<html>Your Request Originates from an Undeclared Automated Tool</html>")(request)
            return
        file = self.files.get(urlsplit(request.path).path)
        if file is None:
            answering(404, b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>")(request)
        elif "gzip" in request.headers.get("Accept-Encoding", ""):
            answering(200, gzip.compress(json.dumps(file).encode()), Content_Encoding="gzip")(request)
        else:
            answering(200, json.dumps(file).encode())(request)


def ticker_table(companies: Mapping[str, int]) -> dict[str, Any]:
    """Return the file of tickers."""
    rows = [{"cik_str": cik, "ticker": ticker, "title": f"{ticker} Corp."} for ticker, cik in companies.items()]
    return {str(place): row for place, row in enumerate(rows)}


def submissions(ticker: str, cik: int, today: date, **changes: Any) -> dict[str, Any]:
    """Return the file of submissions of a company whose quarters end with March, June, September and December.

    It announced results about 25 days after the end of each of the last 14 quarters and filed the report a week later.
    """
    rows: list[dict[str, str]] = []
    for end in quarter_ends(today, 14):
        announced, filed = end + timedelta(days=25), end + timedelta(days=32)
        form = "10-K" if end.month == 12 else "10-Q"
        if filed < today:
            rows.append(_row(form, filed, end))
        if announced < today:
            rows.append(_row("8-K", announced, announced, "2.02,9.01"))
        rows.append(_row("4", end, end))
    rows.sort(key=lambda row: row["filingDate"], reverse=True)
    recent = {name: [row[name] for row in rows] for name in rows[0]}
    return {
        "cik": f"{cik:010d}", "entityType": "operating", "sic": "3571", "sicDescription": "Electronic Computers",
        "ownerOrg": "06 Technology", "name": f"{ticker} Corp.", "tickers": [ticker], "exchanges": ["Nasdaq"],
        "fiscalYearEnd": "1231", "filings": {"recent": recent, "files": []},
    } | changes  # fmt: skip


def company_facts(cik: int, today: date) -> dict[str, Any]:
    """Return the file of figures of the same company: a quarter's revenue is 100 million, in December 160 million."""
    revenue: list[dict[str, Any]] = []
    income: list[dict[str, Any]] = []
    earnings: list[dict[str, Any]] = []
    for end in reversed(quarter_ends(today, 14)):
        filed = end + timedelta(days=32)
        if filed >= today:
            continue
        form, period = ("10-K", "FY") if end.month == 12 else ("10-Q", f"Q{end.month // 3}")
        about = {"accn": accession(filed), "fy": end.year, "fp": period, "form": form, "filed": str(filed)}
        lengths = {12} if end.month == 12 else {3, end.month}
        for months in sorted(lengths):
            span = {"start": str(date(end.year, end.month - months + 1, 1)), "end": str(end)}
            sold = 460 if months == 12 else 100 * months // 3
            revenue.append(span | {"val": sold * 1_000_000} | about)
            income.append(span | {"val": sold * 200_000} | about)
            earnings.append(span | {"val": round(sold / 500, 2)} | about)
    last = revenue[-1]
    shares = {"end": last["filed"], "val": 500_000_000} | {name: last[name] for name in ("accn", "form", "filed")}
    contracts = "RevenueFromContractWithCustomerExcludingAssessedTax"
    return {
        "cik": cik,
        "entityName": "A CORP",
        "facts": {
            "dei": {"EntityCommonStockSharesOutstanding": _tag("shares", [shares])},
            "us-gaap": {
                "AccountsPayable": _tag("USD", [{"end": last["end"], "val": 1} | shares]),
                contracts: _tag("USD", revenue),
                "NetIncomeLoss": _tag("USD", income),
                "EarningsPerShareDiluted": _tag("USD/shares", earnings),
            },
        },
    }


def quarter_ends(today: date, number: int) -> list[date]:
    """Return the last days of the quarters before a day, the latest first."""
    ends: list[date] = []
    year, quarter = today.year, (today.month - 1) // 3
    for _ in range(number):
        year, quarter = (year - 1, 4) if quarter == 0 else (year, quarter)
        after = date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
        ends.append(after - timedelta(days=1))
        quarter -= 1
    return ends


def accession(filed: date) -> str:
    """Return the number of the report that was filed on a day."""
    return f"0000320193-{filed:%y}-{filed:%m%d}00"


def sec_files(companies: Mapping[str, int], today: date) -> dict[str, Any]:
    """Return the files of companies by path."""
    files: dict[str, Any] = {"/files/company_tickers.json": ticker_table(companies)}
    for ticker, cik in companies.items():
        files[f"/submissions/CIK{cik:010d}.json"] = submissions(ticker, cik, today)
        files[f"/api/xbrl/companyfacts/CIK{cik:010d}.json"] = company_facts(cik, today)
    return files


@contextmanager
def sec_source(companies: Mapping[str, int], today: date) -> Iterator[SecSource]:
    """Serve the files of companies as of a day."""
    with serving(SecSource(sec_files(companies, today))) as server:
        yield server


def _row(form: str, filed: date, period: date, items: str = "") -> dict[str, str]:
    return {
        "accessionNumber": accession(filed), "filingDate": str(filed), "reportDate": str(period),
        "acceptanceDateTime": f"{filed}T16:30:25.000Z", "form": form, "items": items,
    }  # fmt: skip


def _tag(unit: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"label": "A label", "description": 'A text with "units": {', "units": {unit: rows}}
