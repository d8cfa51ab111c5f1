"""The order of the board's rows, and pages of them by cursors.

A cursor contains the last row's value and ticker. So a page that is asked for after a newer board has come, or from
another process, goes on at the same place.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.domain.errors import InvalidRequest
from webserver.market.board.board import Board, Value
from webserver.market.board.filters import Term, find_term

_SORT = re.compile(r"(-?)(abs\()?(\w+)(?(2)\))", re.ASCII)
_LONGEST_CURSOR = 2000
"""Bytes before the encoding: a failure in words is the longest value of a column."""
_WRONG_CURSOR = "The cursor is not that of an earlier page. Send next_cursor of the page before, or no cursor."
_OTHER_QUESTION = "The cursor belongs to other filters or another order. Send those of the page before, or no cursor."


@dataclass(frozen=True)
class Order:
    """An order of rows: ascending or descending by a column. Nulls come last, and equal rows by ticker."""

    term: Term
    is_descending: bool

    def arrange(self, rows: Sequence[int]) -> list[int]:
        """Return rows, which are in the order of their tickers, in this order."""
        keys = dict(zip(rows, self.term.keys(rows), strict=True))
        present = [row for row in rows if keys[row] is not None]
        present.sort(key=keys.__getitem__, reverse=self.is_descending)  # type: ignore[arg-type]
        return present + [row for row in rows if keys[row] is None]

    def follows(self, row: int, ticker: str, last: Value, last_ticker: str) -> bool:
        """Return whether a row comes after the last one of a page."""
        found: Any = self.term.key(row)
        if found is None or last is None:
            return ticker > last_ticker if found is None and last is None else found is None
        if found == last:
            return ticker > last_ticker
        return bool(found < last) if self.is_descending else bool(found > last)


def parse_order(board: Board, text: str) -> Order:
    """Return the order of ``sort``, such as ``ticker``, ``-usual_moves`` or ``-abs(change_pct)``.

    Raises:
        InvalidRequest: it is no order.
    """
    found = _SORT.fullmatch(text)
    if found is None:
        raise InvalidRequest("sort must be a column such as ticker, -usual_moves or -abs(change_pct).")
    try:
        term = find_term(board, found[3], is_magnitude=bool(found[2]))
    except InvalidRequest as failure:
        raise InvalidRequest(f"sort: {failure.detail}") from failure
    return Order(term, bool(found[1]))


@dataclass(frozen=True)
class Cursors:
    """Makes and reads the cursors of a question."""

    filters: Sequence[str]
    sort: str

    def make(self, value: Value, ticker: str) -> str:
        """Return the cursor of the page after a row."""
        content = json.dumps([self._question, value, ticker], separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def read(self, cursor: str) -> tuple[Value, str]:
        """Return the value and the ticker of the last row of the page before.

        Raises:
            InvalidRequest: it is no cursor of this question.
        """
        try:
            content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            question, value, ticker = json.loads(content[:_LONGEST_CURSOR])
        except (ValueError, TypeError, RecursionError) as exc:
            raise InvalidRequest(_WRONG_CURSOR) from exc
        if not (isinstance(ticker, str) and (value is None or isinstance(value, str | int | float))):
            raise InvalidRequest(_WRONG_CURSOR)
        if question != self._question:
            raise InvalidRequest(_OTHER_QUESTION)
        return value, ticker

    @property
    def _question(self) -> str:
        return hashlib.sha256(repr((sorted(self.filters), self.sort)).encode()).hexdigest()[:12]


def first_after(order: Order, rows: Sequence[int], tickers: Sequence[str], last: tuple[Value, str]) -> int:
    """Return the place of the first row after the last one of a page; the rows are in the order.

    Raises:
        InvalidRequest: the cursor's value is of another kind than the column.
    """
    try:
        return bisect_left(rows, True, key=lambda row: order.follows(row, tickers[row], *last))
    except TypeError as exc:
        raise InvalidRequest(_WRONG_CURSOR) from exc
