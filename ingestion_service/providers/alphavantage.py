"""Alpha Vantage's daily adjusted prices: https://www.alphavantage.co/documentation/#dailyadj."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd

from common.errors import Failure, TooLittleData, UnknownTicker
from common.prices import COLUMNS, PriceSeries
from ingestion_service.providers.download import Answer, Query, download
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.refusals import json_object, no_table, over_quota, raise_for_status, refused
from ingestion_service.providers.symbols import with_class_after
from ingestion_service.providers.tables import adjusted_by, read_table

DEFAULT_URL = "https://www.alphavantage.co"
COMPACT_ROWS = 100
_COMPACT_FOR = timedelta(days=120)
"""Surely less than 100 trading days."""
_UNKNOWN = "invalid api call"
"""All that it says of a ticker that it does not know."""
_NUMBERS = ("open", "high", "low", "close", "adjusted_close", "volume", "split_coefficient")


class AlphaVantage:
    """Daily prices by HTTP with a key, which travels in the query: the API knows no header for it.

    The adjusted history is a paid feature. The free one has 100 raw rows, in which a split is a crash, so it is not
    taken in the place of a history: another source has a better one.
    """

    name = "alphavantage"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raises ValueError for a key that cannot be one."""
        self._url = url.rstrip("/")
        self._api_key = usable_key("ALPHA_VANTAGE_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; raises as :class:`Provider` says."""
        query = built_query(self._url, self._api_key, ticker, since, today=datetime.now(UTC).date())
        return parsed(ticker, since, download(query, timeout_s=timeout_s))


def built_query(base_url: str, api_key: str, ticker: str, since: date, today: date) -> Query:
    """Build the query for a ticker; where few days are wanted, the last 100 are asked for."""
    params = {
        "function": "TIME_SERIES_DAILY_ADJUSTED",
        "symbol": with_class_after("-", ticker),
        "outputsize": "compact" if today - since < _COMPACT_FOR else "full",
        "datatype": "csv",
    }
    return Query(f"{base_url}/query", params, secret_params={"apikey": api_key})


def parsed(ticker: str, since: date, answer: Answer) -> PriceSeries:
    """Turn the answer into a series, or into the failure that it stands for."""
    raise_for_status("Alpha Vantage", answer.status, answer.retry_after_s)
    if answer.body.lstrip().startswith(b"{"):
        raise failure_in(ticker, answer.body)
    frame = read_table("Alpha Vantage", answer.body, day="timestamp", numbers=_NUMBERS)
    adjusted = adjusted_by("Alpha Vantage", "split_coefficient", frame).rename(columns={"adjusted_close": "adj_close"})
    wanted = adjusted.loc[pd.Timestamp(since) :]
    if wanted.empty:
        raise TooLittleData(f"Alpha Vantage knows {ticker} but has no prices of the last years.")
    return PriceSeries(ticker, AlphaVantage.name, "USD", wanted[list(COLUMNS)])


def failure_in(ticker: str, body: bytes) -> Failure:
    """The failure behind a JSON object; its sentences may hold the key, so that none of them is repeated."""
    said = json_object("Alpha Vantage", body)
    error = str(said.get("Error Message", "")).lower()
    if error.startswith(_UNKNOWN):
        return UnknownTicker(f"Alpha Vantage does not know {ticker}.")
    if "apikey" in error:
        return refused("Alpha Vantage")
    notice = f"{said.get('Information', '')} {said.get('Note', '')}".lower()
    if "premium endpoint" in notice or "premium feature" in notice:
        return refused("Alpha Vantage")
    if "per day" in notice and "per minute" not in notice:
        return over_quota("Alpha Vantage", 3600)
    if notice.strip():
        return over_quota("Alpha Vantage")
    return no_table("Alpha Vantage")
