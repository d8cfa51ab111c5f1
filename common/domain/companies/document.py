"""The document of a company's facts, as it is stored in S3 and read by the services.

Each figure has its unit, its period, and the filing that it is from. Readers ignore unknown fields and fill missing
ones, because two versions run side by side during an upgrade.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1
SEC = "sec"
"""The source of the documents: the public data of the American Securities and Exchange Commission."""
ReportKind = Literal["results", "quarterly_report", "annual_report"]
"""An announcement of results (form 8-K, item 2.02), or a filed report on a quarter or on a year."""
FOREIGN_FORMS = frozenset({"20-F", "40-F"})
"""The annual reports of foreign companies. Their results are known weeks earlier, from announcements without a code."""


class _DocumentModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class Filing(_DocumentModel):
    """The filing that a figure is from."""

    form: str = Field(description="The form, such as `10-K`.")
    filed: date = Field(description="The day on which it was filed. No earlier day knew the figure.")
    accession: str = Field(description="The SEC's number of the filing.")


class Figure(_DocumentModel):
    """A figure of one period, or of one day if it has no start."""

    value: float = Field(description="The value, in `unit`.")
    unit: str = Field(description="The unit: a currency, `shares`, or a currency for each share, such as `USD/shares`.")
    start: date | None = Field(default=None, description="The first day of the period. Null for a value of one day.")
    end: date = Field(description="The last day of the period, or the day of the value.")
    tag: str = Field(description="The tag in the company's filing, such as `us-gaap:Revenues`.")
    filing: Filing = Field(description="The filing that the figure is from.")
    restated: bool = Field(default=False, description="Whether an earlier filing had another value for this period.")
    computed: bool = Field(
        default=False,
        description="Whether it is the difference of two filed figures: a fourth quarter is the year less nine months.",
    )


class History(_DocumentModel):
    """A figure over the years and quarters, the latest period first."""

    years: tuple[Figure, ...] = Field(default=(), description="The fiscal years, the latest first, at most five.")
    quarters: tuple[Figure, ...] = Field(default=(), description="The quarters, the latest first, at most eight.")


class FiledReport(_DocumentModel):
    """A report of results to the SEC."""

    kind: ReportKind = Field(
        description="`results` is the announcement of results (8-K, item 2.02), the others are the reports themselves."
    )
    form: str = Field(description="The form, such as `10-Q`.")
    filed: date = Field(description="The day on which it was filed.")
    period_end: date | None = Field(
        default=None, description="The last day of the reported period; null for an announcement of results."
    )
    accession: str = Field(description="The SEC's number of the filing.")


class CompanyDocument(_DocumentModel):
    """A company's facts as of ``fetched_at``."""

    schema_version: int = Field(default=SCHEMA, description="The version of this form.")
    ticker: str
    source: str = Field(default=SEC, description="The source: `sec` is the SEC's public data.")
    fetched_at: datetime = Field(description="When the facts were fetched (UTC).")
    cik: int = Field(description="The SEC's number of the company.")
    name: str = Field(description="The company's name, as the SEC writes it.")
    exchange: str | None = Field(default=None, description="The exchange of this ticker, as the SEC writes it.")
    sic: str | None = Field(default=None, description="The code of the industry (SIC).")
    industry: str | None = Field(default=None, description="The industry that the code stands for.")
    sector: str | None = Field(
        default=None, description="The sector: the SEC's office that reviews the filings of this industry."
    )
    fiscal_year_end: str | None = Field(default=None, description="The last day of a fiscal year, as `MM-DD`.")
    other_tickers: tuple[str, ...] = Field(default=(), description="Other tickers of the company, as of other classes.")
    shares: Figure | None = Field(
        default=None,
        description="The shares outstanding, from the cover of a report. Null if the company states none for all "
        "classes together.",
    )
    revenue: History = Field(default=History(), description="The revenue.")
    net_income: History = Field(default=History(), description="The net income; a loss is negative.")
    eps: History = Field(default=History(), description="The diluted earnings for each share.")
    reports: tuple[FiledReport, ...] = Field(default=(), description="The filed reports, the latest first.")
    notes: tuple[str, ...] = Field(default=(), description="Sentences on what to bear in mind with these figures.")
    figures_of: str | None = Field(
        default=None,
        description="The number of the newest filing with figures whose figures are included; null if the SEC's data "
        "had none of it yet.",
    )
