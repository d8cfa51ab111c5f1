"""The rows of an uploaded CSV with their line numbers: delimiter, header, and lines that are no prices."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from common.domain.errors import InvalidFile
from common.domain.uploads import DecimalMark
from ingestion_service.uploads.columns import CLOSE, DATE, EXAMPLE, Columns, plain_name, recognise, refuse_repeated

DELIMITERS = ",;\t|"
MAX_COLUMNS = 64
MAX_ROWS = 60_000
"""More rows than days since 1900."""
HEADER_WITHIN = 40
"""The lines among which the header is searched: some exports begin with a title or with facts about the security."""
_LONGEST_HEADER = 256 * 1024
"""The most characters before the end of the header: millions of blank lines are read once, not for each delimiter."""
_LONGEST_FIRST_LINE = 20
"""The most characters of a line that names the delimiter, with the spaces around."""
Cell = str | float | None


@dataclass(frozen=True)
class Row:
    """A row with its line, or its position in a JSON list."""

    line: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """The rows below a header that names a date and a close.

    Args:
        header: the names of all columns.
        columns: the places of the known ones.
        rows: the rows.
        notes: sentences on how they were found.
        currency: the unit that the document names, if any.
        decimal: the decimal mark, if the form of the file leaves only one.
    """

    header: Sequence[str]
    columns: Columns
    rows: Sequence[Row]
    notes: tuple[str, ...] = ()
    currency: str | None = None
    decimal: DecimalMark | None = None


def read_csv(text: str) -> Table:
    """Return the table of a CSV, whose delimiter is that with which its header has the most columns.

    Raises:
        InvalidFile: no line names a date and a close, or the table is too large.
    """
    found = [header for mark in find_delimiters(text) if (header := _find_header(text, mark))]
    if not found:
        raise _no_header(text)
    best = max(found, key=lambda header: len(header.columns.places))
    refuse_repeated(best.cells, best.columns)
    rows = list(islice(_read_rows(text, best), MAX_ROWS + 1))
    if len(rows) > MAX_ROWS:
        raise InvalidFile(f"The table has more than {MAX_ROWS} rows. Send at most one row for each day.")
    # Without quotation marks, a comma between two cells cannot be part of a number.
    decimal: DecimalMark | None = "point" if best.delimiter == "," and '"' not in text else None
    return Table(best.cells, best.columns, rows, best.columns.notes, decimal=decimal)


def find_delimiters(text: str) -> Sequence[str]:
    """Return the delimiter that a first line such as ``sep=;`` names, or each possible one that the text contains."""
    first = text[:_LONGEST_FIRST_LINE].splitlines()[0].strip()
    if first.casefold().startswith("sep=") and len(first) == 5:
        return [first[4]]
    return [mark for mark in DELIMITERS if mark in text]


@dataclass(frozen=True)
class _Header:
    """The header that a delimiter shows: the number of its last line in the file, its cells and columns."""

    delimiter: str
    line: int
    cells: Sequence[str]
    columns: Columns


def _find_header(text: str, delimiter: str) -> _Header | None:
    first: list[Row] = []
    with suppress(InvalidFile):  # the rows before an unreadable one may have the header
        first.extend(islice(_divide(text[:_LONGEST_HEADER], delimiter), HEADER_WITHIN))
    for number, row in enumerate(first):
        names = [str(cell) for cell in row.cells]
        levels = _skip_levels(names, first[number + 1 : number + 3])
        if levels is not None:
            return _Header(delimiter, levels.line, [DATE, *names[1:]], _recognise_levels(names))
        columns = recognise(names)
        if columns is not None:
            return _Header(delimiter, row.line, names, columns)
    return None


def _skip_levels(names: Sequence[str], following: Sequence[Row]) -> Row | None:
    """Return the last line of a header in three lines (Price, Ticker, Date), as pandas writes yfinance's tables."""
    is_first = plain_name(names[0]) == "price" and CLOSE in map(plain_name, names[1:])
    if not is_first or [plain_name(str(row.cells[0])) for row in following] != ["ticker", "date"]:
        return None
    tickers = {str(cell).strip() for cell in following[0].cells[1:] if cell}
    if len(tickers) > 1:
        raise InvalidFile("The table has several tickers. Send one file for each.")
    return following[1]


def _recognise_levels(names: Sequence[str]) -> Columns:
    columns = recognise([DATE, *names[1:]])
    assert columns is not None  # noqa: S101 - both names are there
    return columns


def _read_rows(text: str, header: _Header) -> Iterator[Row]:
    """Yield the rows below the header.

    Raises:
        InvalidFile: a cell, in whatever line, seems to hide rows behind a quotation mark that is not closed.
    """
    for row in _divide(text, header.delimiter):
        if any(_hides_rows(str(cell), header.delimiter) for cell in row.cells):
            raise InvalidFile(
                f"Line {row.line} has a cell of several lines with numbers. Close its quotation mark, or remove the "
                "line breaks."
            )
        if row.line > header.line:
            yield row


def _hides_rows(cell: str, delimiter: str) -> bool:
    """Return whether a later line of a cell could be a row."""
    if "\n" not in cell and "\r" not in cell:
        return False
    return any(delimiter in line and any(map(str.isdigit, line)) for line in cell.splitlines()[1:])


def _divide(text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows that are not blank.

    Raises:
        InvalidFile: a row has too many cells, or a quotation mark is not closed.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            raise InvalidFile(f"Line {begin} cannot be read. Check its quotation marks.") from exc
        if len(cells) > MAX_COLUMNS:
            raise InvalidFile(f"Line {begin} has more than {MAX_COLUMNS} cells. Send only the columns of prices.")
        if cells and any(cell.strip() for cell in cells):
            yield Row(begin, cells)


def _no_header(text: str) -> InvalidFile:
    first = text.lstrip()[:60].splitlines()[0].strip()
    return InvalidFile(
        f"No line names a date and a close; the first line is {first!r}. Begin the file with the names of its "
        f"columns, such as {EXAMPLE}."
    )
