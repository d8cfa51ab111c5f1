"""The board's rows as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from webserver.http.cooperative_work import in_pieces
from webserver.market.board.board import Board, Column

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_LINES_AT_ONCE = 50


def head(board: Board) -> dict[str, Any]:
    """Return what is true of all rows."""
    return {
        "date": board.day.isoformat(),
        "as_of": board.as_of,
        "horizons": board.horizons,
        "engine": board.engine,
        "sources": board.sources,
        "total": len(board.rows),
        "recorded": board.recorded,
    }


def encode_rows(board: Board, rows: Iterable[int]) -> dict[int, str]:
    """Return rows as JSON objects by their number, in pieces that leave time for other requests."""
    wanted = list(dict.fromkeys(rows))
    columns = [column.values_of(wanted) for column in in_pieces(board.columns.values())]
    cells = zip(*columns, strict=True)
    return {
        row: encode(dict(zip(board.columns, values, strict=True)))
        for row, values in in_pieces(zip(wanted, cells, strict=True))
    }


def encode(content: object) -> str:
    """Return a value as JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def encode_list(items: Iterable[str]) -> str:
    """Return a list of values that are JSON already."""
    return f"[{','.join(items)}]"


def encode_object(plain: Mapping[str, Any], encoded: Mapping[str, str]) -> str:
    """Return an object of plain values and of others that are JSON already."""
    return ",".join([encode(plain)[:-1], *(f"{encode(name)}:{value}" for name, value in encoded.items())]) + "}"


def csv_parts(board: Board, rows: Sequence[int]) -> Iterator[bytes]:
    """Yield a CSV with a header in parts; a spreadsheet runs no text of it as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(board.columns)
    for first in in_pieces(range(0, len(rows), _LINES_AT_ONCE)):
        shown = rows[first : first + _LINES_AT_ONCE]
        writer.writerows(zip(*(_cells(column, shown) for column in board.columns.values()), strict=True))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def _cells(column: Column, rows: Sequence[int]) -> Sequence[Any]:
    """Return values for spreadsheets; an apostrophe precedes text that would be a formula."""
    values = column.values_of(rows)
    if column.kind == "text":
        return [f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value for value in values]
    if column.kind == "boolean":
        return ["" if value is None else str(value).lower() for value in values]
    return values
