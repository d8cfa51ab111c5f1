"""The insights of a stock over HTTP."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response

from common.domain.access import Scope
from common.domain.errors import Busy, ImplausiblePrices, InvalidTicker, NotFound, TooLittleData
from common.domain.questions import normalise_ticker
from webserver.http.compression import compressed_if_accepted
from webserver.http.conditional_requests import client_has
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
        tag = hashlib.sha256(body.encode()).hexdigest()[:32]
        if client_has(tag):
            return _validated(Response(status=304), tag)
        return _validated(compressed_if_accepted(Response(body, mimetype="application/json")), tag)

    return api


def _validated(response: Response, tag: str) -> Response:
    response.headers["ETag"] = f'W/"{tag}"'  # weak: the same for both encodings
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response
