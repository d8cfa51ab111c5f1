"""The prices of an uploaded file: each cell as a day or a number, and the rows that have neither."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from common.domain.errors import DeadlineExceeded, FaultyRow, InvalidFile
from common.domain.prices import COLUMNS
from common.domain.uploads import DateOrder, DecimalMark, UploadOptions
from ingestion_service.uploads.columns import CLOSE, DATE, TICKER
from ingestion_service.uploads.dates import NotADate, find_date_order, looks_like_date, parse_date
from ingestion_service.uploads.decoding import decode
from ingestion_service.uploads.json_tables import looks_like_json, read_json
from ingestion_service.uploads.numbers import NotANumber, find_decimal_mark, is_number, parse_number
from ingestion_service.uploads.tables import Cell, Row, Table, read_csv

_ACTIONS = ("dividend", "split", "capital gain")
"""Words in the rows between the prices of Yahoo's page that describe a payment."""

_MOST_NOT_POSITIVE, _MOST_NOT_POSITIVE_SHARE = 2, 0.02
"""Up to so many closes, or this share of them, may be zero or negative as faulty rows of a series of prices."""


@dataclass(frozen=True)
class ReadPrices:
    """The prices of a file.

    Args:
        frame: one row for each good row of the file, in its order, with its line, ``day`` and the columns of prices.
        count: the number of rows of the file.
        faults: the rows that cannot be read.
        notes: sentences on how the file was read.
        currency: the unit that the file names; None if it names none.
        columns: the columns of prices that the file has.
    """

    frame: pd.DataFrame
    count: int
    faults: Sequence[FaultyRow]
    notes: Sequence[str]
    currency: str | None
    columns: Collection[str]


class _NoPrices(Exception):
    """A row has a date and no price at all, as sources have for holidays."""


class _NotPositive(ValueError):
    """A close is zero or negative."""


@dataclass(frozen=True)
class _Reader:
    """Reads the rows of one table, whose order of dates and decimal mark are known."""

    table: Table
    order: DateOrder
    mark: DecimalMark

    def read_row(self, row: Row) -> list[object]:
        """Return the line, the day and the numbers of a row.

        Raises:
            ValueError: the row cannot be stored; the text is the reason.
            _NoPrices: the row has only a date.
        """
        if any(cell for cell in row.cells[len(self.table.header) :]):
            raise ValueError(
                f"It has {len(row.cells)} cells and the header {len(self.table.header)}. A comma within a cell needs "
                "quotation marks."
            )
        try:
            day = parse_date(self._cell(row, DATE), self.order)
        except NotADate as exc:
            raise ValueError(f"The date is {exc}.") from exc
        numbers = [self._number(row, name) for name in COLUMNS]
        close = numbers[COLUMNS.index(CLOSE)]
        if all(number is None for number in numbers):
            raise _NoPrices
        if close is None:
            raise ValueError("The close is missing.")
        if close <= 0:
            raise _NotPositive(f"The close is {close:g}. Only positive values can be forecast.")
        return [row.line, pd.Timestamp(day), *numbers]

    def _cell(self, row: Row, name: str) -> Cell:
        place = self.table.columns.places.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else None

    def _number(self, row: Row, name: str) -> float | None:
        try:
            return parse_number(self._cell(row, name), self.mark, has_unit=name == "volume")
        except NotANumber as exc:
            raise ValueError(f"The {name} is {exc}.") from exc


