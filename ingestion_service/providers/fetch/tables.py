"""Tables of prices, one row a day: how one is read within bounds, and adjusted by its split factors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from ingestion_service.providers.fetch.refusals import no_table, understood
from ingestion_service.splits import split_adjusted

MAX_COLUMNS = 64
"""No source has so many; pandas renames equal names one by one, which takes a minute for 50 000."""
MAX_ROWS = 60_000
"""Every day since 1900 is fewer."""
ABSENT = frozenset({"", "-", "null", "none", "nan", "n/a", "na", "nil"})
"""The words that sources write for a missing number."""
OPTIONAL = frozenset({"open", "high", "low", "volume", "adjClose", "adjusted_close", "adj_close"})
"""Columns that a price history can do without: their cells are empty then, and the checks flag them."""
_LARGEST_SPLIT = 1e6
"""No share was ever split into so many, or made of so many."""


def read_table(source: str, body: bytes, *, day: str, numbers: Sequence[str]) -> pd.DataFrame:
    """Read the columns ``numbers`` by the column ``day`` from CSV, in order of time.

    Raises:
        ProviderUnavailable: the answer is not such a table, or larger than one can be.
    """
    return understood(source, lambda: _frame(*_csv_rows(body), day, numbers)).sort_index()


def table_of_rows(
    names: Sequence[Any], rows: Sequence[Sequence[Any]], day: str, numbers: Sequence[str]
) -> pd.DataFrame:
    """Return the columns ``numbers`` by the column ``day`` of rows that each have a cell a name.

    Raises:
        ValueError: they are no such table, or a larger one than there can be.
    """
    if any(len(row) != len(names) for row in rows):
        raise ValueError("a row of another length")
    return _frame(names, rows, day, numbers)


def table_of_objects(objects: Iterable[Mapping[str, Any]], day: str, numbers: Sequence[str]) -> pd.DataFrame:
    """Return the fields ``numbers`` of one object a day, by its field ``day``; raises as above."""
    names = [day, *numbers]
    return _frame(names, [[item.get(name) for name in names] for item in objects], day, numbers)


def adjusted_by(source: str, factor: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Express the prices in shares of the last day, by the column ``factor``; see :func:`split_adjusted`.

    Raises:
        ProviderUnavailable: a row has no day or no factor (where an answer was cut off, its last line is short), or
            two rows of one day name different splits.
    """
    factors = frame[factor]
    if frame.index.hasnans or not factors.between(1 / _LARGEST_SPLIT, _LARGEST_SPLIT).all():
        raise no_table(source)
    if factors.index.has_duplicates and (factors.groupby(level=0).nunique() > 1).any():
        raise no_table(source)
    return split_adjusted(frame, factors)


def _csv_rows(body: bytes) -> tuple[list[str], list[list[str]]]:
    # Not by pandas, which takes its time over what it is not asked for.
    lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    header: list[str] = next((row for row in lines if row), [])
    if len(header) > MAX_COLUMNS:
        raise ValueError("too many columns")
    rows = [row for row in islice(lines, MAX_ROWS + 1) if row]
    if any(len(row) > len(header) for row in rows):
        raise ValueError("a row of more cells than there are names")
    return header, rows


def _frame(names: Sequence[Any], rows: Sequence[Sequence[Any]], day: str, numbers: Sequence[str]) -> pd.DataFrame:
    if len(names) > MAX_COLUMNS or len(rows) > MAX_ROWS:
        raise ValueError("more than a price history can be")
    places = {name: _place(names, name) for name in (day, *numbers)}
    columns = {name: _numbers(rows, place) for name, place in places.items() if name != day}
    days = [None if _is_absent(cell) else str(cell)[:10] for cell in _cells(rows, places[day])]
    index = pd.DatetimeIndex(pd.to_datetime(pd.Series(days, dtype="object"), format="%Y-%m-%d"), name="date")
    return pd.DataFrame(columns, index=index, dtype="float64")


def _place(names: Sequence[Any], name: str) -> int | None:
    """Return where ``name`` stands among the names; None for an optional one that is not there."""
    found = [place for place, other in enumerate(names) if other == name]
    if len(found) == 1 or (not found and name in OPTIONAL):
        return found[0] if found else None
    raise ValueError("a column is not there once")


def _cells(rows: Sequence[Sequence[Any]], place: int | None) -> list[Any]:
    return [row[place] if place is not None and place < len(row) else None for row in rows]


def _numbers(rows: Sequence[Sequence[Any]], place: int | None) -> list[float]:
    return [np.nan if _is_absent(cell) else float(cell) for cell in _cells(rows, place)]


def _is_absent(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in ABSENT)
