"""The board of the nightly run over HTTP: its rows, filtered and sorted, and what is remarkable on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flask import Blueprint, Response, request

from common.domain.access import Scope
from common.domain.errors import Busy, InvalidRequest, InvalidTicker, NoMarketBoard, UnreadableMarketBoard
from common.domain.questions import validate_as
from webserver.http.byte_cache import ByteCache
from webserver.http.compression import compressed_if_accepted, compressed_parts, revalidated, takes_gzip
from webserver.http.conditional_requests import client_has
from webserver.http.cooperative_work import costly_turn, give_way
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.market.board.board import Board
from webserver.market.board.reader import BoardReader
from webserver.market.board.selection import Selection, check, page_of, select
from webserver.market.models import MOST_TICKERS, BoardPage, MarketMovers, MarketQuery, MoversQuery
from webserver.market.movers import find_movers
from webserver.market.rows import csv_parts, encode_list, encode_object, encode_rows, head
from webserver.stocks.ticker_lists import parse_tickers

TAG = "market"
CSV = "text/csv; charset=utf-8; header=present"
ROWS = 50
MOST_CACHED_BYTES = 4_000_000
"""Of the bodies of the movers, which all visitors of the page ask for: about ten with different limits."""
_FAILURES = (InvalidRequest, NoMarketBoard, UnreadableMarketBoard, Busy)


def market_api(reader: BoardReader) -> Blueprint:
    """Return the routes below ``/api/v1/market``."""
    api = Blueprint("market", __name__, url_prefix="/api/v1/market")
    bodies: ByteCache[str] = ByteCache(MOST_CACHED_BYTES, len)

    @api.get("")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("Rows of the board.", (BoardPage, "text/csv"), ("ETag",)), 304: UNCHANGED},
            (InvalidTicker, *_FAILURES),
            query=MarketQuery,
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def read() -> Response:
        """Return the board of the whole market: one row a stock, filtered and sorted, as JSON or CSV."""
        query = validate_as(MarketQuery, request.args.to_dict() | {"filter": tuple(request.args.getlist("filter"))})
        is_csv = query.format == "csv" or (query.format is None and _prefers_csv())
        if is_csv and query.cursor is not None:
            raise InvalidRequest("A CSV has all rows, so that it has no pages. Leave cursor out.")
        wanted = _selection(query)
        board = reader.board()
        check(board, wanted, query.cursor)  # a mistake is one whatever the client has
        tag = _tag(board, "csv" if is_csv else "json")
        if client_has(tag):
            return _validated(Response(status=304), tag)
        with costly_turn():
            rows = select(board, wanted, give_way)
            if is_csv:
                return _csv(board, rows[: query.limit], tag)
            page = page_of(board, wanted, rows, query.limit or ROWS, query.cursor)
            plain = head(board) | {"matching": page.matching, "next_cursor": page.next_cursor}
            return _json(encode_object(plain, {"rows": encode_list(encode_rows(board, page.rows).values())}), tag)

    @api.get("/movers")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {200: OperationResponse("The lists.", (MarketMovers,), ("ETag",)), 304: UNCHANGED},
            _FAILURES,
            query=MoversQuery,
            headers=("If-None-Match",),
            cost=1,
        )
    )
    def movers() -> Response:
        """Return what moved, broke its range, is calm or nervous, and has a wide or narrow range."""
        query = validate_as(MoversQuery, request.args.to_dict())
        board = reader.board()
        tag = _tag(board, "movers")
        if client_has(tag):
            return _validated(Response(status=304), tag)
        with costly_turn():
            return _json(bodies.get((tag, query.limit), lambda: _movers(board, query.limit)), tag)

    return api


def _selection(query: MarketQuery) -> Selection:
    tickers = None if query.tickers is None else frozenset(parse_tickers(query.tickers, MOST_TICKERS))
    return Selection(query.filter, query.q or "", tickers, query.sort)


def _movers(board: Board, limit: int) -> str:
    found = find_movers(board, limit, give_way)
    rows = encode_rows(board, chain(*found.lists.values(), *(sector.rows for sector in found.sectors)))

    def listed(numbers: Sequence[int]) -> str:
        return encode_list(rows[number] for number in numbers)

    sectors = [
        encode_object(
            {
                "sector": sector.name,
                "stocks": sector.stocks,
                "rising": sector.rising,
                "falling": sector.falling,
                "median_usual_moves": sector.median_usual_moves,
            },
            {"rows": listed(sector.rows)},
        )
        for sector in found.sectors
    ]
    lists = {name: listed(numbers) for name, numbers in found.lists.items()}
    counts = {"broken_total": found.broken_total, "expected_broken": found.expected_broken}
    return encode_object(head(board) | counts, lists | {"sectors": encode_list(sectors)})


def _prefers_csv() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv"


def _tag(board: Board, form: str) -> str:
    """Return the tag of an answer from this board; the address contains everything else that it depends on."""
    depends_on = (board.version, board.texts_version, form)
    return f"{board.day}-{hashlib.sha256(repr(depends_on).encode()).hexdigest()[:16]}"


def _validated(response: Response, tag: str) -> Response:
    return revalidated(response, tag, "Accept, Accept-Encoding")


def _json(body: str, tag: str) -> Response:
    return _validated(compressed_if_accepted(Response(body, mimetype="application/json")), tag)


def _csv(board: Board, rows: list[int], tag: str) -> Response:
    parts: Iterable[bytes] = csv_parts(board, rows)
    response = Response(_compressed(parts), content_type=CSV)
    if takes_gzip():
        response.headers["Content-Encoding"] = "gzip"
    response.headers.set("Content-Disposition", "attachment", filename=f"market-{board.day}.csv")
    return _validated(response, tag)


def _compressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    return compressed_parts(parts) if takes_gzip() else iter(parts)
