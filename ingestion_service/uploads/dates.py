"""The dates of an uploaded table: their form, and the order of day and month, which all dates together decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from common.domain.errors import AmbiguousDates
from common.domain.uploads import DateOrder
from common.domain.validation import describe_value
from ingestion_service.uploads.tables import Cell

_TIME = re.compile(r"[T\s,]+\d{1,2}:\d{2}.*\Z", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})\.?", re.ASCII)
_COMPACT = re.compile(r"(19|20)(\d{2})(\d{2})(\d{2})", re.ASCII)
_NUMERIC = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})\.?", re.ASCII)
_NAMED = (
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[-/ ]*(?P<month>[^\W\d_]{3,})[.,]?[-/ ]*(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<month>[^\W\d_]{3,})[.]?[-/ ]*(?P<day>\d{1,2})(?:st|nd|rd|th)?[, /-]+(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<year>\d{4})[-/ ](?P<month>[^\W\d_]{3,})[-/ ](?P<day>\d{1,2})"),
)
_MONTHS = (
    "jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez",
)  # fmt: skip
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_WEEKDAY = re.compile(r"\A(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]?\s+", re.IGNORECASE)
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?", re.ASCII)
_MONTH = re.compile(r"(?:19|20)\d{2}[-/.M]?\d{1,2}|\d{1,2}[-/.](?:19|20)\d{2}", re.ASCII)
_NAMED_MONTH = re.compile(r"(?P<month>[^\W\d_]{3,})[-/. ]*(?:\d{4}|\d{2})")
_UNIX_TIME = re.compile(r"\d{9,10}|\d{13}", re.ASCII)
_LONGEST = 80
"""The most characters of a date with its time and time zone. The time that a pattern takes grows with their square."""
_PIVOT = 69
"""Years of two digits from this one on are of the last century."""


class NotADate(ValueError):
    """A cell is no date; the text names what it is."""


def find_date_order(cells: Iterable[Cell]) -> DateOrder:
    """Return the one order in which all dates exist whose month is a number.

    Raises:
        AmbiguousDates: several orders are possible for all dates, or none is.
    """
    possible: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")
    example, narrowed = "", ""
    is_unclear = False
    for cell in cells:
        found = _NUMERIC.fullmatch(_strip(cell)) if isinstance(cell, str) else None
        if found is None:
            continue
        days = {order: day for order in possible if (day := _day_in(found, order))}
        if not days:
            raise AmbiguousDates(
                f"No order of day and month fits all dates, such as {narrowed or example} and {found[0]}. Correct "
                "them, or send date_order=dmy or date_order=mdy."
            )
        narrowed = found[0] if len(days) < len(possible) else narrowed
        is_unclear = is_unclear or len(set(days.values())) > 1
        example = example or found[0]
        possible = tuple(days)
    if len(possible) > 1 and is_unclear:
        *others, last = (f"date_order={order}" for order in possible)
        raise AmbiguousDates(
            f"The dates can be read in several orders of day, month and year, such as {example}. Send "
            f"{', '.join(others)} or {last}."
        )
    return possible[0]


def _day_in(found: re.Match[str], order: DateOrder) -> date | None:
    """Return the day that a date is in an order; None if it is none. A year of four digits is the last part."""
    if order == "ymd" and len(found[4]) == 4:
        return None
    try:
        return date(*_order_parts((found[1], found[3], found[4]), order))
    except ValueError:
        return None


def looks_like_date(cell: Cell) -> bool:
    """Return whether a cell has the form of a date, in any order."""
    return isinstance(cell, str) and _find_parts(_strip(cell), "dmy") is not None


def parse_date(cell: Cell, order: DateOrder) -> date:
    """Return the day of a cell, without a time after it.

    Raises:
        NotADate: the cell has no date.
    """
    text = _strip(cell) if isinstance(cell, str) else ("" if cell is None else f"{cell:.15g}")
    parts = _find_parts(text, order)
    if parts is None:
        if _SERIAL.fullmatch(text):
            raise NotADate(f"{text}, a spreadsheet's number of a day. Give the column the format of a date")
        if _UNIX_TIME.fullmatch(text):
            raise NotADate(f"{text}, a Unix time. Write it as a day, such as 2024-01-31")
        if _is_month(text):
            raise NotADate(f"{describe_value(cell)}, a month without a day. Write it as a day, such as 2024-01-31")
        raise NotADate("empty" if not text else f"{describe_value(cell)}, which is no date")
    try:
        return date(*parts)
    except ValueError as exc:
        raise NotADate(f"{describe_value(cell)}, a day that does not exist") from exc


def _is_month(text: str) -> bool:
    if len(text) > _LONGEST:
        return False
    named = _NAMED_MONTH.fullmatch(text)
    return bool(_MONTH.fullmatch(text) or (named and _month_of(named["month"])))


def _strip(cell: str) -> str:
    """Return a cell without its time and day of the week; a cell that is too long for a date is returned as it is."""
    text = cell.strip()
    return text if len(text) > _LONGEST else _WEEKDAY.sub("", _TIME.sub("", text)).strip()


def _find_parts(text: str, order: DateOrder) -> tuple[int, int, int] | None:
    """Return year, month and day."""
    if len(text) > _LONGEST:
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _COMPACT.fullmatch(text):
        return int(found[1] + found[2]), int(found[3]), int(found[4])
    if found := _NUMERIC.fullmatch(text):
        return _order_parts((found[1], found[3], found[4]), order)
    for form in _NAMED:
        if (found := form.fullmatch(text)) and (month := _month_of(found["month"])):
            return _year_of(found["year"]), month, int(found["day"])
    return None


def _order_parts(parts: Sequence[str], order: DateOrder) -> tuple[int, int, int]:
    if order == "ymd":
        return _year_of(parts[0]), int(parts[1]), int(parts[2])
    day, month = (parts[0], parts[1]) if order == "dmy" else (parts[1], parts[0])
    return _year_of(parts[2]), int(month), int(day)


def _month_of(name: str) -> int | None:
    return _MONTH_NUMBERS.get(name.casefold()[:3])


def _year_of(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= _PIVOT else 2000)
