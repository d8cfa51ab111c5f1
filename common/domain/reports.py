"""The question and the result of a report: one document about one or more finished forecasts."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.domain.questions import Question, RequestId

REPORT_ENGINE = "report-1"
"""The version of the report's content and layout."""
MOST_FORECASTS = 50
"""The most forecasts of one report."""
LONGEST_TITLE = 200
"""Characters."""

ReportTitle = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_TITLE),
]


class ReportQuestion(Question):
    """The question of a report: the ids of forecasts, in the order of the document, and its title.

    A report uses the stored results of the forecasts. It does not need their prices: what is unusual about a stock is
    left out without them. ``ticker`` is that of the first forecast.
    """

    kind: ClassVar[str] = "report"
    first_fields: ClassVar[frozenset[str]] = frozenset({"ticker", "forecasts"})
    needs_prices: ClassVar[bool] = False

    forecasts: Annotated[
        tuple[RequestId, ...],
        Field(
            strict=False,
            min_length=1,
            max_length=MOST_FORECASTS,
            description="The ids of your forecasts, in the order of the document. A repeated id counts once. A "
            "forecast that failed, is not finished or has expired has a row that states the reason.",
        ),
    ]
    title: ReportTitle | None = Field(
        default=None,
        description="The title of the document. By default it names the stocks.",
        examples=["Technology, end of March"],
    )

    @property
    def has_reusable_result(self) -> bool:
        """Return False: the result depends on the requests of its ids, not on the prices of a ticker."""
        return False

    @property
    def named_requests(self) -> tuple[str, ...]:
        """The ids of the forecasts, each once."""
        return tuple(dict.fromkeys(self.forecasts))

    @property
    def cost(self) -> int:
        """The number of its forecasts: each takes a worker about the same time."""
        return len(self.named_requests)


class _ResultModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReportedForecast(_ResultModel):
    """A forecast of a report. ``code`` and ``detail`` are the reason why it has no pages; null where it has some."""

    request_id: str = Field(description="The id of the forecast.")
    ticker: str | None = Field(description="The ticker; null where the forecast does not exist, or no longer.")
    code: str | None = Field(default=None, description="The code of the failure; null where the report has pages.")
    detail: str | None = Field(default=None, description="The failure in words, for people.")


class Report(_ResultModel):
    """A finished report. The document itself has addresses of its own, ``report.pdf`` and ``report.html``."""

    title: str = Field(description="The title of the document.")
    forecasts: list[ReportedForecast] = Field(description="The forecasts, in the order of the document.")
    pages: int = Field(description="The number of pages of the PDF.")
    pdf_bytes: int = Field(description="The size of the PDF.")
    html_bytes: int = Field(description="The size of the HTML, uncompressed.")
    timings_ms: dict[str, float] = Field(description="The milliseconds of each stage.")
