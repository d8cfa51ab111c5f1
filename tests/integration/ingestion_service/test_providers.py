"""The documented responses of each price provider, good and bad, from a server on the loopback interface."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import traceback
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import psutil
import pytest
from redis import Redis

from common.domain.errors import Failure, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.runtime.version import USER_AGENT
from ingestion_service.prices.checks import check_series
from ingestion_service.providers.access.guard import GuardedProvider
from ingestion_service.providers.base import Provider
from ingestion_service.providers.fetch.download import parse_retry_after
from ingestion_service.providers.registry import KEYED, build_keyed, build_keyless
from ingestion_service.providers.yahoo import Yahoo
from test_support.sources.source_server import (
    Handle,
    SourceServer,
    answering,
    dripping,
    dripping_headers,
    flooding,
    resetting,
    running_proxy,
    running_source,
)

KEY = "s3cretKey0123456789"
SINCE = date(2016, 1, 4)
NETWORKED = (*KEYED, Yahoo.name)
DAYS = pd.bdate_range("2024-01-01", periods=80)
SPLIT_AT = 40
ADJUSTED = 100 + np.arange(80) / 8
RAW = np.where(np.arange(80) < SPLIT_AT, 2 * ADJUSTED, ADJUSTED)
FACTORS = np.where(np.arange(80) == SPLIT_AT, 2.0, 1.0)
HTML = b"<!doctype html><html><body>Sorry</body></html>"


@dataclass(frozen=True)
class Bodies:
    """A provider's responses for a share at 200 that is split 2:1, for no prices, and for an unknown ticker."""

    good: bytes
    nothing: bytes
    unknown: Handle
    nothing_is: type[Failure] = TooLittleData


def csv(header: str, rows: list[str]) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


def tiingo_body(rows: int) -> bytes:
    header = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"
    lines = [
        f"{DAYS[n].date()},{RAW[n]},{RAW[n]},{RAW[n]},{RAW[n]},1000,{ADJUSTED[n]},,,,,0.0,{FACTORS[n]}"
        for n in range(rows)
    ]
    return csv(header, lines)


def alpha_vantage_body(rows: int) -> bytes:
    header = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient"
    lines = [
        f"{DAYS[n].date()},{RAW[n]},{RAW[n]},{RAW[n]},{RAW[n]},{ADJUSTED[n]},1000,0.0000,{FACTORS[n]}"
        for n in range(rows)
    ]
    return csv(header, lines[::-1])


def twelve_data_body(rows: int) -> bytes:
    values = [
        {"datetime": str(DAYS[n].date())} | dict.fromkeys(("open", "high", "low", "close"), str(ADJUSTED[n]))
        | {"volume": "1000"}
        for n in range(rows)
    ]  # fmt: skip
    return json.dumps({"meta": {"symbol": "AAPL", "currency": "USD"}, "values": values, "status": "ok"}).encode()


def finnhub_body(rows: int) -> bytes:
    if not rows:
        return b'{"s":"no_data"}'
    closes = ADJUSTED[:rows].tolist()
    times = [int(day.timestamp()) for day in DAYS[:rows]]
    return json.dumps({"s": "ok", "t": times, "v": [1000] * rows} | dict.fromkeys("ohlc", closes)).encode()


def nasdaq_body(rows: int) -> bytes:
    names = ["Date", "Open", "High", "Low", "Close", "Volume", "Ex-Dividend", "Split Ratio", "Adj. Open", "Adj. High",
             "Adj. Low", "Adj. Close", "Adj. Volume"]  # fmt: skip
    data = [
        [str(DAYS[n].date()), *[RAW[n]] * 4, 1000.0, 0.0, FACTORS[n], *[ADJUSTED[n]] * 4, 1000.0] for n in range(rows)
    ]
    return json.dumps({"dataset_data": {"column_names": names, "data": data, "frequency": "daily"}}).encode()


def yahoo_body(rows: int) -> bytes:
    prices: dict[str, object] = dict.fromkeys(("open", "high", "low", "close"), ADJUSTED[:rows].tolist())
    meta = {
        "currency": "USD", "symbol": "AAPL", "exchangeName": "NMS", "instrumentType": "EQUITY", "gmtoffset": -18000,
        "timezone": "EST", "exchangeTimezoneName": "America/New_York", "regularMarketPrice": 1.0, "priceHint": 2,
        "dataGranularity": "1d", "validRanges": ["1d", "10y", "max"], "firstTradeDate": 345479400,
        "regularMarketTime": int(DAYS[-1].timestamp()), "currentTradingPeriod": {},
    }  # fmt: skip
    if not rows:
        return json.dumps(
            {"chart": {"result": [{"meta": meta, "indicators": {"quote": [{}]}}], "error": None}}
        ).encode()
    opened = [int(day.tz_localize("America/New_York").timestamp()) + 9 * 3600 + 1800 for day in DAYS[:rows]]
    result = {
        "meta": meta,
        "timestamp": opened,
        "events": {"splits": {str(opened[SPLIT_AT]): {"date": opened[SPLIT_AT], "numerator": 2.0, "denominator": 1.0,
                                                      "splitRatio": "2:1"}}},
        "indicators": {"quote": [prices | {"volume": [1000] * rows}],
                       "adjclose": [{"adjclose": ADJUSTED[:rows].tolist()}]},
    }  # fmt: skip
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


