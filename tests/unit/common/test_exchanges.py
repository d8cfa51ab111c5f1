"""The exchange of a ticker, from its form."""

from __future__ import annotations

import subprocess
import sys

import pytest

from common.domain.markets.exchanges import (
    CRYPTOCURRENCIES,
    CURRENCIES,
    EXCHANGES,
    NEW_YORK,
    exchange_of,
    has_known_exchange,
)
from common.domain.markets.instruments import follows_stocks, is_coin_pair, is_currency_pair
from common.domain.markets.trading_calendars import _known_calendar


@pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES)
def test_the_time_zone_is_that_of_the_calendar(exchange):
    assert _known_calendar(exchange.calendar).tz.key == exchange.time_zone


@pytest.mark.parametrize(
    ("ticker", "calendar"),
    [
        ("VOD.L", "XLON"),
        ("TSCO.LON", "XLON"),
        ("BMW.DE", "XETR"),
        ("BMW.F", "XFRA"),
        ("MC.PA", "XPAR"),
        ("7203.T", "XTKS"),
        ("0700.HK", "XHKG"),
        ("RELIANCE.NS", "XBOM"),
        ("M&M.NS", "XBOM"),
        ("500325.BO", "XBOM"),
        ("SHOP.TO", "XTSE"),
        ("BBD-B.TO", "XTSE"),
        ("ABC.V", "XTSE"),
        ("BHP.AX", "XASX"),
        ("600519.SS", "XSHG"),
        ("600519", "XSHG"),
        ("005930.KS", "XKRX"),
        ("2222.SR", "XSAU"),
        ("NPN.JO", "XJSE"),
        ("QNBK.QA", "DSMD"),
        ("COMI.CA", "XCAI"),
        ("EMAAR.AE", "XDFM"),
        ("NBK.KW", "XKUW"),
        ("VNM.VN", "XSTC"),
        ("TEVA.TA", "XTAE"),
        ("^FTSE", "XLON"),
        ("^N225", "XTKS"),
        ("^GDAXI", "XETR"),
        ("^GSPC", "XNYS"),
        ("FTSEMIB.MI", "XMIL"),
        ("GC=F", "CMES"),
        ("AAPL", "XNYS"),
        ("BRK.B", "XNYS"),
        ("BRK-B", "XNYS"),
        ("BF.B", "XNYS"),
        ("RDS.A", "XNYS"),
        ("ABC.WS", "XNYS"),
    ],
)
def test_a_ticker_has_the_calendar_of_its_exchange(ticker, calendar):
    assert exchange_of(ticker) is EXCHANGES[calendar]
    assert has_known_exchange(ticker)
    assert not is_currency_pair(ticker)
    assert not is_coin_pair(ticker)


@pytest.mark.parametrize("ticker", ["ABC.XX", "^NOINDEX", "0700.B", "A.B.C", "ABC.", "^"])
def test_an_unknown_exchange_has_new_yorks_days(ticker):
    assert exchange_of(ticker) is NEW_YORK
    assert not has_known_exchange(ticker)


@pytest.mark.parametrize(
    ("ticker", "exchange"),
    [
        ("EURUSD=X", CURRENCIES),
        ("JPY=X", CURRENCIES),
        ("EURUSD", CURRENCIES),
        ("USDVND", CURRENCIES),
        ("XAUUSD", CURRENCIES),
        ("ETH-BTC", CRYPTOCURRENCIES),
        ("1INCH-EUR", CRYPTOCURRENCIES),
        ("BTC-USD", CRYPTOCURRENCIES),
        ("BTC-AED", CRYPTOCURRENCIES),
        ("BTCUSD", CRYPTOCURRENCIES),
        ("ETHBTC", CRYPTOCURRENCIES),
        ("DOGEUSDT", CRYPTOCURRENCIES),
    ],
)
def test_currencies_and_cryptocurrencies_are_pairs(ticker, exchange):
    assert is_currency_pair(ticker) is (exchange is CURRENCIES)
    assert is_coin_pair(ticker) is (exchange is CRYPTOCURRENCIES)
    assert not follows_stocks(ticker)
    assert exchange_of(ticker) is exchange
    assert has_known_exchange(ticker)


@pytest.mark.parametrize(
    "ticker", ["GC=F", "^VIX", "^VIX3M", "^VVIX", "^INDIAVIX", "^VXN", "^OVX", "^TNX", "^IRX", "^SPGSCI", "DX-Y.NYB"]
)
def test_futures_volatilities_yields_and_commodities_are_no_stocks(ticker):
    assert not follows_stocks(ticker)


@pytest.mark.parametrize(
    "ticker", ["AAPL", "BRK-B", "BTC", "ETH", "UNI", "BITO", "COIN", "USD", "SOL", "GOOGL", "^GSPC", "^XAU", "SAR.L"]
)
def test_stocks_funds_and_their_indices_follow_stocks(ticker):
    assert follows_stocks(ticker)


def test_the_table_imports_no_library():
    program = (
        "import sys, common.domain.markets.dates; print(*{'exchange_calendars', 'pandas', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
