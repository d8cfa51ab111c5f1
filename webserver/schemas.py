"""The response bodies of the API; the OpenAPI description contains their schemas."""

from __future__ import annotations

from datetime import date, datetime
from math import exp
from statistics import NormalDist
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from common.domain.errors import InvalidTicker
from common.domain.price_chances import PriceChance
from common.domain.questions import Interval
from common.domain.results import ENGINE, Forecast
from common.domain.source_names import SOURCE_NAME, display_name
from common.domain.uploads import ReportedRow, UploadReport
from common.runtime.version import VERSION

EXAMPLE_ID = "123e4567-e89b-42d3-a456-426614174000"
_A_STOCK: JsonDict = {
    "ticker": "AAPL",
    "source": "sample",
    "currency": "USD",
    "rows": 2518,
    "first": "2003-03-03",
    "last": "2013-03-01",
    "last_close": 430.47,
    "previous_close": 441.4,
    "change": -10.93,
    "change_pct": -2.4762,
    "fetched_at": "2026-11-20T21:30:00Z",
    "stale": True,
    "version": "a" * 64,
    "dropped": 0,
    "flags": [],
    "source_name": "the sample data",
}
_HOURLY_BARS: JsonDict = {
    **_A_STOCK,
    "source": "twelvedata",
    "source_name": "Twelve Data",
    "rows": 1753,
    "first": "2025-11-28",
    "last": "2026-11-27",
    "stale": False,
    "interval": "1h",
    "time_zone": "America/New_York",
}
_AN_UPLOAD: JsonDict = {
    **_A_STOCK,
    "ticker": "MY-FUND",
    "source": "upload",
    "source_name": "an uploaded file",
    "dropped": 1,
    "upload": {
        "read": 2519,
        "added": 2518,
        "changed": 0,
        "faulty": 1,
        "rows": [{"line": 17, "detail": "The close is missing."}],
        "notes": ["The text at the end was left out, from line 2521 on."],
    },
}
_SCORES = [NormalDist().inv_cdf(percentile / 100) for percentile in range(1, 100)]
_DISTANCES = [NormalDist().inv_cdf((1 + percentile / 100) / 2) for percentile in range(1, 100)]
_END: list[Any] = [round(432.05 * exp(0.095 * score), 2) for score in _SCORES]
_A_DISTRIBUTION: JsonDict = {
    "end": _END,
    "highest": [round(430.47 * exp(0.095 * distance), 2) for distance in _DISTANCES],
    "lowest": [round(430.47 * exp(-0.095 * distance), 2) for distance in reversed(_DISTANCES)],
}
_A_FORECAST: JsonDict = {
    "ticker": "AAPL",
    "days": 30,
    "as_of": "2013-03-01",
    "last_close": 430.47,
    "counted_from": "2013-03-01",
    "target_date": "2013-04-01",
    "predicted_price": 432.05,
    "currency": "USD",
    "interval": {"level": 0.8, "lower": 379.79, "upper": 487.55},
    "backtest": None,
    "verdict": "With a probability of 80 %, it may end between 379.79 and 487.55 USD on 2013-04-01; "
    "a gain is 51 % likely. The history is too short to test ranges this far ahead.",
    "model": {"name": "blend", "version": ENGINE, "prophet_weight": 0.0},
    "data": {
        "source": "sample",
        "rows": 2518,
        "first": "2003-03-03",
        "last": "2013-03-01",
        "fetched_at": "2026-11-20T21:30:00Z",
        "stale": True,
        "version": "a" * 64,
        "flags": [],
        "source_name": "the sample data",
    },
    "series": [{"date": "2013-03-01", "close": 430.47}],
    "forecast": [
        {
            "date": "2013-04-01",
            "price": 432.05,
            "lower": 379.79,
            "upper": 487.55,
            "prophet": 441.9,
            "quantiles": [348.61, 379.79, 403.45, 432.05, 461.09, 487.55, 521.45],
        }
    ],
    "distribution": _A_DISTRIBUTION,
    "chances": {"above_last_close": 0.5143, "gain_over_10_pct": 0.1674, "loss_over_10_pct": 0.139},
    "risk": {
        "horizon_trading_days": 20,
        "value_at_risk_95_pct": 15.43,
        "expected_shortfall_95_pct": 20.4,
        "median_drawdown_pct": 8.17,
        "drawdown_95_pct": 19.47,
        "volatility_pct": 34.01,
        "volatility_percentile": 0.4351,
    },
    "sample_paths": {"dates": ["2013-04-01"], "prices": [[price] for price in _END[4::10]]},
    "components": None,
    "timings_ms": {"total": 120.0},
    "field": "close",
    "unit": "USD",
    "yardstick": 430.47,
    "history_days": None,
}


