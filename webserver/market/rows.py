"""The board's rows as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from webserver.http.cooperative_work import in_pieces
from webserver.market.board.board import Board

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
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
    }


def row_views(board: Board, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Return rows as JSON objects, in pieces that leave time for other requests."""
    return [board.row(row) for row in in_pieces(rows)]


def encode(body: dict[str, Any]) -> bytes:
    """Return a body as JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def csv_parts(board: Board, rows: Sequence[int]) -> Iterator[bytes]:
    """Yield a CSV with a header in parts; a spreadsheet runs no text of it as a formula."""
    columns = list(board.columns.values())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(board.columns)
    for number, row in enumerate(in_pieces(rows), 1):
        writer.writerow([_cell(column.value(row)) for column in columns])
        if number % _LINES_AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return a value for spreadsheets; an apostrophe precedes text that would be a formula."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return str(value).lower() if isinstance(value, bool) else value
