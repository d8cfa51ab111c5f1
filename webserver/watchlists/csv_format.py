"""Watchlists as CSV: what one export writes, any import reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from common.domain.errors import BadRequest, InvalidRequest
from common.domain.questions import normalise_ticker, validate_as
from common.domain.validation import explain_unknown_name
from common.sql.repositories.watchlists import MOST_ITEMS, WatchlistItem
from webserver.watchlists.models import WatchedQuestion

COLUMNS = ("ticker", "days", "level", "model", "note", "chance_above")
_NUMBERS = {"days": int, "level": float, "chance_above": float}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(items: Iterable[WatchlistItem]) -> str:
    """Return the stocks as a CSV that a spreadsheet opens without running a note as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in items:
        note = f"'{item.note}" if item.note.startswith(_FORMULA) else item.note
        price = "" if item.chance_above is None else repr(item.chance_above)
        writer.writerow([item.ticker, item.days, repr(item.level), item.model, note, price])
    return text.getvalue()


def read_csv(text: str) -> list[WatchlistItem]:
    """Return the stocks of a CSV with a header.

    Raises:
        InvalidRequest: it cannot be read; the text names the line and the mistake.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as exc:
        raise InvalidRequest(f"Line {reader.line_num} of the CSV has an open quote. Close it.") from exc
    if not rows:
        raise InvalidRequest("The CSV is empty. Begin it with a line such as ticker,days,note.")
    names = [name.strip().casefold() for name in rows[0][1]]
    _check_header(names)
    if len(rows) - 1 > MOST_ITEMS:
        raise InvalidRequest(f"The CSV has {len(rows) - 1} stocks; a list has at most {MOST_ITEMS}. Split it.")
    items = [_read_row(number, dict(zip(names, row, strict=False))) for number, row in rows[1:]]
    return list({item.ticker: item for item in items}.values())


def _check_header(names: list[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            raise explain_unknown_name("column", name, COLUMNS)
    if "ticker" not in names or len(set(names)) < len(names):
        raise InvalidRequest("The first line of the CSV must name each column once, among them ticker.")


def _read_row(number: int, cells: dict[str, str]) -> WatchlistItem:
    try:
        values = {name: _read_cell(name, cell.strip()) for name, cell in cells.items() if cell.strip()}
        ticker = normalise_ticker(str(values.pop("ticker", "")))
        question = validate_as(WatchedQuestion, values)
    except ValueError as exc:
        raise InvalidRequest(f"Line {number} of the CSV: {exc}") from exc
    except BadRequest as failure:
        raise InvalidRequest(f"Line {number} of the CSV: {failure.detail}") from failure
    return WatchlistItem(ticker=ticker, **question.model_dump())


def _read_cell(name: str, cell: str) -> object:
    if name == "note":
        return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
    if name not in _NUMBERS:
        return cell
    try:
        return _NUMBERS[name](cell)
    except ValueError as exc:
        raise ValueError(f"{name} must be a number such as 30; it is {cell[:20]!r}.") from exc
