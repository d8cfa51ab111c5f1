"""The fields of a stock that can be forecast or evaluated, with their units."""

from __future__ import annotations

from typing import Literal, get_args

from common.domain.formats import format_price
from common.domain.markets.currencies import format_currency
from common.domain.markets.instruments import follows_stocks, is_future

Field = Literal["close", "open", "high", "low", "volume"]
"""A column of the daily prices. All but ``volume`` are prices."""
FIELDS: tuple[Field, ...] = get_args(Field)
PRICE_FIELDS: tuple[Field, ...] = ("close", "open", "high", "low")
VOLUME_UNITS = ("shares", "contracts", "units")
"""The units of volume: of stocks, funds and their indices; of futures; and of others, as their source counts them."""
_SHORT_FROM = 100
"""Volumes from here on have three digits. Those of a coin may be fractions, which are written like prices."""
_SUFFIXES = ((1e12, " tn"), (1e9, " bn"), (1e6, " M"), (1e3, " k"), (1.0, ""))


def volume_unit(ticker: str) -> str:
    """Return the unit of a ticker's volume, one of :data:`VOLUME_UNITS`."""
    if is_future(ticker):
        return "contracts"
    return "shares" if follows_stocks(ticker) else "units"


def format_amount(value: float, unit: str) -> str:
    """Return a value without its unit: a price such as ``424.12``, or a volume such as ``19.7 M``."""
    return format_volume(value) if unit in VOLUME_UNITS and value >= _SHORT_FROM else format_price(value)


def format_volume(value: float) -> str:
    """Return a volume with three digits, without zeros at their end, such as ``19.7 M`` or ``20 M``."""
    rounded = float(f"{value:.3g}")
    size, suffix = next((one for one in _SUFFIXES if rounded >= one[0]), _SUFFIXES[-1])
    return f"{rounded / size:.6g}{suffix}"


def format_value(value: float, unit: str) -> str:
    """Return a value with its unit, such as ``424.12 USD`` or ``19.7 M shares``."""
    return f"{format_amount(value, unit)} {format_currency(unit)}"


def naive_noun(field: Field) -> str:
    """Return the noun of the naive forecast, with which a backtest compares."""
    if field == "volume":
        return "usual volume"
    return "last price" if field == "close" else f"last {field}"


def field_noun(field: Field) -> str:
    """Return the noun of a field's values in sentences: those of the close are the price."""
    return "price" if field == "close" else field
