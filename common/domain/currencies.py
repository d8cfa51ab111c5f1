"""Currencies of prices: the code of an unknown currency, and the text that people read."""

from __future__ import annotations

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the source names none, and the listing does not determine one."""


def format_currency(currency: str) -> str:
    """Return the text of a currency behind a price, such as ``USD``."""
    return "(unknown currency)" if currency == UNKNOWN_CURRENCY else currency


def format_unit(currency: str) -> str:
    """Return the text of a currency inside brackets, as the unit of an axis."""
    return format_currency(currency).strip("()")


def differ_in_currency(one: str, other: str) -> bool:
    """Return whether two known currencies differ; pence (GBp) and pounds (GBP) do. An unknown one never differs."""
    return UNKNOWN_CURRENCY not in {one, other} and one != other