class _ApiModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(_ApiModel):
    """A failure (RFC 9457) with a stable ``code`` for programs and a ``detail`` for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | SkipJsonSchema[None] = None
    faulty: int | SkipJsonSchema[None] = Field(
        default=None, description="The number of rows of an uploaded file that cannot be stored."
    )
    rows: list[ReportedRow] | SkipJsonSchema[None] = Field(default=None, description="The first of these rows.")


class Progress(_ApiModel):
    """The progress of a request for a forecast, and the time left until its deadline."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": EXAMPLE_ID,
                    "status": "forecasting",
                    "ticker": "AAPL",
                    "days": 30,
                    "deadline_in_ms": 29_400,
                    "url": f"/api/v1/forecasts/{EXAMPLE_ID}",
                }
            ]
        }
    )

    request_id: str
    status: Literal["accepted", "ingesting", "forecasting", "done", "failed", "cancelled"]
    ticker: str
    days: int
    deadline_in_ms: int
    url: str


class AnalysisProgress(_ApiModel):
    """The progress of a request for an analysis, and the time left until its deadline."""

    request_id: str
    status: Literal["accepted", "ingesting", "computing", "done", "failed", "cancelled"]
    ticker: str
    deadline_in_ms: int
    progress: float | None = Field(description="The fraction of the work that is done. Null if it reports none.")
    step: str | None = Field(description="The present step of the work, in words. Null if it reports none.")
    url: str


class BatchEntry(_ApiModel):
    """The progress of one ticker of a batch. ``code`` and ``detail`` contain the reason of a failure."""

    ticker: str
    status: Literal["accepted", "ingesting", "forecasting", "done", "failed", "cancelled"]
    request_id: str | None = None
    url: str | None = None
    code: str | None = None
    detail: str | None = None


class BatchProgress(_ApiModel):
    """The progress of a batch: its tickers in the order of the request, and the number of tickers by status.

    ``deadline_in_ms`` is the time until the deadline of the whole batch.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "batch_id": EXAMPLE_ID,
                    "status": "running",
                    "days": 30,
                    "deadline_in_ms": 34_200,
                    "url": f"/api/v1/batches/{EXAMPLE_ID}",
                    "counts": {"done": 1, "failed": 1},
                    "forecasts": [
                        {
                            "ticker": "AAPL",
                            "status": "done",
                            "request_id": "67a52d33-6e6f-5f53-a5cc-0a4b4f5b1c3d",
                            "url": "/api/v1/forecasts/67a52d33-6e6f-5f53-a5cc-0a4b4f5b1c3d",
                            "code": None,
                            "detail": None,
                        },
                        {
                            "ticker": "../x",
                            "status": "failed",
                            "request_id": None,
                            "url": None,
                            "code": "invalid_ticker",
                            "detail": InvalidTicker.default_detail,
                        },
                    ],
                }
            ]
        }
    )

    batch_id: str
    status: Literal["running", "ended"]
    days: int
    deadline_in_ms: int
    url: str
    counts: dict[str, int]
    forecasts: list[BatchEntry]


class BatchEntryWithResult(BatchEntry):
    """The progress of one ticker of a batch, with its finished forecast or the selected fields."""

    result: dict[str, Any] | None


class BatchResults(BatchProgress):
    """The progress of a batch, with the finished forecasts."""

    model_config = ConfigDict(json_schema_extra=None)

    forecasts: list[BatchEntryWithResult]  # type: ignore[assignment]


class StageEvent(_ApiModel):
    """A server-sent event with the progress as JSON. The last event of a failure also has ``code`` and ``detail``."""

    event: Literal["stage", "end"]
    data: str


class FinishedForecast(Forecast):
    """A finished forecast with the id of its request and with its chart, as an address and as base64."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _A_FORECAST
                | {
                    "request_id": EXAMPLE_ID,
                    "status": "done",
                    "plot_url": f"/api/v1/forecasts/{EXAMPLE_ID}/plot.png",
                    "plot_png_base64": "iVBORw0KGgo=",
                }
            ]
        }
    )

    request_id: str
    status: Literal["done"]
    plot_url: str
    plot_png_base64: str


class SelectedFields(_ApiModel):
    """The fields of a finished forecast that ``fields`` or ``picture=false`` selects."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "predicted_price": 432.05,
                    "interval": {"level": 0.8, "lower": 379.79, "upper": 487.55},
                    "request_id": EXAMPLE_ID,
                    "status": "done",
                }
            ]
        },
    )

    request_id: str
    status: Literal["done"]


class ForecastChances(_ApiModel):
    """The probabilities of the prices in ``above`` and ``touch``. Null if the request has no such price."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": EXAMPLE_ID,
                    "ticker": "AAPL",
                    "target_date": "2013-04-01",
                    "last_close": 430.47,
                    "currency": "USD",
                    "above": {"price": 450.0, "probability": 0.3296},
                    "touch": {"price": 500.0, "probability": 0.0963},
                }
            ]
        }
    )

    request_id: str
    ticker: str
    target_date: date
    last_close: float
    currency: str
    above: PriceChance | None = Field(description="The probability of a close above the price on the target date.")
    touch: PriceChance | None = Field(
        description="The probability that a close from now to the target date reaches the price."
    )