YAHOO_UNKNOWN = (
    b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}'
)
TWELVE_UNKNOWN = (
    b'{"code":404,"message":"**symbol** or **figi** parameter is missing or invalid. Please provide a valid symbol'
    b' according to API documentation: https://twelvedata.com/docs#reference-data","status":"error"}'
)
SPOKEN = {
    "tiingo": Bodies(tiingo_body(80), tiingo_body(0), answering(404, b'{"detail":"Error: Ticker \'AAPL\' not found"}')),
    "alphavantage": Bodies(
        alpha_vantage_body(80),
        alpha_vantage_body(0),
        answering(200, b'{"Error Message": "Invalid API call. Please retry or visit the documentation."}'),
    ),
    "twelvedata": Bodies(twelve_data_body(80), twelve_data_body(0), answering(200, TWELVE_UNKNOWN)),
    "finnhub": Bodies(finnhub_body(80), finnhub_body(0), answering(200, b'{"s":"no_data"}'), UnknownTicker),
    "nasdaq": Bodies(
        nasdaq_body(80),
        nasdaq_body(0),
        answering(404, b'{"quandl_error":{"code":"QECx02","message":"You have submitted an incorrect Quandl code."}}'),
    ),
    "yahoo": Bodies(yahoo_body(80), yahoo_body(0), answering(404, YAHOO_UNKNOWN)),
}


def build_provider(name: str, url: str) -> Provider:
    return build_keyed(name, url=url, api_key=KEY) if name in KEYED else build_keyless(name, yahoo_url=url)


def fetched(
    server: SourceServer, name: str, handle: Handle, ticker: str = "AAPL", timeout_s: float = 100.0
) -> PriceSeries:
    server.handle = chart_only(handle) if name == Yahoo.name else handle
    return build_provider(name, server.url + "/").fetch(ticker, since=SINCE, timeout_s=timeout_s)


def chart_only(handle: Handle) -> Handle:
    """Return a handler that rejects yfinance's earlier requests for cookies."""

    def choose(request: BaseHTTPRequestHandler) -> None:
        (handle if request.path.startswith("/v8/finance/chart/") else answering(404, b""))(request)

    return choose


def assert_keyless(failure: Failure, *texts: str) -> None:
    said = "".join(traceback.format_exception(failure))
    chain: list[BaseException] = [failure]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    for text in (said, *texts, *(f"{error!s} {error!r} {error.args!r}" for error in chain)):
        assert KEY not in text


@pytest.mark.parametrize("name", NETWORKED)
def test_a_good_response_becomes_a_split_adjusted_series(server, name):
    series = fetched(server, name, answering(200, SPOKEN[name].good))
    assert (series.ticker, series.source, series.currency, len(series)) == ("AAPL", name, "USD", 80)
    assert tuple(series.frame.columns) == COLUMNS
    assert series.frame.index.tolist() == DAYS.tolist()
    np.testing.assert_allclose(series.frame["close"], ADJUSTED, rtol=1e-12)
    np.testing.assert_allclose(series.frame["adj_close"], ADJUSTED, rtol=1e-12)


@pytest.mark.parametrize("name", NETWORKED)
def test_concurrent_fetches_do_not_disturb_each_other(server, name):
    good = answering(200, SPOKEN[name].good)
    with ThreadPoolExecutor(16) as threads:
        rows = threads.map(lambda _: len(fetched(server, name, good)), range(48))
        assert set(rows) == {80}


SPLITTING = ("tiingo", "alphavantage", "nasdaq")
"""The providers whose prices are raw, with a column of split factors."""


def sent(name: str, order: Sequence[int], factors: Sequence[float] | None = None) -> Handle:
    """Return a provider's good response with rows in another order, and optionally other split factors."""
    given = FACTORS[list(order)].tolist() if factors is None else factors
    if name == "nasdaq":
        rows = rows_of_nasdaq()
        return changed_wiki(data=[[*rows[n][:7], factor, *rows[n][8:]] for n, factor in zip(order, given, strict=True)])
    header, *lines = SPOKEN[name].good.decode().split()
    oldest_first = lines if name == "tiingo" else lines[::-1]
    said = [f"{oldest_first[n].rpartition(',')[0]},{factor}" for n, factor in zip(order, given, strict=True)]
    return answering(200, csv(header, said))


@pytest.mark.parametrize("order", [range(79, -1, -1), [*range(40, 80), *range(40)]])
@pytest.mark.parametrize("name", SPLITTING)
def test_rows_in_another_order_are_the_same_series(server, name, order):
    series = check_series(fetched(server, name, sent(name, order)), datetime.now(UTC))
    np.testing.assert_allclose(series.frame["close"], ADJUSTED, rtol=1e-12)


@pytest.mark.parametrize("row", [5, SPLIT_AT - 1, SPLIT_AT, SPLIT_AT + 1])
@pytest.mark.parametrize("name", SPLITTING)
def test_a_row_that_is_repeated_is_dropped_and_its_split_counted_once(server, name, row):
    order = sorted([*range(80), row, row])
    series = check_series(fetched(server, name, sent(name, order)), datetime.now(UTC))
    assert (len(series), series.dropped) == (80, 2)
    np.testing.assert_allclose(series.frame["close"], ADJUSTED, rtol=1e-12)


