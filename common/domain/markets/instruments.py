"""The kind of thing that a ticker stands for, by its form: a pair of currencies, a coin, a future, an index, a stock.

Prices carry no kind, and sources differ in theirs. Metals in ounces have codes of currencies (ISO 4217).
"""

from __future__ import annotations

import re

_CURRENCIES = (
    "AED|ARS|AUD|BGN|BHD|BRL|CAD|CHF|CLP|CNH|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JOD|JPY|KES|KRW|KWD|"
    "KZT|LKR|MAD|MXN|MYR|NGN|NOK|NZD|OMR|PEN|PHP|PKR|PLN|QAR|RON|RSD|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|UAH|USD|UYU|VND|"
    "XAG|XAU|XPD|XPT|ZAR"
)
_COINS = (
    "AAVE|ADA|ALGO|APT|ARB|ATOM|AVAX|BCH|BNB|BTC|DAI|DASH|DOGE|DOT|EOS|ETC|ETH|FIL|HBAR|ICP|LINK|LTC|MATIC|NEAR|PEPE|"
    "SHIB|SOL|SUI|TON|TRX|UNI|USDC|USDT|XBT|XLM|XMR|XRP|XTZ|ZEC"
)
_CURRENCY_PAIR = re.compile(rf"[A-Z]{{3,6}}=X|(?:{_CURRENCIES})(?:{_CURRENCIES})")
_COIN_PAIR = re.compile(
    rf"[A-Z0-9]+-(?:{_CURRENCIES}|{_COINS})|(?:{_COINS})(?:{_CURRENCIES}|{_COINS})|(?:{_CURRENCIES})(?:{_COINS})"
)
_FUTURE = "=F"
_INDEX_OF_NO_STOCKS = re.compile(
    r"\^(?:.*VIX.*|VX[A-Z]{1,4}|[ORE]V[XZ]|GVZ|V[126]TX|VSTOXX|VDAX.*|VHSI|JNIV|SKEW|MOVE|COR\d+M"  # volatility
    r"|IRX|FVX|TNX|TYX"  # yields
    r"|XD[ABENSZ]|NYICDX|SPGSCI|BCOM.*)"  # currencies and commodities
    r"|DX-Y\.NYB"
)


def is_currency_pair(ticker: str) -> bool:
    """Return whether a ticker is the price of a currency or a metal in another one, such as EURUSD=X or XAUUSD."""
    return bool(_CURRENCY_PAIR.fullmatch(ticker))


def is_coin_pair(ticker: str) -> bool:
    """Return whether a ticker is the price of a cryptocurrency, such as BTC-USD, BTCUSD or ETHBTC."""
    return not is_currency_pair(ticker) and bool(_COIN_PAIR.fullmatch(ticker))


def is_future(ticker: str) -> bool:
    """Return whether a ticker is a future, such as GC=F."""
    return ticker.endswith(_FUTURE)


def follows_stocks(ticker: str) -> bool:
    """Return whether a ticker is a stock, a fund, or an index of stocks, as far as its form shows."""
    is_other = is_currency_pair(ticker) or is_coin_pair(ticker) or is_future(ticker)
    return not is_other and _INDEX_OF_NO_STOCKS.fullmatch(ticker) is None
