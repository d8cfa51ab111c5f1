"""Watchlists over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from common.domain.access import Scope
from common.domain.errors import InvalidDays, InvalidRequest, InvalidTicker, NotFound, StoreUnavailable
from common.domain.questions import normalise_ticker, validate_as
from common.sql.repositories.watchlists import Watchlist, WatchlistEdit, WatchlistItem
from webserver.access.audit_trail import name_audit_subject
from webserver.http.cooperative_work import in_pieces
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import MAX_IMPORT_BYTES, json_of
from webserver.stocks.serializers import json_response
from webserver.watchlists.csv_format import read_csv, write_csv
from webserver.watchlists.models import (
    WatchedQuestion,
    WatchedStock,
    WatchlistChange,
    WatchlistDetail,
    WatchlistImport,
    WatchlistRequest,
    Watchlists,
    WatchlistSummary,
)
from webserver.watchlists.service import WatchlistService

TAG = "watchlists"
CSV = "text/csv; charset=utf-8; header=present"
_THE_LIST = OperationResponse("The list.", (WatchlistDetail,))


class WatchlistQuery(BaseModel):
    """The query parameters of a list."""

    model_config = ConfigDict(frozen=True, strict=True)

    format: Literal["json", "csv"] = Field(default="json", description="`csv` exports the list.")


def watchlists_api(service: WatchlistService, account_id: Callable[[], str]) -> Blueprint:
    """Return the routes below ``/api/v1/watchlists``.

    Args:
        service: the watchlists.
        account_id: returns the account of the present request.
    """
    api = Blueprint("watchlists", __name__, url_prefix="/api/v1/watchlists")

    @api.get("")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The lists.", (Watchlists,))},
            (StoreUnavailable,),
            is_personal=True,
        )
    )
    def list_all() -> Response:
        """Return your watchlists, without the closes of their stocks."""
        found = service.list_all(account_id())
        return json_response(Watchlists(watchlists=[_summary(each) for each in found]))

    @api.post("")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {201: OperationResponse("The new list.", (WatchlistDetail,), ("Location",))},
            (InvalidRequest, StoreUnavailable),
            body=WatchlistRequest,
            is_personal=True,
        )
    )
    def create() -> Response:
        """Create an empty watchlist."""
        body = validate_as(WatchlistRequest, json_of(request.get_data()))
        created = service.create(account_id(), body.name)
        name_audit_subject(created.id)
        response = json_response(_detail(service, created), 201)
        response.headers["Location"] = url_of(created.id)
        return response

    @api.get("/<uuid:watchlist_id>")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The list.", (WatchlistDetail, "text/csv"))},
            (InvalidRequest, NotFound, StoreUnavailable),
            query=WatchlistQuery,
            cost=1,
            is_personal=True,
        )
    )
    def read(watchlist_id: Any) -> Response:
        """Return a watchlist with the latest closes of its stocks, or export it as CSV."""
        query = validate_as(WatchlistQuery, request.args.to_dict())
        found = service.read(account_id(), str(watchlist_id))
        if query.format == "json":
            return json_response(_detail(service, found))
        response = Response(write_csv(found.items), content_type=CSV)
        response.headers["Cache-Control"] = "no-store"
        response.headers.set("Content-Disposition", "attachment", filename="watchlist.csv")
        return response

    @api.patch("/<uuid:watchlist_id>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: _THE_LIST},
            (InvalidRequest, NotFound, StoreUnavailable),
            body=WatchlistChange,
            is_personal=True,
        )
    )
    def change(watchlist_id: Any) -> Response:
        """Rename a watchlist, or put its stocks in another order."""
        body = validate_as(WatchlistChange, json_of(request.get_data()))
        return json_response(
            _detail(service, service.edit(account_id(), str(watchlist_id), WatchlistEdit(body.name, body.order)))
        )

    @api.delete("/<uuid:watchlist_id>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {204: OperationResponse("The list was deleted.")},
            (NotFound, StoreUnavailable),
            is_personal=True,
        )
    )
    def delete(watchlist_id: Any) -> Response:
        """Delete a watchlist. The prices of its stocks stay."""
        service.delete(account_id(), str(watchlist_id))
        return Response(status=204)

    _add_routes_of_stocks(api, service, account_id)
    return api


def _add_routes_of_stocks(api: Blueprint, service: WatchlistService, account_id: Callable[[], str]) -> None:
    """Add the routes that change the stocks of a list."""

    @api.post("/<uuid:watchlist_id>:import")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: _THE_LIST},
            (InvalidRequest, NotFound, StoreUnavailable),
            body=WatchlistImport,
            is_personal=True,
        )
    )
    def import_csv(watchlist_id: Any) -> Response:
        """Add the stocks of a CSV to a watchlist. A stock that the list has is replaced; a mistake changes nothing."""
        request.max_content_length = MAX_IMPORT_BYTES
        body = validate_as(WatchlistImport, json_of(request.get_data()))
        return json_response(_detail(service, service.put(account_id(), str(watchlist_id), read_csv(body.csv))))

    @api.put("/<uuid:watchlist_id>/stocks/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {200: _THE_LIST},
            (InvalidTicker, InvalidDays, InvalidRequest, NotFound, StoreUnavailable),
            body=WatchedQuestion,
            is_personal=True,
        )
    )
    def put(watchlist_id: Any, ticker: str) -> Response:
        """Add a stock to a watchlist, or replace its question and note. Its prices are not fetched."""
        wanted = normalise_ticker(ticker)
        body = validate_as(WatchedQuestion, json_of(request.get_data()))
        item = WatchlistItem(ticker=wanted, **body.model_dump())
        return json_response(_detail(service, service.put(account_id(), str(watchlist_id), [item])))

    @api.delete("/<uuid:watchlist_id>/stocks/<ticker:ticker>")
    @described(
        Operation(
            TAG,
            Scope.WRITE,
            {204: OperationResponse("The stock was removed from the list.")},
            (InvalidTicker, NotFound, StoreUnavailable),
            is_personal=True,
        )
    )
    def remove(watchlist_id: Any, ticker: str) -> Response:
        """Remove a stock from a watchlist. Its prices stay."""
        service.remove(account_id(), str(watchlist_id), normalise_ticker(ticker))
        return Response(status=204)


def url_of(watchlist_id: str) -> str:
    """Return the address of a watchlist."""
    return f"/api/v1/watchlists/{watchlist_id}"


def _summary(found: Watchlist) -> WatchlistSummary:
    tickers = [item.ticker for item in found.items]
    return WatchlistSummary(id=found.id, name=found.name, url=url_of(found.id), tickers=tickers)


def _detail(service: WatchlistService, found: Watchlist) -> WatchlistDetail:
    stocks = [
        WatchedStock.model_validate(vars(item) | {"latest": service.latest(item.ticker)})
        for item in in_pieces(found.items)
    ]
    return WatchlistDetail(id=found.id, name=found.name, url=url_of(found.id), stocks=stocks)
