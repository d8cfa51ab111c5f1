"""The call of a report: lay out finished forecasts as one document, and make its HTML and its PDF."""

from __future__ import annotations

import gzip
import time
import unicodedata
from collections.abc import Sequence

from pydantic import ValidationError

from common.domain.errors import Busy, Failure, ForecastFailed, NotFound, ReportTooLarge, make_failure
from common.domain.horizons import horizon_group
from common.domain.progress import WorkProgress
from common.domain.reports import Report, ReportedForecast, ReportQuestion
from common.domain.results import Forecast
from forecast_service.calls.named_request import NamedRequest
from forecast_service.calls.output import CallOutput, PricesGone
from forecast_service.calls.stock_events import describe_next_report
from forecast_service.calls.task import Task
from forecast_service.reports.composition import (
    Entry,
    default_title,
    document_of,
    first_blocks,
    later_blocks,
)
from forecast_service.reports.document import Block
from forecast_service.reports.html_page import html_of
from forecast_service.reports.insights import insight_sentences
from forecast_service.reports.pdf import can_draw, page_count, pdf_of
from forecast_service.reports.stock_pages import Surroundings

MOST_BYTES = 16_000_000
"""The most bytes of a report's two files together, as they are stored."""
_GZIP_LEVEL = 6
_LAYOUT_PART = 0.9
"""The part of the progress that the layout takes; the rest is the making of the files."""


def compute(task: Task[ReportQuestion]) -> CallOutput:
    """Make the report.

    Raises:
        Failure: none of the forecasts can be reported, for the reason of the first one; or the report is too large.
    """
    started = time.perf_counter()
    named = task.sources.requests
    entries = [_entry(one) for one in named]
    _require_one(entries)
    title = _printable(task.question.title or "") or default_title(entries)
    pages = _pages(task, entries)
    laid_out = time.perf_counter()
    html = html_of(document_of(title, [*first_blocks(title, entries), *pages])).encode()
    task.report(WorkProgress(_LAYOUT_PART, "Making the PDF"))
    heading = title if can_draw(title) else default_title(entries)
    pdf = pdf_of(document_of(title, [*first_blocks(heading, entries), *pages]))
    html_gzip = gzip.compress(html, _GZIP_LEVEL, mtime=0)
    if len(pdf) + len(html_gzip) > MOST_BYTES:
        raise ReportTooLarge
    total = time.perf_counter()
    seconds = {"layout": laid_out - started, "total": total - started}
    timings_ms = {name: round(1000 * value, 1) for name, value in seconds.items()}
    report = Report(
        title=title,
        forecasts=[_reported(one, entry) for one, entry in zip(named, entries, strict=True)],
        pages=page_count(pdf),
        pdf_bytes=len(pdf),
        html_bytes=len(html),
        timings_ms=timings_ms,
    )
    body = report.model_dump_json().encode()
    return CallOutput(body, "", task.today, timings_ms, pdf=pdf, html_gzip=html_gzip)


def _printable(title: str) -> str:
    """Return a title without control characters, which no font can show and a PDF must not have."""
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in title).split())


def _entry(named: NamedRequest) -> Entry:
    name = named.ticker or named.request_id
    if named.failure is not None:
        return Entry(name, failure=named.failure)
    try:
        return Entry(name, Forecast.model_validate_json(named.body))
    except ValidationError:
        # Another version made it, or Redis lost a part.
        return Entry(name, failure=ForecastFailed("This forecast cannot be read. Request the forecast again."))


def _require_one(entries: Sequence[Entry]) -> None:
    """Raise the failure of the first forecast unless one can be reported."""
    if any(entry.forecast for entry in entries):
        return
    failure = entries[0].failure if entries and entries[0].failure else NotFound()
    others = f"None of the {len(entries)} forecasts can be reported. " if len(entries) > 1 else ""
    raise make_failure(failure.code, others + failure.detail)


def _pages(task: Task[ReportQuestion], entries: Sequence[Entry]) -> list[Block]:
    """Return the pages of the stocks."""
    blocks: list[Block] = []
    last = max(place for place, entry in enumerate(entries) if entry.forecast)
    for place, entry in enumerate(entries):
        done = _LAYOUT_PART * place / len(entries)
        task.report(WorkProgress(done, f"{entry.name}, stock {place + 1} of {len(entries)}"))
        if entry.forecast is not None:
            blocks += later_blocks(entry, place, _around(task, entry.forecast), is_last=place == last)
    return blocks


def _around(task: Task[ReportQuestion], forecast: Forecast) -> Surroundings:
    horizon, sources = horizon_group(forecast.days), task.sources
    record = sources.records.get((forecast.ticker, horizon)) if forecast.is_standard else None
    return Surroundings(
        sources.calibration,
        record.sentence(forecast.ticker, horizon) if record else None,
        # The forecast's own sentences first: what is stored about the company may have changed since.
        forecast.report_note or describe_next_report(forecast, task.company(forecast.ticker), forecast.counted_from),
        _sentences(task, forecast),
    )


def _sentences(task: Task[ReportQuestion], forecast: Forecast) -> tuple[str, ...]:
    """Return what is unusual about a stock.

    Nothing, if its stored prices are not those of the forecast any more, or cannot be read.
    """
    if forecast.field != "close":
        return ()
    try:
        stored = task.prices(forecast.ticker)
    except (PricesGone, Busy):
        return ()
    return insight_sentences(stored.series) if stored.facts.version == forecast.data.version else ()


def _reported(named: NamedRequest, entry: Entry) -> ReportedForecast:
    failure: Failure | None = entry.failure
    return ReportedForecast(
        request_id=named.request_id,
        ticker=named.ticker or None,
        code=failure.code if failure else None,
        detail=failure.detail if failure else None,
    )
