"""The rows of the board that a question selects, in its order, and a page of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webserver.market.board.board import Board
from webserver.market.board.filters import parse_filters, select_rows
from webserver.market.board.order import Cursors, first_after, parse_order


@dataclass(frozen=True)
class Selection:
    """The filters and the order of a request.

    Args:
        filters: the texts of the filters, which all have to be met.
        search: a text that the ticker begins with or the name contains; empty for none.
        tickers: only these stocks; None for all.
        sort: the order.
    """

    filters: tuple[str, ...] = ()
    search: str = ""
    tickers: frozenset[str] | None = None
    sort: str = "ticker"

    @property
    def cursors(self) -> Cursors:
        """The cursors of this question."""
        return Cursors((*self.filters, self.search, *sorted(self.tickers or ())), self.sort)


@dataclass(frozen=True)
class Page:
    """A page of rows.

    Args:
        rows: the numbers of the rows.
        matching: how many rows the question selects on all pages.
        next_cursor: the cursor of the next page; None on the last one.
    """

    rows: Sequence[int]
    matching: int
    next_cursor: str | None


def select(board: Board, wanted: Selection, between: Callable[[], None]) -> list[int]:
    """Return the rows of a question in its order.

    Args:
        board: the board.
        wanted: the question.
        between: called between the steps, each of which takes a few milliseconds.

    Raises:
        InvalidRequest: a filter or the order is wrong.
    """
    order = parse_order(board, wanted.sort)
    rows = select_rows(board, wanted.filters, between)
    tickers = board.columns["ticker"].values
    if wanted.tickers is not None:
        rows = [row for row in rows if tickers[row] in wanted.tickers]
    if wanted.search:
        text, names = wanted.search.casefold(), board.columns["name"].values
        rows = [
            row for row in rows if tickers[row].casefold().startswith(text) or text in (names[row] or "").casefold()
        ]
    between()
    return order.arrange(rows)


def check(board: Board, wanted: Selection, cursor: str | None) -> None:
    """Return if a question and its cursor are right.

    Raises:
        InvalidRequest: a filter, the order or the cursor is wrong.
    """
    parse_order(board, wanted.sort)
    parse_filters(board, wanted.filters)
    if cursor is not None:
        wanted.cursors.read(cursor)


def page_of(board: Board, wanted: Selection, rows: Sequence[int], limit: int, cursor: str | None) -> Page:
    """Return a page of the rows that :func:`select` returned.

    Raises:
        InvalidRequest: the cursor is not that of an earlier page of the question.
    """
    order, tickers = parse_order(board, wanted.sort), board.columns["ticker"].values
    first = 0 if cursor is None else first_after(order, rows, tickers, wanted.cursors.read(cursor))
    shown = rows[first : first + limit]
    is_last = first + limit >= len(rows)
    following = None if is_last else wanted.cursors.make(order.term.key(shown[-1]), tickers[shown[-1]])
    return Page(shown, len(rows), following)
