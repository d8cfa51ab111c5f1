"""A company's description and its filed reports, from the SEC's file of submissions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.domain.companies.document import FOREIGN_FORMS, FiledReport, ReportKind
from ingestion_service.fundamentals.sec_client import unreadable

ANNUAL_FORMS = {"10-K", "10-K405", "10-KT", *FOREIGN_FORMS}
QUARTERLY_FORMS = {"10-Q", "10-QT"}
RESULTS_ITEM = "2.02"
"""The item of form 8-K for results of operations."""
MOST_REPORTS = 60
"""The most reports that are kept: about seven years."""
_LONGEST_TEXT = 200
_OFFICE_NUMBER = re.compile(r"\A\d+\s+")
_MONTH_AND_DAY = re.compile(r"\A(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\Z")
_FIELDS = ("form", "filingDate", "reportDate", "accessionNumber", "items")


@dataclass(frozen=True)
class Submissions:
    """What the file of submissions says about a company.

    Args:
        reports: the filed reports, the latest first.
        newest_figures: the number of the newest filing that has figures, amendments included; None without one.
        is_foreign: whether its annual reports are those of foreign companies.
    """

    name: str
    exchange: str | None
    sic: str | None
    industry: str | None
    sector: str | None
    fiscal_year_end: str | None
    other_tickers: tuple[str, ...]
    reports: tuple[FiledReport, ...]
    newest_figures: str | None
    is_foreign: bool


def parse_submissions(body: bytes, symbol: str) -> Submissions:
    """Parse the file of submissions. Rows and fields in an unknown format are left out.

    Args:
        body: the JSON.
        symbol: the SEC's symbol of the ticker, for its exchange.

    Raises:
        ProviderUnavailable: it is no such file.
    """
    try:
        file = json.loads(body)
    except (ValueError, RecursionError):
        raise unreadable() from None
    name = _text(file.get("name")) if isinstance(file, dict) else None
    if name is None:
        raise unreadable()
    rows = sorted(_rows(file), key=lambda row: row["filed"], reverse=True)
    reports = [report for row in rows if (report := _report(row)) is not None]
    with_figures = [row for row in rows if row["form"].removesuffix("/A") in ANNUAL_FORMS | QUARTERLY_FORMS]
    annual = [row["form"] for row in rows if row["form"] in ANNUAL_FORMS]
    tickers = _texts(file.get("tickers"))
    sic = _text(file.get("sic"))
    return Submissions(
        name=name,
        exchange=_exchange(tickers, file.get("exchanges"), symbol),
        sic=sic if sic and sic.isdigit() and sic.strip("0") else None,
        industry=_text(file.get("sicDescription")),
        sector=_sector(_text(file.get("ownerOrg"))),
        fiscal_year_end=_fiscal_year_end(_text(file.get("fiscalYearEnd"))),
        other_tickers=tuple(ticker for ticker in tickers if ticker != symbol)[:20],
        reports=tuple(reports[:MOST_REPORTS]),
        newest_figures=with_figures[0]["accession"] if with_figures else None,
        is_foreign=bool(annual) and annual[0] in FOREIGN_FORMS,
    )


def _rows(file: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the latest filings, which the file has as columns of one length."""
    filings = file.get("filings")
    recent = filings.get("recent") if isinstance(filings, dict) else None
    columns = [_column(recent, name) for name in _FIELDS]
    items = columns[4] or [""] * len(columns[0])
    for form, filed, period, accession, item in zip(*columns[:4], items, strict=False):
        day = _day(filed)
        if day is not None and _text(form) and _text(accession):
            yield {"form": form, "filed": day, "period": _day(period), "accession": accession, "items": str(item or "")}


def _column(recent: Any, name: str) -> list[Any]:
    column = recent.get(name) if isinstance(recent, dict) else None
    return column if isinstance(column, list) else []


def _report(row: dict[str, Any]) -> FiledReport | None:
    kind: ReportKind
    if row["form"] == "8-K" and RESULTS_ITEM in row["items"].replace(" ", "").split(","):
        kind = "results"
    elif row["form"] in QUARTERLY_FORMS:
        kind = "quarterly_report"
    elif row["form"] in ANNUAL_FORMS:
        kind = "annual_report"
    else:
        return None
    return FiledReport(
        kind=kind,
        form=row["form"],
        filed=row["filed"],
        period_end=None if kind == "results" else row["period"],
        accession=row["accession"],
    )


def _exchange(tickers: list[str], exchanges: Any, symbol: str) -> str | None:
    names = exchanges if isinstance(exchanges, list) else []
    return next((_text(name) for ticker, name in zip(tickers, names, strict=False) if ticker == symbol), None)


def _sector(office: str | None) -> str | None:
    """Return the sector of an office such as ``07 Trade & Services``."""
    if office is None:
        return None
    name = _OFFICE_NUMBER.sub("", office).replace("&", "and").strip()
    return name[:1].upper() + name[1:].lower() or None


def _fiscal_year_end(text: str | None) -> str | None:
    found = _MONTH_AND_DAY.match(text or "")
    return f"{found[1]}-{found[2]}" if found else None


def _texts(values: Any) -> list[str]:
    return [text for value in values if (text := _text(value))] if isinstance(values, list) else []


def _text(value: Any) -> str | None:
    text = value.strip()[:_LONGEST_TEXT] if isinstance(value, str) else ""
    return text or None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        return None
