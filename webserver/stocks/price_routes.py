"""Stored prices over HTTP: read a range as JSON or CSV, refresh a ticker, upload a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import Busy, InvalidRequest, InvalidTicker, NotFound
from common.domain.markets.dates import exchange_day, is_stale
from common.domain.questions import Day, Interval, Ticker, normalise_ticker, validate_as
from common.s3.objects import StoredFacts
from webserver.http.compression import compressed_if_accepted, takes_gzip
from webserver.http.cooperative_work import costly_turn
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.schemas import StoredIntervals, StoredPrices
from webserver.stocks.ingestion_client import IngestionClient
from webserver.stocks.latest_prices import add_latest_route
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.price_tables import PriceTable
from webserver.stocks.serializers import (
    COMMAND_PROBLEMS,
    COMMAND_RESPONSES,
    json_response,
    stored_interval,
    stored_ticker,
)
from webserver.stocks.uploads.routes import add_upload_routes
from webserver.stocks.uploads.service import PriceUploads

TAG = "prices"
PRICES_HEADERS = (
    "ETag",
    "Stockcast-Source",
    "Stockcast-Currency",
    "Stockcast-Fetched-At",
    "Stockcast-Stale",
    "Stockcast-Rows",
)


class PricesQuery(BaseModel):
    """The query parameters of stored prices; the range includes ``start`` and ``end``."""

    model_config = ConfigDict(frozen=True, strict=True)

    ticker: Ticker
    start: Day | None = Field(default=None, description="The first day of the range.")
    end: Day | None = Field(default=None, description="The last day of the range.")
    format: Literal["json", "csv"] = "json"
    interval: Interval = "1d"


def prices_api(
    price_reader: PriceReader, ingestion_client: IngestionClient, uploads: PriceUploads, now: Callable[[], datetime]
) -> Blueprint:
    """Return the routes below ``/api/v1/prices``; ``now`` is the clock that decides whether prices are stale."""
    api = Blueprint("prices", __name__, url_prefix="/api/v1/prices")

    @api.get("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The stored prices.", (StoredPrices, "text/csv"), PRICES_HEADERS), 304: UNCHANGED},
            (InvalidTicker, NotFound, Busy),
            query=PricesQuery,
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def read(ticker: str) -> Response:
        """Return the stored prices of a ticker, as JSON or CSV."""
        query = _query(ticker)
        moment = now()
        if request.if_none_match:
            etag = _etag(query, price_reader.read_facts(query.ticker, query.interval), moment)
            if request.if_none_match.contains_weak(etag):
                return _with_validators(Response(status=304), etag)
        with price_reader.reading(query.ticker, query.interval) as stored:
            with costly_turn():
                table = PriceTable.from_csv(stored.body, query.start, query.end)
                answer = compressed_if_accepted(_answer(query, stored.facts, table, moment))
            return _with_validators(answer, _etag(query, stored.facts, moment))

    @api.get("/<ticker:ticker>/intervals")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The stored intervals.", (StoredIntervals,))},
            (InvalidTicker, NotFound, Busy),
        )
    )
    def intervals(ticker: str) -> Response:
        """Return which prices of a ticker are stored: daily, hourly, every five minutes."""
        wanted, moment = normalise_ticker(ticker), now()
        stored = price_reader.read_intervals(wanted)
        found = [stored_interval(wanted, interval, facts, moment) for interval, facts in stored.items()]
        return json_response(StoredIntervals(ticker=wanted, intervals=found))

    @api.post("/<ticker:ticker>:refresh")
    @described(Operation(TAG, Scope.WRITE, COMMAND_RESPONSES, COMMAND_PROBLEMS))
    def refresh(ticker: str) -> Response:
        """Fetch newer prices of a ticker from the price sources now."""
        wanted = normalise_ticker(ticker)
        outcome = ingestion_client.send("refresh", wanted)
        body = stored_ticker(wanted, price_reader.read_facts(wanted), now())
        return json_response(body, 201 if outcome == "created" else 200)

    add_latest_route(api, price_reader, TAG, now)
    add_upload_routes(api, uploads, price_reader, now)
    return api


def _query(ticker: str) -> PricesQuery:
    query = validate_as(PricesQuery, request.args.to_dict() | {"ticker": ticker})
    if query.start and query.end and query.start > query.end:
        raise InvalidRequest("start is after end. Send a start that is not after the end.")
    return query


def _etag(query: PricesQuery, facts: StoredFacts, now: datetime) -> str:
    """Return a strong tag: a hash of everything that the response's bytes depend on."""
    known = (facts.revision, facts.fetched_at.isoformat(), _is_stale(query, facts, now))
    return hashlib.sha256(repr((query.model_dump_json(), *known, takes_gzip())).encode()).hexdigest()[:32]


def _is_stale(query: PricesQuery, facts: StoredFacts, now: datetime) -> bool:
    return is_stale(facts.last, exchange_day(now, query.ticker))


def _answer(query: PricesQuery, facts: StoredFacts, table: PriceTable, now: datetime) -> Response:
    if query.format == "json":
        head = {
            **stored_ticker(query.ticker, facts, now).model_dump(mode="json"),
            "interval": query.interval,
            "count": len(table.rows),
        }
        response = Response(table.to_json(head), mimetype="application/json")
    else:
        response = Response(table.to_csv(), content_type="text/csv; charset=utf-8; header=present")
        name = f"{query.ticker}-{query.interval}.csv"
        response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Stockcast-Source"] = facts.source
    response.headers["Stockcast-Currency"] = facts.currency
    response.headers["Stockcast-Fetched-At"] = facts.fetched_at.isoformat()
    response.headers["Stockcast-Stale"] = "true" if _is_stale(query, facts, now) else "false"
    response.headers["Stockcast-Rows"] = str(len(table.rows))
    return response


def _with_validators(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response
