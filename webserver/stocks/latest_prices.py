"""The latest closes of many stored stocks in one call, from the facts of their prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import Busy, Failure, InvalidRequest, InvalidTicker
from common.domain.questions import validate_as
from webserver.http.compression import conditional_json
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.schemas import LatestPrice, LatestPrices, MissingPrice
from webserver.stocks.price_reader import PriceReader, not_stored
from webserver.stocks.price_tables import damaged
from webserver.stocks.serializers import stored_ticker
from webserver.stocks.ticker_lists import parse_tickers

MOST_TICKERS = 500
TICKERS_OF_ONE_REQUEST = 50
"""A longer list costs as much as several requests."""


class LatestQuery(BaseModel):
    """The query parameters of the latest closes."""

    model_config = ConfigDict(frozen=True, strict=True)

    tickers: str = Field(
        default="",
        max_length=3500,
        description=f"Up to {MOST_TICKERS} tickers, separated by commas, such as AAPL,MSFT.",
    )


def add_latest_route(api: Blueprint, prices: PriceReader, tag: str, now: Callable[[], datetime]) -> None:
    """Add ``/api/v1/prices/latest``; ``now`` is the clock that decides whether prices are stale."""

    @api.get("/latest")
    @described(
        Operation(
            tag,
            Scope.READ,
            {200: OperationResponse("The latest closes.", (LatestPrices,), ("ETag",)), 304: UNCHANGED},
            (InvalidTicker, InvalidRequest, Busy),
            query=LatestQuery,
            headers=("If-None-Match",),
            cost=lambda: 1 + request.args.get("tickers", "").count(",") // TICKERS_OF_ONE_REQUEST,
        )
    )
    def latest() -> Response:
        """Return the latest stored closes of many stocks. It counts as one request for each 50 tickers."""
        query = validate_as(LatestQuery, request.args.to_dict())
        body = latest_prices(prices, parse_tickers(query.tickers, MOST_TICKERS), now()).model_dump_json()
        return conditional_json(body)


def latest_prices(prices: PriceReader, tickers: Sequence[str], now: datetime) -> LatestPrices:
    """Return the latest closes of stored stocks, and why the others have none.

    Raises:
        Busy: S3 cannot be reached.
    """
    stored = prices.read_facts_of(tickers)
    found: list[LatestPrice] = []
    missing: list[MissingPrice] = []
    for ticker in tickers:
        facts = stored.get(ticker)
        if facts is None:
            missing.append(_missing(ticker, not_stored(ticker, "1d")))
        elif facts.last_close is None:
            missing.append(_missing(ticker, damaged()))
        else:
            view = stored_ticker(ticker, facts, now)
            found.append(
                LatestPrice(
                    ticker=ticker,
                    as_of=facts.last,
                    close=facts.last_close,
                    change_pct=view.change_pct,
                    source=facts.source,
                    currency=facts.currency,
                    stale=view.stale,
                )
            )
    return LatestPrices(prices=found, missing=missing)


def _missing(ticker: str, failure: Failure) -> MissingPrice:
    return MissingPrice(ticker=ticker, code=failure.code, detail=failure.detail)
