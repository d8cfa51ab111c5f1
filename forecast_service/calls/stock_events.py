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
    # An uploaded series may be of another company than the one that lists its ticker.
    known = None if series.source == UPLOAD else company
    reports = known.reports if known else ()
    events = [
        *_events_of_prices(series, forecast.series[0].date),
        *(StockEvent(date=day, kind="report") for day in report_days(reports)),
    ]
    shown = [event for event in events if forecast.series[0].date <= event.date <= forecast.as_of]
    expected = None if forecast.data.stale else expect_report(reports, today)
    note = None
    if known and expected and reports_within(expected, today, forecast.target_date):
        note = describe_report(expected, today, forecast.target_date, known.fetched_at.date())
    return forecast.model_copy(
        update={
            "events": sorted(shown, key=lambda event: (event.date, event.kind)),
            "expected_report": expected if note else None,
            "report_note": note,
        }
    )


def _events_of_prices(series: PriceSeries, first: date) -> Iterator[StockEvent]:
    for split in series.splits or ():
        yield StockEvent(date=split.day, kind="split", value=split.ratio)
    if not tells_dividends(series.flags):
        return
    recent = series.frame[series.frame.index >= pd.Timestamp(first)]
    days = [day.date() for day in recent.index]
    for dividend in find_dividends(days, recent["close"].tolist(), recent["adj_close"].tolist()):
        yield StockEvent(date=dividend.day, kind="dividend", value=dividend.amount)
