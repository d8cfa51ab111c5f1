"""A source of prices of any exchange: it has the format of Yahoo's charts, which name currency and time zone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd

from common.domain.markets.exchanges import exchange_of
from common.domain.markets.trading_calendars import sessions
from test_support.network.http_server import serving
from test_support.sources.source_server import SourceServer, answering

_CHARTS = "/v8/finance/chart/"
_UNKNOWN = b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}'
_YEARS = 3


@dataclass(frozen=True)
class Quoted:
    """In which unit an exchange quotes a share, and its last close in that unit."""

    currency: str
    last_close: float


def closes_of(ticker: str, last_close: float, today: date) -> pd.Series[float]:
    """Return closes on the trading days of the ticker's exchange, up to the second day before ``today``."""
    last = today - timedelta(days=2)
    days = sessions(exchange_of(ticker).calendar, last - timedelta(days=365 * _YEARS), last)
    path = np.exp(np.random.default_rng(1).normal(0, 0.01, len(days)).cumsum())
    return pd.Series(np.round(path / path[-1] * last_close, 2), index=days)


def chart_of(ticker: str, quoted: Quoted, today: date) -> bytes:
    """Return what Yahoo answers: each day's time is that at which its session opens."""
    closes = closes_of(ticker, quoted.last_close, today)
    zone = exchange_of(ticker).time_zone
    opened = [int(day.timestamp()) + 9 * 3600 for day in pd.DatetimeIndex(closes.index).tz_localize(zone)]
    prices: dict[str, list[float]] = dict.fromkeys(("open", "high", "low", "close"), closes.tolist())
    meta = {
        "currency": quoted.currency, "symbol": ticker, "exchangeTimezoneName": zone, "instrumentType": "EQUITY",
        "dataGranularity": "1d", "validRanges": ["1d", "10y", "max"], "priceHint": 2, "currentTradingPeriod": {},
        "regularMarketTime": opened[-1], "regularMarketPrice": closes.iloc[-1], "firstTradeDate": opened[0],
    }  # fmt: skip
    indicators = {
        "quote": [prices | {"volume": [1000] * len(closes)}],
        "adjclose": [{"adjclose": closes.tolist()}],
    }
    result = {"meta": meta, "timestamp": opened, "indicators": indicators}
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


@contextmanager
def yahoo_source(quotes: Mapping[str, Quoted], today: date) -> Iterator[SourceServer]:
    """Serve the charts of some tickers. ``today`` stays the same: the day may end while a test runs."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        ticker = path.removeprefix(_CHARTS)
        if path.startswith(_CHARTS) and ticker in quotes:
            answering(200, chart_of(ticker, quotes[ticker], today))(request)
        else:
            answering(404, _UNKNOWN if path.startswith(_CHARTS) else b"")(request)

    with serving(SourceServer(handle)) as server:
        yield server