@pytest.mark.parametrize("factor", [np.inf, np.nan, 0.0, -2.0, 1e300, 1e-300])
@pytest.mark.parametrize("name", SPLITTING)
def test_an_impossible_split_is_rejected(server, name, factor):
    with pytest.raises(ProviderUnavailable, match="table"):
        fetched(server, name, sent(name, range(80), np.where(FACTORS == 2, factor, FACTORS)))


@pytest.mark.parametrize("name", SPLITTING)
def test_a_day_with_two_different_splits_is_rejected(server, name):
    order = sorted([*range(80), SPLIT_AT])
    factors = FACTORS[order].copy()
    factors[SPLIT_AT] = 1.0
    with pytest.raises(ProviderUnavailable, match="table"):
        fetched(server, name, sent(name, order, factors))


def asked_for(server: SourceServer) -> tuple[str, dict[str, str], dict[str, str]]:
    path, headers = server.asked[-1]
    return urlsplit(path).path, server.queries[-1], headers


@pytest.mark.parametrize(
    ("name", "path", "params", "header"),
    [
        ("tiingo", "/tiingo/daily/BRK-B/prices", {"startDate": "2016-01-04", "format": "csv"},
         ("Authorization", f"Token {KEY}")),
        ("alphavantage", "/query",
         {"function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": "BRK-B", "outputsize": "full", "datatype": "csv",
          "apikey": KEY}, None),
        ("twelvedata", "/time_series",
         {"symbol": "BRK.B", "interval": "1day", "start_date": "2016-01-04", "outputsize": "5000", "order": "ASC",
          "adjust": "splits"}, ("Authorization", f"apikey {KEY}")),
        ("finnhub", "/api/v1/stock/candle", {"symbol": "BRK.B", "resolution": "D", "from": "1451865600"},
         ("X-Finnhub-Token", KEY)),
        ("nasdaq", "/datasets/WIKI/BRK_B/data", {"start_date": "2016-01-04", "order": "asc"}, ("x-api-token", KEY)),
        ("yahoo", "/v8/finance/chart/BRK-B", {"interval": "1d", "period1": "1451883600"}, None),
    ],
)  # fmt: skip
def test_the_query_is_as_the_provider_documents_it(server, name, path, params, header):
    fetched(server, name, answering(200, SPOKEN[name].good), ticker="BRK.B")
    asked_path, asked_params, headers = asked_for(server)
    assert asked_path == path
    assert asked_params.items() >= params.items()
    assert name in ("finnhub", "yahoo") or set(asked_params) == set(params)
    sent = {key.lower(): value for key, value in headers.items()}
    assert header is None or sent[header[0].lower()] == header[1]
    assert name == "yahoo" or sent["user-agent"] == USER_AGENT


@pytest.mark.parametrize(("named", "currency"), [("GBp", "GBp"), ("GBX", "GBp"), ("GBP", "GBP"), ("ZAc", "ZAc")])
@pytest.mark.parametrize("name", ["yahoo", "twelvedata"])
def test_prices_stay_in_the_unit_that_the_source_names(server, name, named, currency):
    body = SPOKEN[name].good.replace(b'"USD"', f'"{named}"'.encode(), 1)
    series = fetched(server, name, answering(200, body), ticker="VOD.L")
    assert (series.currency, series.frame["close"].iloc[-1]) == (currency, ADJUSTED[79])


