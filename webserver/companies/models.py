"""The response body of a ticker's facts."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field, computed_field
from pydantic.config import JsonDict

from common.domain.companies.document import Figure, FiledReport, History
from common.domain.companies.reports import ExpectedReport
from common.domain.source_names import SOURCE_NAME, display_name

Day = date
"""The type of fields with the name ``date``."""
_FILING: JsonDict = {"form": "10-K", "filed": "2025-10-31", "accession": "0000320193-25-000079"}
_A_YEAR: JsonDict = {
    "value": 416161000000.0,
    "unit": "USD",
    "start": "2024-09-29",
    "end": "2025-09-27",
    "tag": "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax",
    "filing": _FILING,
    "restated": False,
    "computed": False,
}
_NONE: JsonDict = {"years": [], "quarters": []}
_EXAMPLE: JsonDict = {
    "ticker": "AAPL",
    "company": {
        "name": "Apple Inc.",
        "cik": 320193,
        "exchange": "Nasdaq",
        "sic": "3571",
        "industry": "Electronic Computers",
        "sector": "Technology",
        "fiscal_year_end": "09-26",
        "other_tickers": [],
        "shares": _A_YEAR
        | {
            "value": 14776353000.0,
            "unit": "shares",
            "start": None,
            "end": "2025-10-17",
            "tag": "dei:EntityCommonStockSharesOutstanding",
        },
        "revenue": {"years": [_A_YEAR], "quarters": []},
        "net_income": _NONE,
        "eps": _NONE,
        "reports": [
            {
                "kind": "results",
                "form": "8-K",
                "filed": "2025-10-30",
                "period_end": None,
                "accession": "0000320193-25-000077",
            }
        ],
        "report_days": ["2025-10-30"],
        "next_report": {"first": "2026-10-24", "last": "2026-11-03", "years": 3, "estimated": True},
        "notes": [
            "Earnings for each share are as last filed. After a split, companies restate only their latest periods. "
            "Earlier figures may be for shares from before the split."
        ],
        "source": "sec",
        "fetched_at": "2026-10-01T06:00:00Z",
        "age_days": 0,
        "source_url": "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK=0000320193&type=10-K",
        "source_name": "the SEC",
    },
    "company_problem": None,
    "prices": {
        "source": "tiingo",
        "currency": "USD",
        "first": "2016-10-03",
        "last": "2026-09-30",
        "fetched_at": "2026-10-01T06:00:00Z",
        "source_name": "Tiingo",
    },
    "dividends": [{"date": "2026-08-10", "amount": 0.26, "share_pct": 0.1131}],
    "dividends_note": None,
    "splits": [{"date": "2020-08-31", "ratio": 4.0}],
    "splits_note": None,
}


class _FactsModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class Company(_FactsModel):
    """A company's description, figures and reports, as it filed them. Each figure has its period and its filing."""

    name: str = Field(description="The company's name, as the SEC writes it.")
    cik: int = Field(description="The SEC's number of the company.")
    exchange: str | None = Field(description="The exchange of the ticker, as the SEC writes it.")
    sic: str | None = Field(description="The code of the industry (SIC).")
    industry: str | None = Field(description="The industry that the code stands for.")
    sector: str | None = Field(description="The sector: the SEC's office that reviews the filings of this industry.")
    fiscal_year_end: str | None = Field(description="The last day of a fiscal year, as `MM-DD`.")
    other_tickers: list[str] = Field(description="Other tickers of the company, as of other classes of shares.")
    shares: Figure | None = Field(description="The shares outstanding. Null if none are stated for all classes.")
    revenue: History = Field(description="The revenue of years and quarters.")
    net_income: History = Field(description="The net income of years and quarters; a loss is negative.")
    eps: History = Field(description="The diluted earnings for each share of years and quarters, as filed.")
    reports: list[FiledReport] = Field(description="The filed reports, the latest first.")
    report_days: list[date] = Field(
        description="The days on which the results of each period became known, the latest first."
    )
    next_report: ExpectedReport | None = Field(
        description="The estimated window of the next report, from the days of past years. Null without an estimate."
    )
    notes: list[str] = Field(description="Sentences on what to bear in mind with these figures.")
    source: str = Field(description="The source: `sec` is the SEC's public data.")
    fetched_at: datetime = Field(description="When the facts were fetched (UTC).")
    age_days: int = Field(description="The whole days since then.")
    source_url: str = Field(description="The page of the company's filings.")

    @computed_field(description=SOURCE_NAME)  # type: ignore[prop-decorator]
    @property
    def source_name(self) -> str:
        """Return the source's name for people."""
        return display_name(self.source)


class FactsProblem(_FactsModel):
    """Why there are no facts about the company, or only old ones."""

    code: str = Field(description="The code of the failure, such as `no_company_facts`.")
    detail: str = Field(description="The same in words, and what to do.")


class PricesUsed(_FactsModel):
    """The stored prices from which dividends and splits are known."""

    source: str
    currency: str
    first: date
    last: date
    fetched_at: datetime

    @computed_field(description=SOURCE_NAME)  # type: ignore[prop-decorator]
    @property
    def source_name(self) -> str:
        """Return the source's name for people."""
        return display_name(self.source)


class PaidDividend(_FactsModel):
    """A dividend, computed from the adjustment of the stored closes."""

    date: Day = Field(description="The first trading day without the dividend.")
    amount: float = Field(description="The amount for one share of today, in the currency of the prices.")
    share_pct: float = Field(description="The amount in percent of the close before.")


class ShareSplit(_FactsModel):
    """A split of the share, as the source of the prices states it."""

    date: Day = Field(description="The first trading day after the split.")
    ratio: float = Field(description="The number of shares that replaced one.")


class TickerFacts(_FactsModel):
    """What is known about a ticker's company, and the dividends and splits in its prices."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    ticker: str
    company: Company | None = Field(description="The facts about the company. Null if there are none.")
    company_problem: FactsProblem | None = Field(
        description="Why there are none, or why they are not up to date. Null if they are."
    )
    prices: PricesUsed | None = Field(description="The stored prices. Null if none are stored.")
    dividends: list[PaidDividend] | None = Field(
        description="The dividends of the stored period, the latest first. Null if the prices do not tell."
    )
    dividends_note: str | None = Field(description="What to know about the dividends, or why they are unknown.")
    splits: list[ShareSplit] | None = Field(
        description="The splits of the stored period, the latest first. Null if the prices do not tell."
    )
    splits_note: str | None = Field(description="Why the splits are unknown. Null if they are known.")
