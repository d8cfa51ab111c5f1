"""The response bodies of reports."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from common.domain.reports import Report
from webserver.schemas import EXAMPLE_ID, AnalysisProgress

_OTHER_ID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"


class ReportProgress(AnalysisProgress):
    """The progress of a report, and the time left until its deadline."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": EXAMPLE_ID,
                    "status": "computing",
                    "ticker": "AAPL",
                    "deadline_in_ms": 27_400,
                    "progress": 0.45,
                    "step": "MSFT, stock 6 of 12",
                    "url": f"/api/v1/reports/{EXAMPLE_ID}",
                }
            ]
        }
    )


class FinishedReport(Report):
    """A finished report. ``report.pdf`` and ``report.html`` below its address are the document."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Forecasts of AAPL, AAPLE",
                    "forecasts": [
                        {"request_id": _OTHER_ID, "ticker": "AAPL", "code": None, "detail": None},
                        {
                            "request_id": "9b2d5f0e-6c0a-4c83-8a52-0a1f7e0f3c11",
                            "ticker": "AAPLE",
                            "code": "unknown_ticker",
                            "detail": "AAPLE is not a known ticker. Check the spelling or search by company name.",
                        },
                    ],
                    "pages": 3,
                    "pdf_bytes": 98_304,
                    "html_bytes": 61_440,
                    "timings_ms": {"layout": 118.0, "total": 164.2},
                    "request_id": EXAMPLE_ID,
                    "status": "done",
                }
            ]
        }
    )

    request_id: str = Field(description="The id of the report.")
    status: Literal["done"] = Field(description="The status of the request.")