def test_yahoo_is_asked_from_a_midnight_at_the_exchange(server):
    fetched(server, "yahoo", answering(200, SPOKEN["yahoo"].good), ticker="7203.T")
    _, params, _ = asked_for(server)
    assert datetime.fromtimestamp(int(params["period1"]), UTC) == datetime(2016, 1, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize("ticker", ["M&M.NS", "NIFTY_FIN_SERVICE.NS", "^NSEI"])
@pytest.mark.parametrize("name", [name for name in NETWORKED if name != "nasdaq"])
def test_every_character_of_a_ticker_reaches_the_provider(server, name, ticker):
    fetched(server, name, answering(200, SPOKEN[name].good), ticker=ticker)
    path, params, _ = asked_for(server)
    symbol = params.get("symbol") or unquote(path.removesuffix("/prices").rpartition("/")[2])
    assert symbol == (ticker.replace(".", "-") if name == "tiingo" else ticker)
    assert name != "alphavantage" or params["apikey"] == KEY


@pytest.mark.parametrize("ticker", ["M&M.NS", "^NSEI"])
def test_a_ticker_without_a_code_is_unknown_to_nasdaq_without_a_call(server, ticker):
    with pytest.raises(UnknownTicker):
        fetched(server, "nasdaq", answering(200, SPOKEN["nasdaq"].good), ticker=ticker)
    assert server.asked == []


def test_a_few_days_of_alpha_vantage_are_requested_compactly(server):
    server.handle = answering(200, alpha_vantage_body(80))
    with pytest.raises(TooLittleData):
        build_provider("alphavantage", server.url).fetch("AAPL", since=datetime.now(UTC).date(), timeout_s=100)
    assert asked_for(server)[1]["outputsize"] == "compact"


BAD_EVERYWHERE: dict[str, Handle] = {
    "html": answering(200, HTML),
    "html 404": answering(404, HTML),
    "empty": answering(200, b""),
    "binary": answering(200, b"\xff\xfe\x00" * 99),
    "a list": answering(200, b"[]"),
    "a string": answering(200, b'"x"'),
    "an object": answering(200, b'{"hello": 1}'),
    "deep": answering(200, b"[" * 100_000),
    "server error": answering(500, HTML),
    "maintenance": answering(503, HTML, Retry_After="120"),
    "quota": answering(429, b"{}", Retry_After="3600"),
    "html quota": answering(429, HTML),
    "other host": answering(302, b"", Location="http://localhost:1/stolen"),
    "refused": answering(403, f'{{"error": "no access for {KEY}"}}'.encode()),
    "gone": answering(410, HTML),
    "reset": resetting,
}


@pytest.mark.parametrize("kind", BAD_EVERYWHERE)
@pytest.mark.parametrize("name", NETWORKED)
def test_each_bad_response_is_one_typed_failure_without_the_key(server, name, kind, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailable) as caught:
        fetched(server, name, BAD_EVERYWHERE[kind])
    assert_keyless(caught.value, caplog.text)


@pytest.mark.parametrize("name", NETWORKED)
def test_an_unknown_ticker_is_an_unknown_ticker_failure(server, name, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(UnknownTicker) as caught:
        fetched(server, name, SPOKEN[name].unknown)
    assert_keyless(caught.value, caplog.text)


@pytest.mark.parametrize("name", NETWORKED)
def test_a_header_without_rows_is_too_little_data(server, name):
    with pytest.raises(SPOKEN[name].nothing_is):
        fetched(server, name, answering(200, SPOKEN[name].nothing))


@pytest.mark.parametrize("name", NETWORKED)
def test_an_incomplete_body_is_not_a_shorter_series(server, name):
    good = SPOKEN[name].good
    for handle in (answering(200, good[:-200], length=len(good)), answering(200, good[:-9])):
        with pytest.raises(ProviderUnavailable):
            fetched(server, name, handle)


def changed(body: bytes, **changes: object) -> Handle:
    return answering(200, json.dumps(json.loads(body) | changes).encode())


def changed_wiki(**changes: object) -> Handle:
    table = json.loads(nasdaq_body(80))["dataset_data"]
    return answering(200, json.dumps({"dataset_data": table | changes}).encode())


def rows_of_nasdaq() -> list[list[object]]:
    rows: list[list[object]] = json.loads(nasdaq_body(80))["dataset_data"]["data"]
    return rows


def wiki_rows(column: int, value: object) -> list[list[object]]:
    rows = rows_of_nasdaq()
    rows[3][column] = value
    return rows


def wiki_names(column: int, name: str) -> list[str]:
    names: list[str] = json.loads(nasdaq_body(80))["dataset_data"]["column_names"]
    names[column] = name
    return names


TWELVE_ROW = {"datetime": "2024-01-01", "high": "1", "low": "1", "close": "1"}
MALFORMED: list[tuple[str, Handle]] = [
    ("finnhub", changed(finnhub_body(80), t=[10**30] * 80)),
    ("finnhub", changed(finnhub_body(80), t=[10**17] * 80)),
    ("finnhub", changed(finnhub_body(80), c=[10**400] * 80)),
    ("finnhub", changed(finnhub_body(80), c=[[1]] * 80)),
    ("finnhub", changed(finnhub_body(80), c={"a": 1})),
    ("nasdaq", changed_wiki(data=wiki_rows(4, 10**400))),
    ("nasdaq", changed_wiki(data=wiki_rows(4, [1]))),
    ("nasdaq", changed_wiki(data=wiki_rows(0, "9999999-01-01"))),
    ("nasdaq", changed_wiki(data=wiki_rows(0, None))),
    ("nasdaq", changed_wiki(data=[*rows_of_nasdaq(), rows_of_nasdaq()[0][:-1]])),
    ("nasdaq", changed_wiki(data=[*rows_of_nasdaq(), [*rows_of_nasdaq()[0], 1.0]])),
    ("nasdaq", changed_wiki(column_names=wiki_names(6, "Close"))),
    ("nasdaq", changed_wiki(column_names=wiki_names(6, "Split Ratio"))),
    ("nasdaq", changed_wiki(column_names=wiki_names(6, "Date"))),
    ("twelvedata", changed(twelve_data_body(80), values=[[1, 2]])),
    ("twelvedata", changed(twelve_data_body(80), values=[TWELVE_ROW | {"open": KEY}])),
    ("twelvedata", changed(twelve_data_body(80), meta={"currency": KEY})),
    ("twelvedata", changed(twelve_data_body(80), meta={"currency": "\u20acUR"})),
    ("alphavantage", answering(200, alpha_vantage_body(80).replace(b"1000", KEY.encode(), 1))),
    ("alphavantage", answering(200, alpha_vantage_body(80).replace(b"2024-01-02", KEY.encode(), 1))),
    ("tiingo", answering(200, tiingo_body(80).replace(b"1000", KEY.encode(), 1))),
    ("tiingo", answering(200, tiingo_body(80).replace(b"2024-01-02", KEY[:10].encode(), 1))),
    ("tiingo", answering(200, tiingo_body(80).replace(b"date,", b"close," * 50_000 + b"date,", 1))),
    ("alphavantage", answering(200, alpha_vantage_body(80).replace(b",open", b",open" * 50_000, 1))),
    ("nasdaq", changed_wiki(column_names=["Close"] * 50_000, data=[[1.0] * 50_000])),
    ("yahoo", answering(200, yahoo_body(80).replace(b'"USD"', f'"{KEY}"'.encode(), 1))),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(MALFORMED)))
def test_the_failure_of_a_malformed_response_does_not_quote_it(server, case, caplog):
    name, handle = MALFORMED[case]
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailable) as caught:
        fetched(server, name, handle)
    assert_keyless(caught.value, caplog.text)
    assert KEY[:10] not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", NETWORKED)
