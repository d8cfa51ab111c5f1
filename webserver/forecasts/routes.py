"""Forecasts over HTTP: the question of a request, the chances of prices, the chart."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import ConfigDict

from common.domain.access import Scope
from common.domain.errors import InvalidDays, InvalidRequest, NotFound
from common.domain.kinds import FORECAST
from common.domain.questions import ForecastQuestion, RequestId, extract_question
from webserver.forecasts.chances import ChancesQuery, requested_prices
from webserver.forecasts.field_selection import RepresentationQuery
from webserver.forecasts.responses import SVG_POLICY, chances_response, png_response, requested_view, svg_response
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.reports.routes import add_forecast_report_routes
from webserver.requests.responses import done_record, revalidated
from webserver.requests.routes import FAILED_ENDS, RequestApi
from webserver.requests.service import RequestService
from webserver.schemas import FinishedForecast, ForecastChances, Progress, SelectedFields

TAG = "forecasts"


class ForecastRequest(ForecastQuestion):
    """The body of a request for a forecast: the question, and optionally a request id of the client's choice.

    Unknown fields are refused.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "days": 30},
                {"ticker": "BRK-B", "days": 90, "model": "prophet", "level": 0.9},
                {"ticker": "AAPL", "days": 30, "field": "volume", "history_days": 1000},
            ]
        },
    )

    request_id: RequestId | None = None

    @property
    def question(self) -> ForecastQuestion:
        """The question without the request id."""
        return extract_question(ForecastQuestion, self)


def add_routes_of_finished(api: Blueprint, service: RequestService) -> None:
    """Add the routes that only a finished forecast has."""

    @api.get("/<uuid:request_id>/chances")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {
                200: OperationResponse("The probabilities.", (ForecastChances,), ("ETag",)),
                304: UNCHANGED,
            },
            (InvalidRequest, NotFound, *FAILED_ENDS),
            query=ChancesQuery,
            headers=("If-None-Match",),
        )
    )
    def chances(request_id: Any) -> Response:
        """Return the probability of ending above a price, or of touching it on the way.

        The stored result of a finished forecast answers. A touch is a close; prices within a day do not count.
        """
        return chances_response(service, str(request_id), requested_prices())

    @api.get("/<uuid:request_id>/plot.png")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The chart.", ("image/png",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *FAILED_ENDS),
            headers=("If-None-Match",),
        )
    )
    def plot(request_id: Any) -> Response:
        """Return the chart of a finished forecast as a PNG."""
        record = done_record(service, FORECAST, str(request_id))
        return revalidated(record, lambda: png_response(service, record))

    @api.get("/<uuid:request_id>/plot.svg")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The chart.", ("image/svg+xml",), ("ETag",)), 304: UNCHANGED},
            (NotFound, *FAILED_ENDS),
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def drawing(request_id: Any) -> Response:
        """Return the chart of a finished forecast as an SVG."""
        record = done_record(service, FORECAST, str(request_id))
        response = revalidated(record, lambda: svg_response(service, record), policy=SVG_POLICY)
        response.headers["Vary"] = "Accept-Encoding"
        return response

    add_forecast_report_routes(api, service)


FORECASTS = RequestApi(
    FORECAST,
    TAG,
    ForecastRequest,
    (FinishedForecast, SelectedFields),
    (InvalidDays,),
    RepresentationQuery,
    requested_view,
    "A complete response has about 190 kB. `picture=false` and `fields` make it smaller.",
    Progress,
    add_routes_of_finished,
)
"""The routes of forecasts."""
