"""The routes of reports: the question of a request, the document of a finished report, the report of a forecast."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import Busy, InvalidRequest, NotFinished, NotFound, ReportTooLarge
from common.domain.kinds import FORECAST, REPORT
from common.domain.questions import ForecastQuestion, RequestId, extract_question
from common.domain.reports import ReportQuestion
from common.redis.requests.records import Record
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.reports.responses import (
    Document,
    Format,
    ended_record,
    forecast_report_response,
    report_response,
)
from webserver.reports.schemas import FinishedReport, ReportProgress
from webserver.requests.routes import FAILED_ENDS, RequestApi
from webserver.requests.service import RequestService
from webserver.schemas import EXAMPLE_ID

TAG = "reports"
_MEDIA_TYPES: dict[Format, str] = {"pdf": "application/pdf", "html": "text/html"}
_NAMES: dict[Format, str] = {"pdf": "a tagged PDF", "html": "one HTML file"}


class ReportRequest(ReportQuestion):
    """The body of a request for a report: the question, and optionally a request id of the client's choice.

    Unknown fields are refused.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "forecasts": [EXAMPLE_ID]},
                {
                    "ticker": "AAPL",
                    "forecasts": [EXAMPLE_ID, "7d444840-9dc0-41d1-b245-5ffdce74fad2"],
                    "title": "Technology, end of March",
                },
            ]
        },
    )

    request_id: RequestId | None = Field(
        default=None, description="A UUID of your choice. The same id and body return the same request."
    )

    @property
    def question(self) -> ReportQuestion:
        """The question without the request id."""
        return extract_question(ReportQuestion, self)


def add_document_routes(api: Blueprint, service: RequestService) -> None:
    """Add the routes of a finished report's document."""
    for document_format in _MEDIA_TYPES:
        _add_document_route(api, service, document_format)


def add_forecast_report_routes(api: Blueprint, service: RequestService) -> None:
    """Add the routes of a finished forecast's report."""
    for document_format in _MEDIA_TYPES:
        _add_forecast_report_route(api, service, document_format)


def _add_document_route(api: Blueprint, service: RequestService, document_format: Format) -> None:
    @api.get(f"/<uuid:request_id>/report.{document_format}", endpoint=f"report_{document_format}")
    @described(
        _operation(TAG, document_format, (NotFinished, NotFound, *FAILED_ENDS)),
        f"Return the document of a finished report as {_NAMES[document_format]}.",
    )
    def document(request_id: Any) -> Response:
        record = ended_record(service, REPORT, str(request_id))
        return report_response(service, record, Document(document_format, "stockcast-report"))


def _add_forecast_report_route(api: Blueprint, service: RequestService, document_format: Format) -> None:
    @api.get(f"/<uuid:request_id>/report.{document_format}", endpoint=f"report_{document_format}")
    @described(
        _operation(FORECAST.path, document_format, (NotFinished, NotFound, ReportTooLarge, Busy, *FAILED_ENDS)),
        f"Return the report of a finished forecast as {_NAMES[document_format]}.\n\n"
        "A worker makes the report at the first request of either format, in about a fifth of a second.",
    )
    def forecast_report(request_id: Any) -> Response:
        record = ended_record(service, FORECAST, str(request_id))
        return forecast_report_response(service, record, Document(document_format, _name_of(record)))


def _operation(tag: str, document_format: Format, failures: tuple[Any, ...]) -> Operation:
    return Operation(
        tag,
        Scope.READ,
        {200: OperationResponse("The report.", (_MEDIA_TYPES[document_format],), ("ETag",)), 304: UNCHANGED},
        tuple(dict.fromkeys(failures)),
        headers=("If-None-Match",),
        cost=1,
    )


def _name_of(record: Record) -> str:
    question = record.question
    days = f"-{question.days}-days" if isinstance(question, ForecastQuestion) else ""
    return f"{question.ticker}{days}-report"


REPORTS = RequestApi(
    REPORT,
    TAG,
    ReportRequest,
    (FinishedReport,),
    (InvalidRequest,),
    details="The report is made of the stored results of your forecasts: request these first, one by one or as a "
    "batch. A forecast that failed has a row that states the reason.",
    progress=ReportProgress,
    add_routes=add_document_routes,
    ends=(NotFinished, NotFound, ReportTooLarge),
)
"""The routes of reports."""