class StoredTicker(_ApiModel):
    """The source, dates, last close and age of a ticker's stored prices, with the findings of the checks."""

    model_config = ConfigDict(json_schema_extra={"examples": [_A_STOCK]})

    ticker: str
    source: str
    currency: str
    rows: int
    first: date
    last: date
    last_close: float | None
    previous_close: float | None
    change: float | None
    change_pct: float | None
    fetched_at: datetime
    stale: bool
    version: str
    dropped: int
    flags: list[str]

    @computed_field(description=SOURCE_NAME)  # type: ignore[prop-decorator]
    @property
    def source_name(self) -> str:
        """Return the source's name for people."""
        return display_name(self.source)


class StoredInterval(StoredTicker):
    """The facts of a ticker's stored prices of one interval. Of prices within the day, the closes are those of bars."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HOURLY_BARS]})

    interval: Interval
    time_zone: str = Field(description="The time zone of the stored times, or of the exchange's days.")


class StoredIntervals(_ApiModel):
    """The intervals of which a ticker's prices are stored, the longest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ticker": "AAPL", "intervals": [_HOURLY_BARS]}]})

    ticker: str
    intervals: list[StoredInterval]


class StoredUpload(StoredTicker):
    """The facts of the stored series, and the report on the file that was uploaded."""

    model_config = ConfigDict(json_schema_extra={"examples": [_AN_UPLOAD]})

    upload: UploadReport = Field(description="The report on the rows of the file.")


class StoredTickers(_ApiModel):
    """A page of the stored tickers. ``next`` is the address of the next page, if there is one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tickers": [_A_STOCK], "next": None}]})

    tickers: list[StoredTicker]
    next: str | None


class LatestPrice(_ApiModel):
    """The latest stored close of a stock."""

    ticker: str
    as_of: date = Field(description="The day of the close.")
    close: float = Field(description="The close.")
    change_pct: float | None = Field(
        description="The change from the close before, in percent. Null if there is none before."
    )
    source: str
    currency: str
    stale: bool


class MissingPrice(_ApiModel):
    """A ticker without a close."""

    ticker: str
    code: str = Field(description="Why there is none: `not_found` if no prices are stored.")
    detail: str = Field(description="The same in words.")


class LatestPrices(_ApiModel):
    """The latest stored closes of the requested tickers, in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "prices": [
                        {
                            "ticker": "AAPL",
                            "as_of": "2013-03-01",
                            "close": 430.47,
                            "change_pct": -2.4762,
                            "source": "sample",
                            "currency": "USD",
                            "stale": True,
                        }
                    ],
                    "missing": [
                        {
                            "ticker": "XOM",
                            "code": "not_found",
                            "detail": "No prices of XOM are stored. PUT /api/v1/tickers/XOM fetches them.",
                        }
                    ],
                }
            ]
        }
    )

    prices: list[LatestPrice] = Field(description="The closes.")
    missing: list[MissingPrice] = Field(description="The tickers without a close, and why.")


class Match(_ApiModel):
    """A ticker that matches the search. ``stored`` is true if its prices are stored."""

    ticker: str
    name: str | None
    stored: bool


class Matches(_ApiModel):
    """The tickers that match a search, best match first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "apple", "tickers": [{"ticker": "AAPL", "name": "Apple Inc.", "stored": True}]},
            ]
        }
    )

    query: str
    tickers: list[Match]


class StoredPrice(_ApiModel):
    """The prices of a day (``date``) or of an intraday bar (``time``, without ``adj_close``).

    A price is null if the source has no plausible one. The close of a day is never null.
    """

    date: str | SkipJsonSchema[None] = None
    time: str | SkipJsonSchema[None] = None
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    adj_close: float | None = None
    volume: float | None


class StoredPrices(StoredTicker):
    """Stored prices, oldest first, with their source, dates and age."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _A_STOCK
                | {
                    "interval": "1d",
                    "count": 1,
                    "prices": [
                        {
                            "date": "2013-03-01",
                            "open": 438.0,
                            "high": 438.18,
                            "low": 429.98,
                            "close": 430.47,
                            "adj_close": 430.47,
                            "volume": 19688500,
                        }
                    ],
                }
            ]
        }
    )

    interval: Interval
    count: int = Field(description="The number of rows in the response.")
    prices: list[StoredPrice]


class Health(_ApiModel):
    """The health of a service, with its failed checks by name."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"service": "webserver", "version": VERSION, "status": "ok", "problems": {}}]}
    )

    service: str
    version: str | None = Field(default=None, description="The version of the server.")
    status: Literal["ok", "failing"]
    problems: dict[str, str]
