"""The numbers of an uploaded table: decimal mark, thousands, signs of currencies, and words for a missing number."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from contextlib import suppress

from common.domain.errors import AmbiguousNumbers
from common.domain.uploads import DecimalMark
from common.domain.validation import describe_value
from ingestion_service.uploads.tables import Cell

ABSENT = frozenset({"", "-", "--", "–", "—", ".", "null", "none", "nan", "n/a", "#n/a", "na", "nil", "n.a.", "nd"})
"""The texts of a missing number; FRED writes a point."""
_REMOVED = re.compile(r"[\s$€£¥'’\u00a0\u2009\u202f]|(?<=\d)\s*(?:USD|EUR|GBP|CHF|PLN|JPY|CAD)\Z")
"""Signs of currencies, and the spaces and apostrophes that divide thousands."""
# The groups of thousands may have two digits, as in India, except the last.
_POINT = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{2,3})*\.\d{3})?(?:,\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_EXPONENT = re.compile(r"[eE][+-]?\d+\Z", re.ASCII)
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_MARKS: dict[str, DecimalMark] = {".": "point", ",": "comma"}
_OTHER: dict[DecimalMark, DecimalMark] = {"point": "comma", "comma": "point"}
_LONGEST = 60


class NotANumber(ValueError):
    """A cell is neither a number nor empty; the text names what it is."""


def find_decimal_mark(cells: Iterable[Cell]) -> DecimalMark:
    """Return the decimal mark that the numbers show.

    ``1.234,5`` and ``12,50`` have a decimal comma, ``1,234,567`` and ``12.5`` a decimal point. ``1,234`` may have
    either, and decides nothing.

    Raises:
        AmbiguousNumbers: the numbers show both marks, or a number can be read with both and no other one decides.
    """
    shown: dict[DecimalMark, str] = {}
    unclear = ""
    for cell in cells:
        if not isinstance(cell, str) or not ("," in cell or "." in cell):
            continue
        text = _clean(cell)
        mark = _mark_of(text)
        if mark is not None:
            shown.setdefault(mark, cell.strip())
        elif not unclear and ("," in text or "." in text) and text.casefold() not in ABSENT:
            unclear = cell.strip()
    if len(shown) == 2:
        raise AmbiguousNumbers(
            f"{_short(shown['point'])} has a decimal point and {_short(shown['comma'])} a decimal comma. Send "
            "decimal=point or decimal=comma."
        )
    if shown:
        return next(iter(shown))
    if unclear:
        raise AmbiguousNumbers(
            f"{_short(unclear)} can be read with a decimal mark or with a mark of thousands, and no other number "
            "decides it. Send decimal=point or decimal=comma."
        )
    return "point"


def parse_number(cell: Cell, mark: DecimalMark, *, has_unit: bool = False) -> float | None:
    """Return the number of a cell; None if it is missing.

    Args:
        cell: the cell.
        mark: the decimal mark.
        has_unit: whether ``1.2M`` stands for 1 200 000, as in volumes.

    Raises:
        NotANumber: the cell has another text.
    """
    if isinstance(cell, float) and math.isinf(cell):
        raise NotANumber("a number that is too large")
    if cell is None or isinstance(cell, float):
        return cell
    text = _clean(cell)
    if text.casefold() in ABSENT:
        return None
    factor = _UNITS.get(text[-1:].casefold(), 1.0) if has_unit else 1.0
    digits = text[:-1] if factor != 1.0 else text
    digits = f"-{digits[1:-1]}" if digits.startswith("(") and digits.endswith(")") else digits
    pattern = _POINT if mark == "point" else _COMMA
    if len(digits) > _LONGEST or not pattern.fullmatch(digits) or not any(map(str.isdigit, digits)):
        raise NotANumber(f"{describe_value(cell)}, which is no number")
    plain = digits.replace(",", "") if mark == "point" else digits.replace(".", "").replace(",", ".")
    number = float(plain) * factor
    if math.isinf(number):
        raise NotANumber(f"{describe_value(cell)}, which is too large")
    return number


def is_number(cell: Cell) -> bool:
    """Return whether a cell has a number, with either decimal mark."""
    for mark in _OTHER:
        with suppress(NotANumber):
            return parse_number(cell, mark) is not None
    return False


def _clean(cell: str) -> str:
    return _REMOVED.sub("", cell.strip()).replace("\u2212", "-")


def _mark_of(text: str) -> DecimalMark | None:
    """Return the decimal mark that a number shows by itself; None if it shows none."""
    text, exponent = _EXPONENT.subn("", text.rstrip("kKmMbBtT%"))
    points, commas = text.count("."), text.count(",")
    if not any(map(str.isdigit, text)) or not (points or commas):
        return None
    if points and commas:
        last = max(".,", key=text.rfind)
        return _MARKS[last] if text.count(last) == 1 else None
    only = "." if points else ","
    if points + commas > 1:
        return _OTHER[_MARKS[only]]
    whole, _, fraction = text.lstrip("+-").partition(only)
    # Nobody divides the thousands of a number with an exponent.
    is_thousands = not exponent and len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return None if is_thousands else _MARKS[only]


def _short(text: str) -> str:
    return text[:30]
