"""Finnhub's stock candles: https://finnhub.io/docs/api/stock-candles. They need a paid plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import pandas as pd

from common.errors import UnknownTicker
from common.prices import COLUMNS, PriceSeries
from ingestion_service.providers.download import Answer, Query, download
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.refusals import json_object, no_table, raise_for_status, understood
from ingestion_service.providers.symbols import with_class_after
from ingestion_service.providers.tables import table_of_rows

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


def parsed(ticker: str, answer: Answer) -> PriceSeries:
    """Turn the answer into a series, or into the failure that it stands for."""
    raise_for_status("Finnhub", answer.status, answer.retry_after_s)
    said = json_object("Finnhub", answer.body)
    if said.get("s") == "no_data":  # said of unknown tickers, and of known ones in years without prices
        raise UnknownTicker(f"Finnhub has no prices of {ticker}.")
    if said.get("s") != "ok":
        raise no_table("Finnhub")
    frame = understood("Finnhub", lambda: _frame(said))
    return PriceSeries(ticker, Finnhub.name, "USD", frame, flags=("no dividends in adj_close",))


def _frame(said: dict[str, Any]) -> pd.DataFrame:
    if not said["t"]:
        raise no_table("Finnhub")
    days = [str(day) for day in np.asarray(said["t"], dtype="int64").astype("datetime64[s]").astype("datetime64[D]")]
    names = {"day": days} | {name: said.get(letter) for name, letter in _LETTERS.items()}
    known = {name: cells for name, cells in names.items() if cells is not None}
    rows = list(zip(*known.values(), strict=True))
    return table_of_rows(list(known), rows, "day", COLUMNS)
