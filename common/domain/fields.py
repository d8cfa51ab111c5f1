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
_WHOLE_FROM = 100
"""Volumes from here on have no decimals. Those of a coin may be fractions."""


def volume_unit(ticker: str) -> str:
    """Return the unit of a ticker's volume, one of :data:`VOLUME_UNITS`."""
    if is_future(ticker):
        return "contracts"
    return "shares" if follows_stocks(ticker) else "units"


def format_amount(value: float, unit: str) -> str:
    """Return a value without its unit: a price has decimals, a volume has none."""
    return f"{value:,.0f}" if unit in VOLUME_UNITS and value >= _WHOLE_FROM else format_price(value)


def format_value(value: float, unit: str) -> str:
    """Return a value with its unit, such as ``424.12 USD`` or ``19,730,300 shares``."""
    return f"{format_amount(value, unit)} {format_currency(unit)}"


def naive_noun(field: Field) -> str:
    """Return the noun of the naive forecast, with which a backtest compares."""
    if field == "volume":
        return "usual volume"
    return "last price" if field == "close" else f"last {field}"


def field_noun(field: Field) -> str:
    """Return the noun of a field's values in sentences: those of the close are the price."""
    return "price" if field == "close" else field
