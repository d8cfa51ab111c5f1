"""The rows of an uploaded JSON document: a list of objects, the answer of the API, or a table by columns or by days."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Sized
from typing import Any, TypeVar

from common.domain.errors import InvalidFile
from ingestion_service.uploads.columns import DATE, Columns, recognise, refuse_repeated
from ingestion_service.uploads.tables import MAX_COLUMNS, MAX_ROWS, Cell, Row, Table

EXAMPLE = '{"currency": "EUR", "prices": [{"date": "2024-01-02", "close": 10.5}]}'
_NO_TABLE = f"The JSON has no list of prices. Send it as {EXAMPLE}."
_BY_DAY = "time series"
"""The beginning of the name under which Alpha Vantage has an object for each day."""
_PRICES = "prices"
_CURRENCY_LETTERS = 3
Prices = TypeVar("Prices", bound=Sized)


def looks_like_json(text: str) -> bool:
    """Return whether a text begins as a JSON object or list."""
    return text.lstrip()[:1] in {"{", "["}


def read_json(text: str) -> Table:
    """Return the table of a JSON document.

    Raises:
        InvalidFile: the document is not JSON, has no list of prices, or is too large.
    """
    try:
        document = json.loads(text, parse_constant=lambda name: None if name == "NaN" else name)
    except (ValueError, RecursionError) as exc:
        raise InvalidFile(f"The file is not valid JSON. Send it as {EXAMPLE}.") from exc
    objects = find_objects(document)
    if not objects:
        raise InvalidFile(_NO_TABLE)
    header = list(dict.fromkeys(str(name) for item in objects for name in item))
    columns = recognise(header) if len(header) <= MAX_COLUMNS else None
    if columns is None:
        raise InvalidFile(f"The objects have no fields date and close. Send them as {EXAMPLE}.")
    refuse_repeated(header, columns)
    rows = [Row(place, [_cell(item.get(name)) for name in header]) for place, item in enumerate(objects, start=1)]
    return Table(header, columns, rows, _note(columns), _find_currency(document))


def _note(columns: Columns) -> tuple[str, ...]:
    return (*columns.notes, "The lines of the report are positions in the list of prices.")


def find_objects(document: Any) -> Sequence[Mapping[str, Any]]:
    """Return the objects of a document, one for each price; none if it has no table.

    Raises:
        InvalidFile: it has too many prices, or several lists of objects and none is named ``prices``.
    """
    if isinstance(document, list):
        return _limit(document) if _has_only_objects(document) else []
    if not isinstance(document, dict):
        return []
    lists = {name: value for name, value in document.items() if isinstance(value, list) and _has_only_objects(value)}
    if _PRICES in lists:
        return _limit(lists[_PRICES])
    named = [name for name, value in lists.items() if value]
    if len(named) > 1:
        raise InvalidFile(
            f"The JSON has the lists {named[0][:20]} and {named[1][:20]}. Name the list of prices {_PRICES}, as in "
            f"{EXAMPLE}."
        )
    if named:
        return _limit(lists[named[0]])
    for name, value in document.items():
        if isinstance(value, dict) and name.casefold().startswith(_BY_DAY):
            return [{DATE: day, **item} for day, item in _limit(value).items() if isinstance(item, dict)]
    return _divide_columns(document)


def _has_only_objects(values: Sequence[Any]) -> bool:
    return all(isinstance(item, dict) for item in values)


def _limit(prices: Prices) -> Prices:
    """Return the prices; raise :class:`InvalidFile` if they are more than the days since 1900."""
    if len(prices) > MAX_ROWS:
        raise InvalidFile(f"The list has more than {MAX_ROWS} prices. Send at most one for each day.")
    return prices


def _divide_columns(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return an object for each row of a document that has a list for each column."""
    lists = {name: _limit(value) for name, value in document.items() if isinstance(value, list)}
    if not 0 < len(lists) <= MAX_COLUMNS or len({len(value) for value in lists.values()}) != 1:
        return []
    return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value)[:60]
    try:
        return float(value)
    except OverflowError:
        return "a number of more than 300 digits"


def _find_currency(document: Any) -> str | None:
    currency = document.get("currency") if isinstance(document, dict) else None
    is_code = isinstance(currency, str) and len(currency) == _CURRENCY_LETTERS and currency.isalpha()
    return currency if is_code else None
