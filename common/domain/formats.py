"""The text of dates, prices and numbers of days; and dates read from text."""

from __future__ import annotations

import math
import re
from datetime import date

_DECIMALS, _SMALL_DIGITS = 2, 4
"""The decimals of a price, and the significant digits of one below 1."""
_LEAST, _MOST = 1e-8, 1e12
"""Prices beyond have an exponent."""
_LEAST_GROUPED = 10_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZEROS = re.compile(r"(\.\d\d\d*?)0+$")
"""The zeros at the end beyond the second decimal."""


def parse_day(text: str) -> date:
    """Return the day of a text such as 2026-11-27. Python alone also reads 20261127 and 2026-W48-5.

    Raises:
        ValueError: the text has another form, or there is no such day.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text!r} is not a day of the form YYYY-MM-DD")
    return date.fromisoformat(text)


def format_date(day: date) -> str:
    """Format a date as ``Tue 2 Apr 2013`` in every locale."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{weekday} {day.day} {month} {day.year}"


def format_price(value: float) -> str:
    """Return a price as the page writes it.

    It has two decimals: 424.1234 is ``424.12``. Below 1 it has four significant digits, so that 0.00040138 is
    ``0.0004014``. Below a hundred millionth and from a million millions on, it has an exponent.
    """
    size = abs(value)
    if size != 0 and not _LEAST <= size < _MOST:
        return f"{value:.2e}"
    decimals = _DECIMALS if size >= 1 or size == 0 else _SMALL_DIGITS - 1 - math.floor(math.log10(size))
    return _ZEROS.sub(r"\1", f"{value:,.{decimals}f}")


def format_named_price(value: float) -> str:
    """Return a price that a person named, with all its digits: ``1.1049``, but ``450.00``."""
    usual = format_price(value)
    return usual if float(usual.replace(",", "")) == value else f"{value:,}"


def format_change(percent: float, decimals: int = 2) -> str:
    """Return a change in percent, such as ``+0.41 %`` or ``−0.30 %``."""
    return f"{format_signed(percent, decimals)} %"


def format_signed(number: float, decimals: int = 2) -> str:
    """Return a number with its sign, as the page writes it. One that rounds to zero has none."""
    size = f"{abs(number):.{decimals}f}"
    sign = "" if float(size) == 0 else "−" if number < 0 else "+"
    return f"{sign}{size}"


def format_count(count: int) -> str:
    """Format a count as the page writes it, with commas from five digits on: ``2454``, but ``12,454``."""
    return f"{count:,}" if abs(count) >= _LEAST_GROUPED else str(count)


def format_days(days: int) -> str:
    """Format a number of days."""
    return "1 day" if days == 1 else f"{format_count(days)} days"