def test_a_trickling_body_ends_at_the_time_limit(server, name, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailable) as caught:
        fetched(server, name, dripping(SPOKEN[name].good), timeout_s=0.5)
    assert_keyless(caught.value, caplog.text)


@pytest.mark.parametrize("name", NETWORKED)
def test_trickling_headers_end_at_the_time_limit(server, name):
    with pytest.raises(ProviderUnavailable):
        fetched(server, name, dripping_headers(SPOKEN[name].good), timeout_s=0.5)


@pytest.mark.parametrize("name", NETWORKED)
def test_a_body_over_the_limit_is_rejected_while_it_streams(server, name):
    with pytest.raises(ProviderUnavailable):
        fetched(server, name, flooding)
    assert server.sent < 60


def bomb() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(1000)) + packer.flush()


BOMB = bomb()
"""A gigabyte in 4 MB."""


@pytest.mark.parametrize("name", NETWORKED)
def test_a_compressed_body_is_not_decompressed(server, name):
    fetched(server, name, answering(200, SPOKEN[name].good))  # what is imported for the first time
    before = psutil.Process().memory_info().rss
    with pytest.raises(ProviderUnavailable):
        fetched(server, name, answering(200, BOMB, Content_Encoding="gzip"))
    assert psutil.Process().memory_info().rss - before < 100_000_000


@pytest.mark.parametrize("name", NETWORKED)
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "not a url", "http://[::bad"])
def test_an_unreachable_provider_is_unavailable(name, url, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailable) as caught:
        build_provider(name, url).fetch("AAPL", since=SINCE, timeout_s=5)
    assert_keyless(caught.value, caplog.text)


@pytest.mark.parametrize("name", KEYED)  # curl, for Yahoo, looks names up by other means
def test_an_endless_name_look_up_ends_at_the_time_limit(name, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    with pytest.raises(ProviderUnavailable):
        build_provider(name, "http://slow.invalid").fetch("AAPL", since=SINCE, timeout_s=0.5)
    over.set()


@pytest.mark.parametrize("name", NETWORKED)
def test_a_retry_after_is_returned_without_sleeping(server, name):
    with pytest.raises(ProviderUnavailable) as caught:
        fetched(server, name, answering(429, b"{}", Retry_After="3600"))
    assert caught.value.retry_after_s == 3600


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1800", 1800),
        (lambda: in_seconds(1800), 1800),
        ("9999999999", 86_400),
        ("9" * 5000, 86_400),
        (lambda: in_seconds(10**6), 86_400),
    ],
)
@pytest.mark.parametrize("name", NETWORKED)
def test_every_provider_is_paused_for_its_retry_after_up_to_a_day(server, name, status, said, seconds):
    said = said if isinstance(said, str) else said()
    with pytest.raises(ProviderUnavailable) as caught:
        fetched(server, name, answering(status, HTML, Retry_After=said))
    assert seconds - 1000 < caught.value.retry_after_s <= seconds
    assert len([path for path, _ in server.asked if name != "yahoo" or path.startswith("/v8/finance/chart/")]) == 1


@pytest.mark.parametrize("said", ["", "soon", "-5", "2.5", "Fri, 99 Nov 2026 23:59:00 GMT", "\xb2"])
def test_an_unreadable_retry_after_is_none(said):
    assert parse_retry_after(said) is None


def test_a_retry_after_in_the_past_is_zero():
    assert parse_retry_after("Fri, 20 Nov 2020 23:59:00 GMT") == 0


@pytest.mark.parametrize("name", NETWORKED)
def test_a_server_that_compresses_on_request_is_supported(server, name):
    good = SPOKEN[name].good

    def compressing(request: BaseHTTPRequestHandler) -> None:
        may = "gzip" in request.headers.get("Accept-Encoding", "")
        (answering(200, gzip.compress(good), Content_Encoding="gzip") if may else answering(200, good))(request)

    assert len(fetched(server, name, compressing)) == 80


@pytest.mark.parametrize("failing", [answering(500, HTML), answering(502, b'{"code":502,"status":"error"}'), resetting])
@pytest.mark.parametrize("name", NETWORKED)
def test_a_failed_call_is_retried_once_and_both_calls_count(server, name, failing, redis_url):
    answers = [failing, answering(200, SPOKEN[name].good)]

    def next_answer(request: BaseHTTPRequestHandler) -> None:
        answers.pop(0)(request)

    server.handle = chart_only(next_answer) if name == Yahoo.name else next_answer
    with Redis.from_url(redis_url) as client:
        provider = GuardedProvider(build_provider(name, server.url), ProviderLimits(client), name, (Window(9, 10**9),))
        assert len(provider.fetch("AAPL", since=SINCE, timeout_s=100)) == 80
        assert [client.get(spent) for spent in client.keys("budget:*")] == [b"2"]
    assert answers == []


