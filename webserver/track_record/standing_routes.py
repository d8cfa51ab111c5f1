"""The standing set over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import InvalidRequest, InvalidTicker, NotFound, StoreUnavailable
from common.domain.questions import normalise_ticker
from webserver.http.operations import Operation, OperationResponse, described
from webserver.stocks.serializers import json_response
from webserver.track_record.standing_forecasts import HORIZONS
from webserver.track_record.standing_set import StandingSet

TAG = "track record"
_NOT_IN_THE_SET = "{ticker} is not in the standing set. GET /api/v1/track-record/standing-set lists it."


class StandingStockView(BaseModel):
    """A stock of the standing set."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"ticker": "AAPL", "added_at": "2026-11-20T21:30:00Z", "as_of": "2026-11-27"}]},
    )

    ticker: str = Field(description="The stock.")
    added_at: datetime = Field(description="When it was added.")
    as_of: date | None = Field(description="The last close from which the evening's job forecast it. Null before that.")


class StandingSetView(BaseModel):
    """The standing set."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "days": [7, 30, 91],
                    "stocks": [{"ticker": "AAPL", "added_at": "2026-11-20T21:30:00Z", "as_of": "2026-11-27"}],
                }
            ]
        },
    )

    days: list[int] = Field(description="The horizons of the evening's forecasts, in calendar days.")
    stocks: list[StandingStockView] = Field(description="The stocks, by ticker.")


def standing_set_api(standing_set: StandingSet) -> Blueprint:
    """Return the routes below ``/api/v1/track-record/standing-set``."""
    api = Blueprint("standing_set", __name__, url_prefix="/api/v1/track-record/standing-set")

    @api.get("")
    @described(
        Operation(TAG, Scope.READ, {200: OperationResponse("The set.", (StandingSetView,))}, (StoreUnavailable,))
    )
    def list_all() -> Response:
        """Return the stocks that are forecast every evening for the track record."""
        stocks = [StandingStockView(**vars(stock)) for stock in standing_set.list_all()]
        return json_response(StandingSetView(days=list(HORIZONS), stocks=stocks))

    @api.put("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.ADMIN,
            {204: OperationResponse("The stock is in the set.")},
            (InvalidTicker, InvalidRequest, StoreUnavailable),
        )
    )
    def add(ticker: str) -> Response:
        """Add a stock to the standing set."""
        standing_set.add([normalise_ticker(ticker)])
        return Response(status=204)

    @api.delete("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.ADMIN,
            {204: OperationResponse("The stock was removed. Its recorded forecasts stay.")},
            (InvalidTicker, NotFound, StoreUnavailable),
        )
    )
    def remove(ticker: str) -> Response:
        """Remove a stock from the standing set."""
        wanted = normalise_ticker(ticker)
        if not standing_set.remove([wanted]):
            raise NotFound(_NOT_IN_THE_SET.format(ticker=wanted))
        return Response(status=204)

    return api
