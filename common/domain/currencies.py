"""Currencies of prices: the code of an unknown currency, and the text that people read."""

from __future__ import annotations

import re

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the source names none, and the listing does not determine one."""

_CURRENCIES = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RUB|SEK|SGD|THB|TRY|TWD|"
    "USD|ZAR"
)
_PAIR = re.compile(
    rf"\A(?:[A-Z]{{3,6}}=X|(?:{_CURRENCIES})(?:{_CURRENCIES})|[A-Z0-9]{{2,10}}-(?:{_CURRENCIES}|BTC|ETH|USDT|USDC))\Z"
)


def is_currency_pair(ticker: str) -> bool:
    """Return whether a ticker is a pair of currencies or of a coin and a currency, such as EURUSD=X or BTC-USD."""
    return bool(_PAIR.match(ticker))


def format_currency(currency: str) -> str:
    """Return the text of a currency behind a price, such as ``USD``."""
    return "(unknown currency)" if currency == UNKNOWN_CURRENCY else currency


def format_unit(currency: str) -> str:
    """Return the text of a currency inside brackets, as the unit of an axis."""
    return format_currency(currency).strip("()")


def differ_in_currency(one: str, other: str) -> bool:
    """Return whether two known currencies differ; pence (GBp) and pounds (GBP) do. An unknown one never differs."""
    return UNKNOWN_CURRENCY not in {one, other} and one != other
