"""Tables of prices with one row for each day: bounded parsing, and adjustment by split factors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from ingestion_service.providers.fetch.refusals import no_table_failure, read_or_raise
from ingestion_service.splits import adjust_for_splits

MAX_COLUMNS = 64
"""More columns than any provider has. pandas takes a minute to rename 50 000 equal names."""
MAX_ROWS = 60_000
"""More rows than days since 1900."""
ABSENT = frozenset({"", "-", "null", "none", "nan", "n/a", "na", "nil"})
"""The texts of a missing number."""
OPTIONAL = frozenset({"open", "high", "low", "volume", "adjClose", "adjusted_close", "adj_close"})
"""Columns that may be missing; their cells are then empty, and the checks flag them."""
_LARGEST_SPLIT = 1e6
"""A larger factor than that of any real split."""


def read_table(provider: str, body: bytes, *, day: str, numbers: Sequence[str]) -> pd.DataFrame:
    """Parse a CSV.

    Args:
        provider: the provider's display name, for the failure.
        body: the CSV.
        day: the name of the column with the days.
        numbers: the names of the columns to read.

    Returns:
        The columns as float64, indexed by day, oldest first.

    Raises:
        ProviderUnavailable: the CSV has another format, or is too large.
    """
    return read_or_raise(provider, lambda: _build_frame(*_csv_rows(body), day, numbers)).sort_index()


def build_table_from_rows(
    names: Sequence[Any], rows: Sequence[Sequence[Any]], day: str, numbers: Sequence[str]
) -> pd.DataFrame:
    """Return the columns ``numbers`` of rows as float64, indexed by the column ``day``.

    Args:
        names: the names of all columns.
        rows: the rows, each with one cell for each name.
        day: the name of the column with the days.
        numbers: the names of the columns to read.

    Raises:
        ValueError: the rows have another format, or are too many.
    """
    if any(len(row) != len(names) for row in rows):
        raise ValueError("a row has another length")
    return _build_frame(names, rows, day, numbers)


def build_table_from_objects(objects: Iterable[Mapping[str, Any]], day: str, numbers: Sequence[str]) -> pd.DataFrame:
    """Return the fields ``numbers`` of objects as float64, indexed by their field ``day``.

    Raises:
        ValueError: the objects have another format, or are too many.
    """
    names = [day, *numbers]
    return _build_frame(names, [[item.get(name) for name in names] for item in objects], day, numbers)


def adjust_by_factors(provider: str, factor: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Adjust prices for the splits in the column ``factor``; see :func:`adjust_for_splits`.

    Raises:
        ProviderUnavailable: a row has no day or no factor, as at the end of an incomplete response, or two rows of one
            day have different factors.
    """
    factors = frame[factor]
    if frame.index.hasnans or not factors.between(1 / _LARGEST_SPLIT, _LARGEST_SPLIT).all():
        raise no_table_failure(provider)
    if factors.index.has_duplicates and (factors.groupby(level=0).nunique() > 1).any():
        raise no_table_failure(provider)
    return adjust_for_splits(frame, factors)


def _csv_rows(body: bytes) -> tuple[list[str], list[list[str]]]:
    # pandas would spend time on columns that are not needed.
    lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    header: list[str] = next((row for row in lines if row), [])
    if len(header) > MAX_COLUMNS:
        raise ValueError("too many columns")
    rows = [row for row in islice(lines, MAX_ROWS + 1) if row]
    if any(len(row) > len(header) for row in rows):
        raise ValueError("a row has more cells than names")
    return header, rows


def _build_frame(names: Sequence[Any], rows: Sequence[Sequence[Any]], day: str, numbers: Sequence[str]) -> pd.DataFrame:
    if len(names) > MAX_COLUMNS or len(rows) > MAX_ROWS:
        raise ValueError("the table is too large")
    places = {name: _find_column(names, name) for name in (day, *numbers)}
    columns = {name: _column_numbers(rows, place) for name, place in places.items() if name != day}
    days = [None if _is_absent(cell) else str(cell)[:10] for cell in _column_cells(rows, places[day])]
    index = pd.DatetimeIndex(pd.to_datetime(pd.Series(days, dtype="object"), format="%Y-%m-%d"), name="date")
    return pd.DataFrame(columns, index=index, dtype="float64")


def _find_column(names: Sequence[Any], name: str) -> int | None:
    """Return the index of a column; None for a missing optional one."""
    found = [place for place, other in enumerate(names) if other == name]
    if len(found) == 1 or (not found and name in OPTIONAL):
        return found[0] if found else None
    raise ValueError("a column is missing or repeated")


def _column_cells(rows: Sequence[Sequence[Any]], place: int | None) -> list[Any]:
    return [row[place] if place is not None and place < len(row) else None for row in rows]


def _column_numbers(rows: Sequence[Sequence[Any]], place: int | None) -> list[float]:
    return [np.nan if _is_absent(cell) else float(cell) for cell in _column_cells(rows, place)]


def _is_absent(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in ABSENT)
