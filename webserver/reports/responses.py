"""Responses with the document of a finished report. Another process made it: this one only passes bytes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from gzip import decompress
from typing import Literal

from flask import Response

from common.domain.errors import Busy, NotFinished, Unavailable
from common.domain.kinds import Kind
from common.domain.reports import REPORT_ENGINE, ReportQuestion
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.http.compression import takes_gzip
from webserver.http.problems import EndedInFailure
from webserver.requests.responses import result_of, revalidated
from webserver.requests.service import RequestService

Format = Literal["pdf", "html"]
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page's own policy is stricter: it allows its one style sheet by its hash. A browser obeys both."""
LONGEST_WAIT_S = 30.0
"""Seconds for which a response waits for the report of one forecast, which takes a fraction of a second."""
_MAKING = "The report is being made. Try again in a moment."
_RETRY_S, _MARGIN_S = 2, 0.5


@dataclass(frozen=True)
class Document:
    """A document of a finished request: its format, and the name of its file without the ending."""

    format: Format
    name: str


def report_response(service: RequestService, record: Record, document: Document) -> Response:
    """Return the response with the document of a finished report."""
    return _revalidated(record, document, lambda: result_of(service, record))


def forecast_report_response(service: RequestService, record: Record, document: Document) -> Response:
    """Return the response with the report of a finished forecast, which a worker makes at the first request.

    Raises:
        EndedInFailure: the report failed, and would fail again.
        Unavailable: the report failed, or is not finished because too many responses wait. A later call may succeed.
    """
    return _revalidated(record, document, lambda: result_of(service, _made_report(service, record)))


def ended_record(service: RequestService, kind: Kind, request_id: str) -> Record:
    """Return the record of a finished request.

    Raises:
        EndedInFailure: the request ended in a failure.
        NotFinished: the request has not ended.
        NotFound: there is no such request, or no longer.
    """
    record = service.record(kind, request_id)
    if record.failure is not None:
        raise EndedInFailure(record.failure, record.request_id)
    if record.status != "done":
        raise NotFinished(f"This {kind.name} is not finished. Wait until it is done, and try again.")
    return record


def _made_report(service: RequestService, forecast: Record) -> Record:
    ticker, request_id = forecast.question.ticker, forecast.request_id
    report = service.submit_follow_up(forecast, ReportQuestion(ticker=ticker, forecasts=(request_id,)), REPORT_ENGINE)
    if not report.ended:
        report = service.wait(report, min(report.remaining_ms / 1000, LONGEST_WAIT_S) + _MARGIN_S)
    if isinstance(report.failure, Unavailable):
        # Without the forecast's id: the forecast is done, and only this call failed. The next one makes the report.
        raise report.failure
    if report.failure is not None:
        raise EndedInFailure(report.failure, request_id)
    if report.status != "done":
        raise Busy(_MAKING, retry_after_s=_RETRY_S)
    return report


def _revalidated(record: Record, document: Document, read: Callable[[], Result]) -> Response:
    part = f" {document.format} {REPORT_ENGINE}"
    if document.format == "pdf":
        return revalidated(record, lambda: _file(read(), document), part)
    response = revalidated(record, lambda: _file(read(), document), part, POLICY)
    response.vary.add("Accept-Encoding")
    return response


def _file(result: Result, document: Document) -> Response:
    is_pdf = document.format == "pdf"
    response = Response(result.pdf, mimetype="application/pdf") if is_pdf else _page(result.html_gzip)
    response.headers.set("Content-Disposition", "inline", filename=f"{document.name}.{document.format}")
    return response


def _page(html_gzip: bytes) -> Response:
    if takes_gzip():
        return Response(html_gzip, mimetype="text/html", headers={"Content-Encoding": "gzip"})
    return Response(decompress(html_gzip), mimetype="text/html")
