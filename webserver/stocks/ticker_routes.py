"""Stored tickers over HTTP: list, search, add and remove them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import Busy, DeadlineExceeded, InvalidTicker, NotFound
from common.domain.questions import Ticker, normalise_ticker, validate_as
from webserver.http.cooperative_work import costly_turn, in_pieces
from webserver.http.operations import Operation, OperationResponse, described
from webserver.schemas import Match, Matches, StoredTicker, StoredTickers
from webserver.stocks.company_names import Listing
from webserver.stocks.ingestion_client import IngestionClient
from webserver.stocks.price_reader import PriceReader
from webserver.stocks.search import SearchIndexes
from webserver.stocks.serializers import COMMAND_PROBLEMS, COMMAND_RESPONSES, json_response, stored_ticker

PAGE = 1000
TAG = "tickers"


class TickersQuery(BaseModel):
    """The query parameters of the tickers: a search text, or the page of stored tickers after one."""

    model_config = ConfigDict(frozen=True, strict=True)

    q: str | None = Field(
        default=None,
        max_length=64,
        description="The text to search for: a ticker, a company name, or the beginning of either.",
    )
    after: Ticker | None = Field(
        default=None, description="The last ticker of the previous page. `next` in the response contains it."
    )


def tickers_api(
    price_reader: PriceReader,
    listings: Sequence[Listing],
    ingestion_client: IngestionClient,
    now: Callable[[], datetime],
) -> Blueprint:
    """Return the routes below ``/api/v1/tickers``; ``now`` is the clock that decides whether prices are stale."""
    api = Blueprint("tickers", __name__, url_prefix="/api/v1/tickers")
    indexes = SearchIndexes()

    @api.get("")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {
                200: OperationResponse(
                    "The stored tickers, or the tickers that match the search.", (Matches, StoredTickers)
                )
            },
            (InvalidTicker, Busy),
            query=TickersQuery,
            cost=1,
        )
    )
    def list_or_search() -> Response:
        """List the stored tickers, or search tickers and company names with `q`."""
        query = validate_as(TickersQuery, request.args.to_dict())
        if query.q is None:
            return json_response(listed(query.after or ""))
        stored = price_reader.tickers()  # outside the turn, so that no other costly request waits for S3
        with costly_turn():
            found = [
                Match(ticker=match.ticker, name=match.name or None, stored=match.ticker in stored)
                for match in indexes.of(listings, stored).best_matches(query.q)
            ]
        return json_response(Matches(query=query.q, tickers=found))

    def listed(after: str) -> StoredTickers:
        page, moment = price_reader.page(after, PAGE), now()
        following = f"/api/v1/tickers?{urlencode({'after': page.after})}" if page.after else None
        tickers = [stored_ticker(ticker, facts, moment) for ticker, facts in in_pieces(page.facts.items())]
        return StoredTickers(tickers=tickers, next=following)

    @api.get("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The source, dates and last close of the stored prices.", (StoredTicker,))},
            (InvalidTicker, NotFound, Busy),
        )
    )
    def read(ticker: str) -> Response:
        """Return the source, dates and last close of a ticker's stored prices."""
        return answer(normalise_ticker(ticker))

    @api.put("/<ticker:ticker>")
    @described(Operation(TAG, Scope.WRITE, COMMAND_RESPONSES, COMMAND_PROBLEMS))
    def add(ticker: str) -> Response:
        """Fetch and store the prices of a ticker, unless fresh ones are stored."""
        wanted = normalise_ticker(ticker)
        outcome = ingestion_client.send("track", wanted)
        return answer(wanted, 201 if outcome == "created" else 200)

    @api.delete("/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {204: OperationResponse("The stored prices were removed.")},
            (InvalidTicker, NotFound, DeadlineExceeded, Busy),
        )
    )
    def remove(ticker: str) -> Response:
        """Remove the stored prices of a ticker."""
        ingestion_client.send("untrack", normalise_ticker(ticker))
        return Response(status=204)

    def answer(ticker: str, status: int = 200) -> Response:
        return json_response(stored_ticker(ticker, price_reader.read_facts(ticker), now()), status)

    return api
