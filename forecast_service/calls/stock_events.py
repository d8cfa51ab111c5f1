"""Adds what happens around a forecast: dividends, splits and reports of the shown past, and a report ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from common.domain.companies.document import CompanyDocument
from common.domain.companies.price_events import find_dividends, tells_dividends
from common.domain.companies.reports import describe_report, expect_report, report_days, reports_within
from common.domain.prices import PriceSeries
from common.domain.results import Forecast, StockEvent
from common.domain.source_names import UPLOAD


def add_events(forecast: Forecast, series: PriceSeries, company: CompanyDocument | None, today: date) -> Forecast:
    """Return the forecast with the events of its shown past, and with the report that is expected in its time.

    Args:
        forecast: the forecast.
        series: the prices that it was made from.
        company: the facts about the company; None if there are none.
        today: the day at the exchange.
    """
    known = _known(series.source, company)
    reports = known.reports if known else ()
    events = [
        *_events_of_prices(series, forecast.series[0].date),
        *(StockEvent(date=day, kind="report") for day in report_days(reports)),
    ]
    shown = [event for event in events if forecast.series[0].date <= event.date <= forecast.as_of]
    expected = None if forecast.data.stale else expect_report(reports, today)
    is_within = reports_within(expected, today, forecast.target_date)
    note = describe_next_report(forecast, company, today) if is_within else None
    return forecast.model_copy(
        update={
            "events": sorted(shown, key=lambda event: (event.date, event.kind)),
            "expected_report": expected if note else None,
            "report_note": note,
        }
    )


def describe_next_report(forecast: Forecast, company: CompanyDocument | None, today: date) -> str | None:
    """Return sentences on the company's next report, before or after the target date; None if none can be expected.

    Args:
        forecast: the forecast.
        company: the facts about the company; None if there are none.
        today: the day at the exchange.
    """
    known = _known(forecast.data.source, company)
    expected = expect_report(known.reports, today) if known and not forecast.data.stale else None
    if known is None or expected is None or expected.last < today:
        return None
    return describe_report(expected, today, forecast.target_date, known.fetched_at.date())


def _known(source: str, company: CompanyDocument | None) -> CompanyDocument | None:
    """Return the facts about a company; None for uploaded prices, which may be of another one than lists the ticker."""
    return None if source == UPLOAD else company


def _events_of_prices(series: PriceSeries, first: date) -> Iterator[StockEvent]:
    for split in series.splits or ():
        yield StockEvent(date=split.day, kind="split", value=split.ratio)
    if not tells_dividends(series.flags):
        return
    recent = series.frame[series.frame.index >= pd.Timestamp(first)]
    days = pd.DatetimeIndex(recent.index).date.tolist()
    for dividend in find_dividends(days, recent["close"].tolist(), recent["adj_close"].tolist()):
        yield StockEvent(date=dividend.day, kind="dividend", value=dividend.amount)