@pytest.mark.parametrize("name", NETWORKED)
def test_no_other_host_is_called(server, name):
    with running_source() as other:
        other.handle = answering(200, SPOKEN[name].good)
        moved = answering(302, b"", Location=f"http://localhost:{other.server_port}/")
        with pytest.raises(ProviderUnavailable):
            fetched(server, name, moved)
        assert other.asked == []


OVER_QUOTA = b"You have run over your 500 symbol look up for this month. Please upgrade at https://example.invalid"
DAY_USED_UP = (
    f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day. Please subscribe"
)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("tiingo", (answering(200, OVER_QUOTA), "quota", 3600)),
        ("tiingo", (answering(401, b'{"detail":"Invalid token."}'), "refused the key", 900)),
        ("alphavantage", (answering(200, json.dumps({"Information": DAY_USED_UP}).encode()), "quota", 3600)),
        ("alphavantage", (answering(200, b'{"Note": "Our standard API call frequency is 5 calls per minute and'
                                         b' 500 calls per day."}'), "quota", 60)),
        ("alphavantage", (answering(200, b'{"Information": "This is a premium endpoint."}'), "refused", 900)),
        ("twelvedata", (answering(200, b'{"code":429,"message":"You have run out of credits for the current minute",'
                                      b'"status":"error"}'), "quota", 60)),
        ("twelvedata", (answering(429, b'{"code":429,"message":"You have run out of API credits for the day.",'
                                      b'"status":"error"}'), "quota", 3600)),
        ("twelvedata", (answering(401, b'{"code":401,"message":"**apikey** parameter is incorrect","status":"error"}'),
         "refused", 900)),
        ("twelvedata", (answering(200, b'{"code":500,"message":"oops","status":"error"}'), "error", None)),
        ("twelvedata", (answering(200, b'{"code":"429","message":"You have run out of credits for the current minute",'
                                      b'"status":"error"}'), "quota", 60)),
        ("twelvedata", (answering(200, b'{"code":"401","message":"x","status":"error"}'), "refused", 900)),
        ("twelvedata", (answering(404, b'{"code":404,"message":"This symbol is available starting with Pro plan",'
                                      b'"status":"error"}'), "error", None)),
        ("twelvedata", (answering(400, b'{"code":400,"message":"**start_date** of the **symbol** is wrong",'
                                      b'"status":"error"}'), "error", None)),
        ("twelvedata", (answering(404, b'{"code":404,"message":"Path not found","status":"error"}'), "error", None)),
        ("tiingo", (answering(404, b'{"detail":"Not found."}'), "status 404", None)),
        ("tiingo", (answering(404, b'{"detail":["x"]}'), "status 404", None)),
        ("alphavantage", (answering(200, b'{"Error Message": "the parameter apikey is invalid or missing. Please claim'
                                        b' your free API key on (https://www.alphavantage.co/support/#api-key)."}'),
         "refused", 900)),
        ("alphavantage", (answering(200, b'{"Error Message": "This API function does not exist."}'), "table", None)),
        ("finnhub", (answering(403, b'{"error":"You don\'t have access to this resource."}'), "refused", 900)),
        ("finnhub", (answering(429, b'{"error":"API limit reached. Please try again later."}'), "quota", 60)),
        ("nasdaq", (answering(403, HTML), "refused", 900)),
        ("nasdaq", (answering(410, b"{}"), "refused", 900)),
        ("nasdaq", (answering(403, b'{"quandl_error":{"code":"weird","message":"x"}}'), "refused", 900)),
        ("nasdaq", (answering(404, b'{"quandl_error":{"code":"weird","message":"x"}}'), "an unknown format", None)),
        ("nasdaq", (answering(429, b'{"quandl_error":{"code":"QELx04","message":"x"}}'), "quota", 60)),
        ("yahoo", (answering(429, b"Too Many Requests"), "quota", 300)),
        ("yahoo", (answering(200, b"*** Will be right back ***"), "Yahoo", None)),
    ],
)  # fmt: skip
def test_a_refusal_contains_the_pause_of_the_provider(server, caplog, name, answer):
    handle, sentence, wait_s = answer
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailable, match=sentence) as caught:
        fetched(server, name, handle)
    assert caught.value.retry_after_s == wait_s
    assert_keyless(caught.value, caplog.text)


TWELVE_SENTENCES = (
    "**symbol** not found: XYZ. Please specify it correctly according to API Documentation.",
    "**symbol** or **figi** parameter is missing or invalid. Please provide a valid symbol",
)


@pytest.mark.parametrize("code", ["404", '"404"', "400"])
@pytest.mark.parametrize("said", TWELVE_SENTENCES)
def test_every_unknown_ticker_error_of_twelve_data_is_recognised(server, code, said):
    body = f'{{"code":{code},"message":"{said}","status":"error"}}'.encode()
    with pytest.raises(UnknownTicker):
        fetched(server, "twelvedata", answering(200, body))


