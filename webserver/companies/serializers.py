"""The JSON of a ticker's facts."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.domain.companies.document import CompanyDocument
from common.domain.companies.price_events import Dividend
from common.domain.companies.reports import expect_report, report_days
from common.domain.errors import Failure
from common.domain.formats import format_date
from common.domain.markets.dates import exchange_day
from common.s3.objects import StoredFacts
from webserver.companies.models import Company, FactsProblem, PaidDividend, PricesUsed, ShareSplit, TickerFacts
from webserver.companies.service import KnownFacts

COMPUTED = (
    "Dividends are computed from the closes and the adjusted closes of the prices. They may differ by some percent "
    "from those that were paid, and a spin-off may show as one."
)
UNKNOWN_DIVIDENDS = "The source of these prices does not adjust them for dividends, so none are known."
UNKNOWN_SPLITS = "These prices were stored without their splits, or their source states none. A refresh may add them."
_OTHER_COMPANY_AFTER = timedelta(days=365)
"""Prices that end so long before the facts may be of another company."""
_SEC_PAGE = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={cik:010d}&type=10-"


def ticker_facts(ticker: str, known: KnownFacts, dividends: tuple[Dividend, ...] | None, now: datetime) -> TickerFacts:
    """Return the body of a ticker's facts.

    Args:
        ticker: the ticker.
        known: what is known about it.
        dividends: the dividends in its prices, oldest first; None if the prices do not tell.
        now: the current time.
    """
    prices = known.prices
    splits = None if prices is None or prices.splits is None else prices.splits
    return TickerFacts(
        ticker=ticker,
        company=None if known.company is None else _company(known.company, prices, now),
        company_problem=None if known.problem is None else _problem(known.problem),
        prices=None if prices is None else _prices(prices),
        dividends=None if dividends is None else [_dividend(paid) for paid in reversed(dividends)],
        dividends_note=None if prices is None else UNKNOWN_DIVIDENDS if dividends is None else COMPUTED,
        splits=None
        if splits is None
        else [ShareSplit(date=split.day, ratio=split.ratio) for split in sorted(splits, reverse=True)],
        splits_note=UNKNOWN_SPLITS if prices is not None and splits is None else None,
    )


def _company(document: CompanyDocument, prices: StoredFacts | None, now: datetime) -> Company:
    return Company(
        name=document.name,
        cik=document.cik,
        exchange=document.exchange,
        sic=document.sic,
        industry=document.industry,
        sector=document.sector,
        fiscal_year_end=document.fiscal_year_end,
        other_tickers=list(document.other_tickers),
        shares=document.shares,
        revenue=document.revenue,
        net_income=document.net_income,
        eps=document.eps,
        reports=list(document.reports),
        report_days=list(reversed(report_days(document.reports))),
        next_report=expect_report(document.reports, exchange_day(now, document.ticker)),
        notes=[*document.notes, *_notes_on_prices(document, prices)],
        source=document.source,
        fetched_at=document.fetched_at,
        age_days=max((now - document.fetched_at).days, 0),
        source_url=_SEC_PAGE.format(cik=document.cik),
    )


def _notes_on_prices(document: CompanyDocument, prices: StoredFacts | None) -> list[str]:
    """Return what to bear in mind with prices that end long before the facts: tickers pass to other companies."""
    if prices is None or document.fetched_at.date() - prices.last < _OTHER_COMPANY_AFTER:
        return []
    return [
        f"These are the facts of the company that lists {document.ticker} today. The stored prices end on "
        f"{format_date(prices.last)}, and may be of another company that had the ticker then."
    ]


def _problem(failure: Failure) -> FactsProblem:
    return FactsProblem(code=failure.code, detail=failure.detail)


def _prices(facts: StoredFacts) -> PricesUsed:
    return PricesUsed(
        source=facts.source, currency=facts.currency, first=facts.first, last=facts.last, fetched_at=facts.fetched_at
    )


def _dividend(paid: Dividend) -> PaidDividend:
    return PaidDividend(date=paid.day, amount=paid.amount, share_pct=round(100 * paid.share, 4))
