"""Currencies of prices: the code of an unknown currency, hundredths such as pence, and the text that people read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the source names none, and the listing does not determine one."""
PENCE, CENTS, AGOROT = "GBp", "ZAc", "ILA"
"""Hundredths of a pound, a rand and a shekel, in which London, Johannesburg and Tel Aviv quote shares. Prices stay in
them, as the exchange quotes them."""
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {PENCE: PENCE, "GBX": PENCE, CENTS: CENTS, "ZAC": CENTS, AGOROT: AGOROT, "ILa": AGOROT}
)
_TEXTS: Mapping[str, str] = MappingProxyType(
    {UNKNOWN_CURRENCY: "(unknown currency)", PENCE: "pence", CENTS: "South African cents", AGOROT: "agorot"}
)


def normalise_currency(code: str) -> str:
    """Return the one code of a unit that sources spell in several ways: GBX is GBp, and usd is USD."""
    return _SPELLINGS.get(code, code.upper())


def format_currency(currency: str) -> str:
    """Return the text of a currency behind a price, such as ``USD`` or ``pence``."""
    return _TEXTS.get(normalise_currency(currency), currency)


def format_unit(currency: str) -> str:
    """Return the text of a currency inside brackets, as the unit of an axis."""
    return format_currency(currency).strip("()")


def differ_in_currency(one: str, other: str) -> bool:
    """Return whether two known currencies differ; pence (GBp) and pounds (GBP) do. An unknown one never differs."""
    return UNKNOWN_CURRENCY not in {one, other} and normalise_currency(one) != normalise_currency(other)