def test_a_period_without_prices_at_twelve_data_is_too_little_data(server):
    body = b'{"code":400,"message":"No data is available on the specified dates.","status":"error"}'
    with pytest.raises(TooLittleData):
        fetched(server, "twelvedata", answering(400, body))


def test_a_ticker_without_a_wiki_code_is_unknown_without_a_call(server):
    with pytest.raises(UnknownTicker):
        fetched(server, "nasdaq", answering(500, HTML), ticker="^GSPC")
    assert server.asked == []


def test_yahoo_writes_files_only_in_a_temporary_folder(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fetched(server, "yahoo", answering(200, SPOKEN["yahoo"].good))
    assert list(tmp_path.iterdir()) == []


def test_a_chinese_share_is_in_its_own_currency(server):
    assert fetched(server, "tiingo", answering(200, SPOKEN["tiingo"].good), ticker="600519").currency == "CNY"


FOREIGN = ["TSCO.LON", "VOD.L", "7203.T", "M&M.NS", "600519.SHH", "BTC-EUR", "^FTSE", "RELIANCE", "SAP.DE", "A.V"]
AMERICAN = ["AAPL", "F", "BRK.B", "BRK-B", "BAC-PL", "SPCE-WT"]


@pytest.mark.parametrize("ticker", FOREIGN)
@pytest.mark.parametrize("name", ["tiingo", "finnhub", "alphavantage"])
def test_a_foreign_listing_without_a_named_currency_has_an_unknown_one(server, name, ticker):
    series = fetched(server, name, answering(200, SPOKEN[name].good), ticker=ticker)
    assert (series.currency, "the source names no currency" in series.flags) == ("XXX", True)


@pytest.mark.parametrize("ticker", AMERICAN)
@pytest.mark.parametrize("name", ["tiingo", "finnhub", "alphavantage"])
def test_an_american_listing_is_in_dollars(server, name, ticker):
    series = fetched(server, name, answering(200, SPOKEN[name].good), ticker=ticker)
    assert (series.currency, "the source names no currency" in series.flags) == ("USD", False)


@pytest.mark.parametrize("named", [b"null", b'""', b'" "'])
@pytest.mark.parametrize("name", ["twelvedata", "yahoo"])
def test_a_missing_currency_in_a_response_is_unknown(server, name, named):
    good = SPOKEN[name].good.replace(b'"currency": "USD"', b'"currency": ' + named)
    series = fetched(server, name, answering(200, good))
    assert (series.currency, "the source names no currency" in series.flags) == ("XXX", True)


def assert_four_failures_do_not_pause(provider, server, name):
    """Check that a provider answers for a known ticker after failures for four others."""
    for ticker in ("NIL", "NONE", "NOPE", "NIX"):
        with pytest.raises(Failure):
            provider.fetch(ticker, since=SINCE, timeout_s=100)
    good = answering(200, SPOKEN[name].good)
    server.handle = chart_only(good) if name == Yahoo.name else good
    assert len(provider.fetch("AAPL", since=SINCE, timeout_s=100)) == 80


EMPTY_RESPONSES = [
    (name, body)
    for name in ("tiingo", "twelvedata", "finnhub", "alphavantage", "yahoo")
    for body in (b"{}", b"", b" \r\n", b"[]", b"null", b"\xef\xbb\xbf")
    if (name, body) != ("yahoo", b"{}")  # Yahoo's empty responses have another form
]


@pytest.mark.parametrize(("name", "body"), EMPTY_RESPONSES)
def test_empty_responses_for_some_tickers_do_not_pause_the_provider(server, name, body, redis_url):
    with Redis.from_url(redis_url) as client:
        provider = GuardedProvider(build_provider(name, server.url), ProviderLimits(client), name, ())
        server.handle = chart_only(answering(200, body)) if name == Yahoo.name else answering(200, body)
        assert_four_failures_do_not_pause(provider, server, name)


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize("name", ["tiingo", "twelvedata", "finnhub", "alphavantage", "yahoo"])
def test_a_status_about_one_ticker_does_not_pause_the_provider(server, name, status, redis_url):
    with Redis.from_url(redis_url) as client:
        provider = GuardedProvider(build_provider(name, server.url), ProviderLimits(client), name, ())
        server.handle = answering(status, HTML)
        assert_four_failures_do_not_pause(provider, server, name)


NOTICES = [
    ("Please consider spreading out your free API requests more sparingly (1 request per second). You may subscribe to"
     " any of the premium plans at https://www.alphavantage.co/premium/ to lift the free key rate limit (25 requests"
     " per day), raise the per-second burst limit, and instantly unlock all premium endpoints", "within a second", 1),
    ("Burst pattern detected. Please subscribe to any of the premium plans to unlock all premium endpoints",
     "within a second", 1),
    ("Thank you for using Alpha Vantage! Our standard API rate limit is 25 requests per day. Please subscribe to any of"
     " the premium plans to instantly remove all daily rate limits and unlock all premium endpoints.", "quota", 3600),
    ("Our standard API call frequency is 5 calls per minute and 500 calls per day. Visit premium", "quota", 60),
    ("Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans at"
     " https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints", "refused", 900),
    ("This is a premium endpoint. Premium plans begin at 75 requests per minute.", "refused", 900),
    ("Our call frequency is 1 request/second. Subscribe to unlock all premium endpoints", "within a second", 1),
    ("75 requests/min were exceeded. See our premium plans.", "quota", 60),
    ("You may make 5 calls every 60 seconds. Visit premium for more.", "quota", 60),
    ("Limited to 5 requests per 1 minute and 500 per day. See our premium plans.", "quota", 60),
    ("5 calls within 60s are allowed; upgrade to premium", "quota", 60),
    ("At most 25 requests in 24 hours. Premium plans have no such limit.", "quota", 3600),
    ("At most 1 call every 1 second. Premium plans have no such limit.", "within a second", 1),
    ("At most 3 calls every 12 seconds. Premium plans have no such limit.", "quota", 12),
    ("Your quota is used up. Subscribe to a premium plan.", "quota", 60),
    ("This is a premium endpoint. Premium plans allow 75 calls every 60 seconds.", "refused", 900),
    ("You have reached the daily limit of 25 requests. Premium plans unlock all premium endpoints", "quota", 3600),
    ("Too many requests. Visit https://www.alphavantage.co/premium/ for a higher API call frequency", "quota", 60),
    ("This endpoint is only available to premium members", "refused", 900),
    ("The outputsize=full parameter value is a premium feature for the TIME_SERIES_DAILY endpoint.", "refused", 900),
    ("The **demo** API key is for demo purposes only. Please claim your free API key", "refused", 900),
    ("Something new.", "quota", 60),
]  # fmt: skip


@pytest.mark.parametrize("field", ["Information", "Note"])
@pytest.mark.parametrize(("notice", "sentence", "wait_s"), NOTICES)
def test_each_notice_of_alpha_vantage_has_its_own_failure(server, field, notice, sentence, wait_s):
    with pytest.raises(ProviderUnavailable, match=sentence) as caught:
        fetched(server, "alphavantage", answering(200, json.dumps({field: notice}).encode()))
    assert caught.value.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("name", "status", "body", "kind"),
    [
        ("tiingo", 200, b"Error: Ticker 'NIL' not found", UnknownTicker),
        ("tiingo", 200, b'{"detail":"Error: You have run over your hourly request allocation."}', ProviderUnavailable),
        ("finnhub", 200, b'{"error":"Symbol not supported"}', UnknownTicker),
        ("yahoo", 400, b'{"chart":{"result":null,"error":{"code":"Bad Request","description":"Data doesn\'t exist for'
                       b' startDate = 1, endDate = 2"}}}', TooLittleData),
    ],
)  # fmt: skip
def test_an_error_about_one_ticker_is_distinguished_from_one_about_all(server, name, status, body, kind):
    with pytest.raises(kind):
        fetched(server, name, answering(status, body))


