"""Finnhub's stock candles: https://finnhub.io/docs/api/stock-candles. They need a paid plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import pandas as pd

from common.domain.errors import Failure, UnknownTicker
from common.domain.markets.currencies import UNKNOWN_CURRENCY
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.base import NothingUsable
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import (
    empty_answer_failure,
    is_empty,
    no_table_failure,
    parse_json_object,
    quota_failure,
    raise_for_status,
    read_or_raise,
    rejected_key_failure,
)
from ingestion_service.providers.fetch.tables import build_table_from_rows
from ingestion_service.providers.keys import validate_key
from ingestion_service.providers.symbols import flag_unknown_currency, format_share_class, infer_listing_currency

DEFAULT_URL = "https://finnhub.io"
_LETTERS = {"open": "o", "high": "h", "low": "l", "close": "c", "adj_close": "c", "volume": "v"}


class Finnhub:
    """Daily prices by HTTP with the key in a header; adjusted for splits, not for dividends."""

    name = "finnhub"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raise ValueError if the key is malformed."""
        self._url = url.rstrip("/")
        self._api_key = validate_key("FINNHUB_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; see :meth:`Provider.fetch`."""
        query = build_query(self._url, self._api_key, ticker, since, until=datetime.now(UTC))
        return parse(ticker, download(query, timeout_s=timeout_s))


def build_query(base_url: str, api_key: str, ticker: str, since: date, until: datetime) -> Query:
    """Return the query for a ticker; share classes follow a dot, as in BRK.B."""
    params = {
        "symbol": format_share_class(".", ticker),
        "resolution": "D",
        "from": str(int(datetime.combine(since, time(), UTC).timestamp())),
        "to": str(int(until.timestamp())),
    }
    return Query(f"{base_url}/api/v1/stock/candle", params, secret_headers={"X-Finnhub-Token": api_key})


def parse(ticker: str, response: HttpResponse) -> PriceSeries:
    """Parse a response.

    Raises:
        Failure: the response contains no prices.
    """
    if response.status == 403 and infer_listing_currency(ticker) == UNKNOWN_CURRENCY:
        # A free plan excludes foreign listings; the key still works for other tickers.
        raise NothingUsable(f"Finnhub's plan for this key has no prices of {ticker}.")
    raise_for_status("Finnhub", response.status, response.retry_after_s)
    if is_empty(response.body):
        raise empty_answer_failure("Finnhub", ticker)
    payload = parse_json_object("Finnhub", response.body)
    if payload.get("s") == "no_data":  # for unknown tickers, and for known ones in years without prices
        raise UnknownTicker(f"Finnhub has no prices of {ticker}.")
    if payload.get("s") != "ok":
        raise _classify_error(ticker, payload)
    frame = read_or_raise("Finnhub", lambda: _build_frame(payload))
    currency = infer_listing_currency(ticker)
    flags = ("no dividends in adj_close", *flag_unknown_currency(currency))
    return PriceSeries(ticker, Finnhub.name, currency, frame, flags=flags)


def _classify_error(ticker: str, payload: dict[str, Any]) -> Failure:
    """Return the failure for a JSON object without candles; Finnhub also sends errors with status 200."""
    error = str(payload.get("error", "")).lower()
    if not payload:
        return empty_answer_failure("Finnhub", ticker)
    if "limit" in error:
        return quota_failure("Finnhub")
    if "api key" in error or "access" in error:
        return rejected_key_failure("Finnhub")
    if "symbol" in error:
        return UnknownTicker(f"Finnhub has no ticker {ticker}.")
    return no_table_failure("Finnhub")


def _build_frame(payload: dict[str, Any]) -> pd.DataFrame:
    if not payload["t"]:
        raise no_table_failure("Finnhub")
    days = [str(day) for day in np.asarray(payload["t"], dtype="int64").astype("datetime64[s]").astype("datetime64[D]")]
    names = {"day": days} | {name: payload.get(letter) for name, letter in _LETTERS.items()}
    known = {name: cells for name, cells in names.items() if cells is not None}
    rows = list(zip(*known.values(), strict=True))
    return build_table_from_rows(list(known), rows, "day", COLUMNS)
