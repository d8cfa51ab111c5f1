"""Finnhub's stock candles: https://finnhub.io/docs/api/stock-candles. They need a paid plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import pandas as pd

from common.domain.currencies import UNKNOWN_CURRENCY
from common.domain.errors import Failure, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.base import NothingUsable
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import (
    is_empty,
    json_object,
    no_table,
    nothing_for,
    over_quota,
    raise_for_status,
    refused,
    understood,
)
from ingestion_service.providers.fetch.tables import table_of_rows
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.symbols import listing_currency, unknown_currency_flags, with_class_after

DEFAULT_URL = "https://finnhub.io"
_LETTERS = {"open": "o", "high": "h", "low": "l", "close": "c", "adj_close": "c", "volume": "v"}


class Finnhub:
    """Daily prices by HTTP with a key, which travels in a header; adjusted for splits, not for dividends."""

    name = "finnhub"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raises ValueError for a key that cannot be one."""
        self._url = url.rstrip("/")
        self._api_key = usable_key("FINNHUB_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; raises as :class:`Provider` says."""
        query = built_query(self._url, self._api_key, ticker, since, until=datetime.now(UTC))
        return parsed(ticker, download(query, timeout_s=timeout_s))


def built_query(base_url: str, api_key: str, ticker: str, since: date, until: datetime) -> Query:
    """Build the query for a ticker, in which a share class stands behind a dot: BRK.B."""
    params = {
        "symbol": with_class_after(".", ticker),
        "resolution": "D",
        "from": str(int(datetime.combine(since, time(), UTC).timestamp())),
        "to": str(int(until.timestamp())),
    }
    return Query(f"{base_url}/api/v1/stock/candle", params, secret_headers={"X-Finnhub-Token": api_key})


def parsed(ticker: str, answer: HttpResponse) -> PriceSeries:
    """Turn the answer into a series, or into the failure that it stands for."""
    if answer.status == 403 and listing_currency(ticker) == UNKNOWN_CURRENCY:
        # A free plan has no foreign listings; the same key still fetches other tickers.
        raise NothingUsable(f"Finnhub's plan for this key has no prices of {ticker}.")
    raise_for_status("Finnhub", answer.status, answer.retry_after_s)
    if is_empty(answer.body):
        raise nothing_for("Finnhub", ticker)
    said = json_object("Finnhub", answer.body)
    if said.get("s") == "no_data":  # said of unknown tickers, and of known ones in years without prices
        raise UnknownTicker(f"Finnhub has no prices of {ticker}.")
    if said.get("s") != "ok":
        raise _failure(ticker, said)
    frame = understood("Finnhub", lambda: _frame(said))
    currency = listing_currency(ticker)
    flags = ("no dividends in adj_close", *unknown_currency_flags(currency))
    return PriceSeries(ticker, Finnhub.name, currency, frame, flags=flags)


def _failure(ticker: str, said: dict[str, Any]) -> Failure:
    """Return the failure behind an object that is no candles; Finnhub sends errors under status 200, too."""
    error = str(said.get("error", "")).lower()
    if not said:
        return nothing_for("Finnhub", ticker)
    if "limit" in error:
        return over_quota("Finnhub")
    if "api key" in error or "access" in error:
        return refused("Finnhub")
    if "symbol" in error:
        return UnknownTicker(f"Finnhub has no ticker {ticker}.")
    return no_table("Finnhub")


def _frame(said: dict[str, Any]) -> pd.DataFrame:
    if not said["t"]:
        raise no_table("Finnhub")
    days = [str(day) for day in np.asarray(said["t"], dtype="int64").astype("datetime64[s]").astype("datetime64[D]")]
    names = {"day": days} | {name: said.get(letter) for name, letter in _LETTERS.items()}
    known = {name: cells for name, cells in names.items() if cells is not None}
    rows = list(zip(*known.values(), strict=True))
    return table_of_rows(list(known), rows, "day", COLUMNS)
