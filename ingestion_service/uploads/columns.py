"""The columns of an uploaded table, by the names that price sources and spreadsheets give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from common.domain.errors import InvalidFile

DATE, CLOSE, TICKER = "date", "close", "ticker"
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        DATE: (
            "date", "trade date", "trading date", "observation date", "datetime", "date time", "timestamp", "day",
            "datum", "data", "fecha", "week", "month", "period", "time",
        ),
        "open": (
            "open", "opening", "open price", "opening price", "1 open", "eröffnung", "eröffnungskurs", "erster",
            "ouverture", "ouv", "apertura", "otwarcie", "openen", "abertura",
        ),
        "high": (
            "high", "high price", "2 high", "hoch", "höchst", "tageshoch", "plus haut", "haut", "máximo", "maximo",
            "max", "massimo", "najwyzszy", "najwyższy", "hoog", "máxima",
        ),
        "low": (
            "low", "low price", "3 low", "tief", "tiefst", "tagestief", "plus bas", "bas", "mínimo", "minimo", "min",
            "najnizszy", "najniższy", "laag", "mínima",
        ),
        CLOSE: (
            "close", "close last", "closing price", "close price", "4 close", "schlusskurs", "schluss", "zuletzt",
            "letzter", "clôture", "cloture", "dernier", "cierre", "último", "ultimo", "chiusura", "zamkniecie",
            "zamknięcie", "slot", "price", "last", "last price", "settle", "kurs", "nav", "value", "wert",
            "nav per share", "close close price adjusted for splits",
        ),
        "adj_close": (
            "adj close", "adjusted close", "5 adjusted close", "adjclose", "close adjusted", "adjusted closing price",
            "adj close adjusted close price adjusted for splits and dividend and or capital gain distributions",
        ),
        "volume": (
            "volume", "vol", "5 volume", "6 volume", "wolumen", "volumes", "volumi", "number of shares", "stücke",
            "stuecke", "volumen", "umsatz",  # beside a number, the last two are amounts of money
        ),
        TICKER: ("ticker", "symbol", "isin", "instrument"),
    }
)  # fmt: skip
"""The names of each column, the preferred ones first. :func:`plain_name` has removed their signs."""
_SIGNS = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"\(.*?\)|\*+")
_LONGEST = 120
"""The most characters of a column's name. The time that a pattern takes grows with their square."""
_FIELDS = {name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)}
EXAMPLE = "date,open,high,low,close,adj_close,volume"


@dataclass(frozen=True)
class Columns:
    """The place of each column in the rows, and notes on how the places were found."""

    places: Mapping[str, int]
    notes: tuple[str, ...] = ()


def plain_name(text: str) -> str:
    """Return a column's name in lower case, without signs, units in brackets and spaces around.

    A text that is too long for a name returns an empty one.
    """
    if len(text) > _LONGEST:
        return ""
    return _SIGNS.sub(" ", _BRACKETS.sub("", text).casefold()).strip()


def recognise(cells: Sequence[str]) -> Columns | None:
    """Return the columns that a row of names describes; None if it names no date or no close.

    Of several names for one column, the preferred one counts. A table of a date and one other column has that column
    as its close, whatever its name.
    """
    found: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        field, rank = _FIELDS.get(plain_name(cell), (None, 0))
        if field is not None and (field not in found or rank < found[field][0]):
            found[field] = (rank, place)
    places = {field: place for field, (_, place) in found.items()}
    if DATE in places and CLOSE in places:
        return Columns(places)
    named = [place for place, cell in enumerate(cells) if cell.strip()]
    others = [place for place in named if place not in places.values()]
    if DATE in places and len(named) == 2 and len(others) == 1:
        name = cells[others[0]].strip()[:40]
        return Columns(places | {CLOSE: others[0]}, (f"The column {name} was read as the close.",))
    return None


def refuse_repeated(cells: Sequence[str], columns: Columns) -> None:
    """Raise :class:`InvalidFile` if two columns have the same name and one of them is read."""
    names = [plain_name(cell) for cell in cells]
    for field, place in columns.places.items():
        if names[place] and names.count(names[place]) > 1:
            raise InvalidFile(f"The table has two columns for {field}. Remove one of them.")