def test_a_foreign_ticker_outside_finnhubs_plan_does_not_pause_american_ones(server, redis_url):
    with Redis.from_url(redis_url) as client:
        provider = GuardedProvider(build_provider("finnhub", server.url), ProviderLimits(client), "finnhub", ())
        server.handle = answering(403, b'{"error":"You don\'t have access to this resource."}')
        with pytest.raises(ProviderUnavailable):
            provider.fetch("VOD.L", since=SINCE, timeout_s=100)
        server.handle = answering(200, SPOKEN["finnhub"].good)
        assert len(provider.fetch("AAPL", since=SINCE, timeout_s=100)) == 80


@pytest.mark.parametrize("setting", ["HTTP_PROXY", "http_proxy"])
@pytest.mark.parametrize("name", KEYED)
def test_every_provider_is_called_through_the_proxy_of_the_environment(server, monkeypatch, name, setting):
    monkeypatch.setenv(setting, server.url)
    server.handle = answering(200, SPOKEN[name].good)
    series = build_provider(name, "http://prices.invalid").fetch("AAPL", since=SINCE, timeout_s=100)
    assert len(series) == 80
    assert server.asked[0][0].startswith("http://prices.invalid/")


@pytest.mark.parametrize("name", NETWORKED)
def test_an_https_provider_is_reached_by_a_tunnel_without_secrets(monkeypatch, name):
    with running_proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.removeprefix("http://") if name == "tiingo" else proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(ProviderUnavailable):
            build_provider(name, "https://prices.invalid").fetch("AAPL", since=SINCE, timeout_s=20)
    assert ("CONNECT", "prices.invalid:443") in {(command, path) for command, path, _ in proxy.tunnels}
    assert not any(KEY in value for _, _, headers in proxy.tunnels for value in headers.values())


@pytest.mark.parametrize("setting", ["NO_PROXY", "no_proxy"])
def test_a_host_in_no_proxy_is_called_directly(server, monkeypatch, setting):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(setting, "127.0.0.1")
    assert len(fetched(server, "tiingo", answering(200, SPOKEN["tiingo"].good))) == 80


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "not a proxy", "ftp://x"])
def test_an_unusable_proxy_is_a_failure_with_a_reason(monkeypatch, proxy):
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(ProviderUnavailable):
        build_provider("tiingo", "http://prices.invalid").fetch("AAPL", since=SINCE, timeout_s=5)