def read_prices(body: bytes, options: UploadOptions, give_up: float = math.inf) -> ReadPrices:
    """Return the prices of a file in CSV or JSON, which its content tells apart.

    Args:
        body: the file.
        options: the client's statements on it.
        give_up: the monotonic time after which no further row is read.

    Raises:
        DeadlineExceeded: the rows were not read in time.
        InvalidFile: the file has no table of prices, or many of them are not positive.
        AmbiguousDates: the order of its dates cannot be known.
        AmbiguousNumbers: the decimal mark of its numbers cannot be known.
    """
    text, notes = decode(body)
    table = read_json(text) if looks_like_json(text) else read_csv(text)
    _refuse_several_tickers(table)
    rows, more = _drop_texts(table)
    places = table.columns.places
    order = options.date_order or find_date_order(_column(rows, places[DATE]))
    numbers = [place for name, place in places.items() if name in COLUMNS]
    mark = (
        options.decimal
        or table.decimal
        or find_decimal_mark(cell for place in numbers for cell in _column(rows, place))
    )
    reader = _Reader(table, order, mark)
    good: list[list[object]] = []
    faults: list[FaultyRow] = []
    empty = not_positive = 0
    for row in rows:
        if time.monotonic() >= give_up:
            raise DeadlineExceeded("The file was not read in time. Send it again.")
        try:
            good.append(reader.read_row(row))
        except _NoPrices:
            empty += 1
        except ValueError as exc:
            faults.append(FaultyRow(row.line, str(exc)))
            not_positive += isinstance(exc, _NotPositive)
    _refuse_other_quantities(not_positive, len(rows))
    if not good and not faults:
        raise InvalidFile("The table has no prices below its header. Send at least one price.")
    if empty:
        more.append(f"{count_of(empty, 'row')} left out, because no column has a price.")
    frame = pd.DataFrame(good, columns=["line", "day", *COLUMNS]).astype(dict.fromkeys(COLUMNS, "float64"))
    return ReadPrices(
        frame, len(rows), faults, [*notes, *table.notes, *more], table.currency, places.keys() & set(COLUMNS)
    )


def _refuse_other_quantities(not_positive: int, count: int) -> None:
    """Raise :class:`InvalidFile` if too many closes are not positive: their positive days alone are another series."""
    if not_positive > max(_MOST_NOT_POSITIVE, count * _MOST_NOT_POSITIVE_SHARE):
        raise InvalidFile(
            f"{not_positive} of {count} rows have a close that is zero or negative. Only a series of positive values "
            "can be forecast. Send prices, or an index of them."
        )


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun and verb, such as ``2 rows were``."""
    return f"1 {noun} was" if number == 1 else f"{number} {noun}s were"


def _column(rows: Sequence[Row], place: int) -> Sequence[Cell]:
    return [row.cells[place] for row in rows if place < len(row.cells)]


def _refuse_several_tickers(table: Table) -> None:
    place = table.columns.places.get(TICKER)
    if place is None:
        return
    tickers = {str(cell).strip() for cell in _column(table.rows, place) if cell}
    if len(tickers) > 1:
        first, second, *_ = sorted(tickers)
        raise InvalidFile(f"The table has several tickers, such as {first[:20]} and {second[:20]}. Send one file each.")


def _drop_texts(table: Table) -> tuple[list[Row], list[str]]:
    """Return the rows without payments and without lines of text at the end, and notes on both."""
    rows = [row for row in table.rows if not _is_action(row, table)]
    notes = []
    if len(rows) < len(table.rows):
        notes.append(f"{count_of(len(table.rows) - len(rows), 'row')} left out, with a dividend or split.")
    end = len(rows)
    while end and _is_text(rows[end - 1], table):
        end -= 1
    if end < len(rows):
        notes.append(f"The text at the end was left out, from line {rows[end].line} on.")
    return rows[:end], notes


def _is_action(row: Row, table: Table) -> bool:
    """Return whether a row describes a payment in a column of prices, and has no number as its close."""
    cells = {name: row.cells[place] for name, place in table.columns.places.items() if place < len(row.cells)}
    texts = [cell.casefold() for name, cell in cells.items() if name in COLUMNS and isinstance(cell, str)]
    return any(word in text for text in texts for word in _ACTIONS) and not is_number(cells.get(CLOSE))


def _is_text(row: Row, table: Table) -> bool:
    """Return whether a row has neither digits in its close nor a date."""
    place = table.columns.places[CLOSE]
    close = str(row.cells[place]) if place < len(row.cells) and row.cells[place] is not None else ""
    date_place = table.columns.places[DATE]
    begin = row.cells[date_place] if date_place < len(row.cells) else None
    return not looks_like_date(begin) and not any(map(str.isdigit, close))
