"""Builds the document of a company from the SEC's files."""

from __future__ import annotations

from datetime import date, datetime

from common.domain.companies.document import CompanyDocument, Figure, History
from ingestion_service.fundamentals.figures import choose_history, choose_shares
from ingestion_service.fundamentals.submissions import Submissions
from ingestion_service.fundamentals.tags import Units, read_tags

REVENUE_TAGS = (
    "us-gaap:Revenues",
    "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax",
    "us-gaap:RevenueFromContractWithCustomerIncludingAssessedTax",
    "us-gaap:RevenuesNetOfInterestExpense",
    "us-gaap:SalesRevenueNet",
    "us-gaap:SalesRevenueGoodsNet",
    "ifrs-full:Revenue",
    "ifrs-full:RevenueFromContractsWithCustomers",
)
"""The tags of revenue. ``Revenues`` comes first: beside it, that of contracts may be a part."""
NET_INCOME_TAGS = (
    "us-gaap:NetIncomeLoss",
    "us-gaap:ProfitLoss",
    "us-gaap:NetIncomeLossAvailableToCommonStockholdersBasic",
    "ifrs-full:ProfitLossAttributableToOwnersOfParent",
    "ifrs-full:ProfitLoss",
)
EPS_TAGS = (
    "us-gaap:EarningsPerShareDiluted",
    "us-gaap:EarningsPerShareBasicAndDiluted",
    "us-gaap:EarningsPerShareBasic",
    "ifrs-full:DilutedEarningsLossPerShare",
    "ifrs-full:BasicEarningsLossPerShare",
)
SHARES_TAGS = ("dei:EntityCommonStockSharesOutstanding", "us-gaap:CommonStockSharesOutstanding")
FOREIGN = (
    "The company files as a foreign one: once a year, often in another currency. Figures for each share are for its "
    "own shares; an American depositary receipt may stand for several or for a part of one."
)
NO_SHARES = "The number of shares is not shown: the SEC's data state none for all classes of shares together."
EPS_AS_FILED = (
    "Earnings for each share are as last filed. After a split, companies restate only their latest periods. Earlier "
    "figures may be for shares from before the split."
)
NO_FIGURES = "The SEC's data have no figures of this company."


def build_document(
    ticker: str,
    cik: int,
    submissions: Submissions,
    figures: bytes | None,
    fetched_at: datetime,
) -> CompanyDocument:
    """Return the document of a company.

    Args:
        ticker: the ticker.
        cik: the SEC's number of the company.
        submissions: its description and reports.
        figures: the SEC's file of its figures; None if there is none.
        fetched_at: when the files were fetched.

    Raises:
        ProviderUnavailable: the file of figures has an unknown format.
    """
    wanted = (*REVENUE_TAGS, *NET_INCOME_TAGS, *EPS_TAGS, *SHARES_TAGS)
    found = read_tags(figures, wanted) if figures is not None else {}
    shares = choose_shares(found, SHARES_TAGS, _newest_periodic(submissions))
    eps = choose_history(found, EPS_TAGS, adds_up=False)
    return CompanyDocument(
        ticker=ticker,
        fetched_at=fetched_at.replace(microsecond=0),
        cik=cik,
        name=submissions.name,
        exchange=submissions.exchange,
        sic=submissions.sic,
        industry=submissions.industry,
        sector=submissions.sector,
        fiscal_year_end=submissions.fiscal_year_end,
        other_tickers=submissions.other_tickers,
        shares=shares,
        revenue=choose_history(found, REVENUE_TAGS),
        net_income=choose_history(found, NET_INCOME_TAGS),
        eps=eps,
        reports=submissions.reports,
        notes=_notes(submissions, found, shares, eps),
        figures_of=submissions.newest_figures if _has_filing(found, submissions.newest_figures) else None,
    )


def renew_document(stored: CompanyDocument, submissions: Submissions, fetched_at: datetime) -> CompanyDocument:
    """Return a stored document with the newest description and reports; its figures are up to date."""
    return stored.model_copy(
        update={
            "fetched_at": fetched_at.replace(microsecond=0),
            "name": submissions.name,
            "exchange": submissions.exchange,
            "sic": submissions.sic,
            "industry": submissions.industry,
            "sector": submissions.sector,
            "fiscal_year_end": submissions.fiscal_year_end,
            "other_tickers": submissions.other_tickers,
            "reports": submissions.reports,
        }
    )


def _newest_periodic(submissions: Submissions) -> date | None:
    return next((report.filed for report in submissions.reports if report.kind != "results"), None)


def _has_filing(found: dict[str, Units], accession: str | None) -> bool:
    """Return whether figures of a filing are there: the SEC adds them some time after the filing."""
    return any(
        entry.filing.accession == accession
        for units in found.values()
        for entries in units.values()
        for entry in entries
    )


def _notes(submissions: Submissions, found: dict[str, Units], shares: Figure | None, eps: History) -> tuple[str, ...]:
    if not found:
        return (NO_FIGURES,)
    notes = []
    if submissions.is_foreign:
        notes.append(FOREIGN)
    if shares is None:
        notes.append(NO_SHARES)
    if eps.years or eps.quarters:
        notes.append(EPS_AS_FILED)
    return tuple(notes)
