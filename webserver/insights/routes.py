"""The insights of a stock over HTTP."""

from __future__ import annotations

from flask import Blueprint, Response

from common.domain.access import Scope
from common.domain.errors import Busy, ImplausiblePrices, InvalidTicker, NotFound, TooLittleData
from common.domain.questions import normalise_ticker
from webserver.http.compression import conditional_json
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.insights.models import StockInsights
from webserver.insights.service import InsightService

TAG = "insights"


def insights_api(service: InsightService) -> Blueprint:
    """Return the routes below ``/api/v1/insights``."""
    api = Blueprint("insights", __name__, url_prefix="/api/v1/insights")

    @api.get("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The insights.", (StockInsights,), ("ETag",)), 304: UNCHANGED},
            (InvalidTicker, NotFound, TooLittleData, ImplausiblePrices, Busy),
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def read(ticker: str) -> Response:
        """Return what is unusual about a stored stock now: facts, sentences from them, and a sentiment."""
        body = service.read(normalise_ticker(ticker))
        return conditional_json(body)

    return api
