"""The board's rows as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from webserver.http.cooperative_work import in_pieces
from webserver.market.board.board import Board, Column
from webserver.market.records import Records

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_LINES_AT_ONCE = 50
_OF_RECORD = ("forecasts", "coverage_80")


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


def encode_rows(board: Board, rows: Iterable[int], records: Records) -> dict[int, str]:
    """Return rows as JSON objects by their number, in pieces that leave time for other requests."""
    wanted = list(dict.fromkeys(rows))
    columns: list[Sequence[Any]] = [column.values_of(wanted) for column in in_pieces(board.columns.values())]
    columns.append([records.by_ticker.get(ticker) for ticker in board.columns["ticker"].values_of(wanted)])  # type: ignore[arg-type]
    names, cells = [*board.columns, "record"], zip(*columns, strict=True)
    return {
        row: encode(dict(zip(names, values, strict=True))) for row, values in in_pieces(zip(wanted, cells, strict=True))
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


def csv_parts(board: Board, rows: Sequence[int], records: Records) -> Iterator[bytes]:
    """Yield a CSV with a header in parts; a spreadsheet runs no text of it as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*board.columns, *(f"record_{name}" for name in _OF_RECORD)])
    for first in in_pieces(range(0, len(rows), _LINES_AT_ONCE)):
        shown = rows[first : first + _LINES_AT_ONCE]
        columns = [_cells(column, shown) for column in board.columns.values()]
        found = [records.by_ticker.get(ticker, {}) for ticker in columns[0]]
        columns += [[record.get(name) for record in found] for name in _OF_RECORD]
        writer.writerows(zip(*columns, strict=True))
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
