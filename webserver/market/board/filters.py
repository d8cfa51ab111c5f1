"""The filters of the board: a column, an operator and a value, such as ``volatility_percentile>90``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from common.domain.errors import InvalidRequest
from common.domain.formats import parse_day
from common.domain.validation import explain_unknown_name
from webserver.market.board.board import Board, Column, Value

LONGEST = 512
BETWEEN = "|"
_NULL = "null"
_FILTER = re.compile(r"\s*(abs\(\s*)?(\w+)(?(1)\s*\))\s*(>=|<=|!=|=|>|<|~)\s*(.*?)\s*", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_EXAMPLE = "Write a column, one of > >= < <= = != ~, and a value, such as volatility_percentile>90."
_ORDERED, _TEXTS = {"number", "integer", "date"}, {"text", "date"}
T = TypeVar("T")


@dataclass(frozen=True)
class Term:
    """A column, or the magnitude of one: ``abs(change_pct)``."""

    name: str
    column: Column
    is_magnitude: bool

    def key(self, row: int) -> Value:
        """Return the value of a row."""
        return self.keys((row,))[0]

    def keys(self, rows: Sequence[int]) -> list[Value]:
        """Return the values of some rows."""
        values = self.column.values_of(rows)
        return (
            [abs(value) if isinstance(value, float | int) else value for value in values]
            if self.is_magnitude
            else values
        )


def find_term(board: Board, name: str, *, is_magnitude: bool) -> Term:
    """Return a column of the board.

    Raises:
        InvalidRequest: the board has no such column, or one without a magnitude.
    """
    column = board.columns.get(name)
    if column is None:
        raise explain_unknown_name("column", name, board.columns)
    if is_magnitude and column.kind not in {"number", "integer"}:
        raise InvalidRequest(f"{name} is no number, so abs({name}) has no meaning. Leave abs() out.")
    return Term(name, column, is_magnitude)


def select_rows(board: Board, filters: Sequence[str], between: Callable[[], None]) -> list[int]:
    """Return the rows that meet all filters.

    Args:
        board: the board.
        filters: the texts of the filters.
        between: called between two filters.

    Raises:
        InvalidRequest: a filter is wrong; the text names it.
    """
    rows: Sequence[int] = board.rows
    for term, test in parse_filters(board, filters):
        rows = [row for row, value in zip(rows, term.keys(rows), strict=True) if test(value)]
        between()
    return list(rows)


Test: TypeAlias = Callable[[Any], bool]


def parse_filters(board: Board, filters: Sequence[str]) -> list[tuple[Term, Test]]:
    """Return the column and the condition of each filter.

    Raises:
        InvalidRequest: a filter is wrong; the text names it.
    """
    parsed = []
    for number, text in enumerate(filters, 1):
        try:
            parsed.append(_parse(board, text))
        except InvalidRequest as failure:
            shown = text if len(text) <= 60 else text[:60] + "…"
            raise InvalidRequest(f"Filter {number}, {shown!r}: {failure.detail}") from failure
    return parsed


def _parse(board: Board, text: str) -> tuple[Term, Test]:
    found = _FILTER.fullmatch(text[: LONGEST + 1])
    if found is None or len(text) > LONGEST:
        raise InvalidRequest(f"This is no filter. {_EXAMPLE}")
    magnitude, name, sign, value = found.groups()
    term = find_term(board, name, is_magnitude=bool(magnitude))
    if not value:
        raise InvalidRequest(f"The value is missing. {_EXAMPLE}")
    return term, _test_of(term, sign, value)


def _test_of(term: Term, sign: str, value: str) -> Test:
    if sign in {"=", "!="}:
        return _equal_test(term, sign, value)
    if value == _NULL:
        raise InvalidRequest(f"null has no order. Write {term.name}=null or {term.name}!=null.")
    if sign == "~":
        return _part_test(term, value)
    if term.column.kind not in _ORDERED:
        raise InvalidRequest(f"{term.name} has no order. Use = or !=.")
    compare, limit = _COMPARE[sign], _value(term, value)
    return lambda found: found is not None and compare(found, limit)


def _part_test(term: Term, value: str) -> Test:
    if term.column.kind not in _TEXTS:
        raise InvalidRequest(f"~ finds a part of a text, and {term.name} is no text. Use another operator.")
    part = value.casefold()
    return lambda found: part in (found or "").casefold()


def _equal_test(term: Term, sign: str, value: str) -> Test:
    texts = [one.strip() for one in value.split(BETWEEN)]
    wanted = {None if text == _NULL else _value(term, text) for text in texts}
    return lambda found: (_folded(found) in wanted) == (sign == "=")


def _value(term: Term, text: str) -> Value:
    """Return the value of a filter in the kind of its column."""
    kind = term.column.kind
    if kind == "boolean":
        return _expect(term, {"true": True, "false": False}.get(text.casefold()), "true or false", text)
    if kind == "date":
        return _expect(term, _day(text), "a day such as 2026-11-27", text)
    if kind == "text":
        return text.casefold()
    return _expect(term, _number(text), "a number such as 90 or -2.5", text)


def _expect(term: Term, value: T | None, allowed: str, text: str) -> T:
    if value is None:
        raise InvalidRequest(f"{term.name} is compared with {allowed}, or null; you sent {text[:40]!r}.")
    return value


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _day(text: str) -> str | None:
    try:
        return parse_day(text).isoformat()
    except ValueError:
        return None


def _folded(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value
