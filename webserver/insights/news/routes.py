"""The route of the headlines about a stock."""

from __future__ import annotations

from flask import Blueprint, Response

from common.domain.access import Scope
from common.domain.errors import InvalidTicker, NewsUnavailable, NoNewsSource, NotFound
from common.domain.questions import normalise_ticker
from common.domain.source_names import display_name
from webserver.http.operations import Operation, OperationResponse, described
from webserver.insights.news.models import StockNews
from webserver.insights.news.service import NewsReader

CALL_COST = 5
"""A call may cost one of a source."""


def news_api(news: NewsReader) -> Blueprint:
    """Return ``/api/v1/tickers/{ticker}/news``."""
    api = Blueprint("news", __name__)

    @api.get("/api/v1/tickers/<ticker:ticker>/news")
    @described(
        Operation(
            "insights",
            Scope.READ,
            {200: OperationResponse("The newest headlines.", (StockNews,))},
            (InvalidTicker, NotFound, NoNewsSource, NewsUnavailable),
            cost=CALL_COST,
        )
    )
    def read(ticker: str) -> Response:
        """Return the newest headlines about a stock with stored prices. It counts as five requests."""
        wanted = normalise_ticker(ticker)
        found = news.read(wanted)
        body = StockNews(
            ticker=wanted,
            source=found.source,
            source_name=display_name(found.source),
            fetched_at=found.fetched_at,
            headlines=found.headlines,
        )
        headers = {"Cache-Control": "private, max-age=300"}
        return Response(body.model_dump_json(), mimetype="application/json", headers=headers)

    return api
