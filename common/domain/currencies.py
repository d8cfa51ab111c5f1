"""Currencies of prices: the code of an unknown one, and how a currency is written for a person."""

from __future__ import annotations

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the source names none, and none can be concluded from the listing."""


def currency_words(currency: str) -> str:
    """Return how a currency is written behind a price, such as ``USD``."""
    return "(unknown currency)" if currency == UNKNOWN_CURRENCY else currency


def unit_words(currency: str) -> str:
    """Return how a currency is written inside brackets, as an axis's unit."""
    return currency_words(currency).strip("()")


def are_other_currencies(one: str, other: str) -> bool:
    """Return whether two series are in different units, as far as both are known; pence (GBp) are not pounds."""
    return UNKNOWN_CURRENCY not in {one, other} and one != other
