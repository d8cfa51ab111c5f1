"""Twelve Data's time series: https://twelvedata.com/docs#time-series."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd

from common.domain.errors import Failure, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.base import NothingUsable
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import (
    empty_answer_failure,
    is_empty,
    no_table_failure,
    parse_currency,
    parse_json_object,
    quota_failure,
    raise_for_status,
    read_or_raise,
    rejected_key_failure,
)
from ingestion_service.providers.fetch.tables import build_table_from_objects
from ingestion_service.providers.keys import validate_key
from ingestion_service.providers.symbols import flag_unknown_currency, format_share_class
from ingestion_service.splits import PRICES

DEFAULT_URL = "https://api.twelvedata.com"
_UNKNOWN = re.compile(r"\*\*symbol\*\*.*(not found|missing or invalid)")
"""The error for an unknown ticker. Other errors mention the symbol as well, such as one that needs another plan."""
_ROWS = 5000
"""The most rows of one response: twenty years of trading days."""


class TwelveData:
    """Daily prices by HTTP with the key in a header; adjusted for splits, not for dividends."""

    name = "twelvedata"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raise ValueError if the key is malformed."""
        self._url = url.rstrip("/")
        self._api_key = validate_key("TWELVE_DATA_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; see :meth:`Provider.fetch`."""
        query = build_query(self._url, self._api_key, ticker, since)
        return parse(ticker, download(query, timeout_s=timeout_s))


def build_query(base_url: str, api_key: str, ticker: str, since: date) -> Query:
    """Return the query for a ticker; share classes follow a dot, as in BRK.B."""
    params = {
        "symbol": format_share_class(".", ticker),
        "interval": "1day",
        "start_date": since.isoformat(),
        "outputsize": str(_ROWS),
        "order": "ASC",
        "adjust": "splits",
    }
    return Query(f"{base_url}/time_series", params, secret_headers={"Authorization": f"apikey {api_key}"})


def parse(ticker: str, response: HttpResponse) -> PriceSeries:
    """Parse a response.

    Raises:
        Failure: the response contains no prices.
    """
    payload = read_payload(ticker, response)
    frame = read_or_raise("Twelve Data", lambda: _build_frame(payload.get("values")))
    if frame.empty:
        raise TooLittleData(f"Twelve Data has no prices of {ticker} for the last years.")
    named = read_currency(payload)
    flags = ("no dividends in adj_close", *flag_unknown_currency(named))
    return PriceSeries(ticker, TwelveData.name, named, frame, flags=flags)


def read_payload(ticker: str, response: HttpResponse) -> dict[str, Any]:
    """Return the JSON object of a response; raise the failure if it is an error."""
    if response.status >= 500 or not response.body.lstrip().startswith(b"{"):
        raise_for_status("Twelve Data", response.status, response.retry_after_s)
    if response.status == 200 and (is_empty(response.body) or response.body.strip() == b"{}"):
        raise empty_answer_failure("Twelve Data", ticker)
    payload = parse_json_object("Twelve Data", response.body)
    if payload.get("status") == "error" or "code" in payload:
        raise _classify_error(ticker, payload, response)
    raise_for_status("Twelve Data", response.status, response.retry_after_s)
    return payload


def read_currency(payload: dict[str, Any]) -> str:
    """Return the currency of the prices in a response."""
    meta = payload.get("meta")
    return parse_currency("Twelve Data", meta.get("currency") if isinstance(meta, dict) else None)


def _classify_error(ticker: str, payload: dict[str, Any], response: HttpResponse) -> Failure:
    """Return the failure for an error. The code in the body counts, because the status may be 200."""
    code, message = str(payload.get("code")), str(payload.get("message", "")).lower()
    if code == "429":
        # The message tells which credits are used up, those of the minute or of the day.
        return quota_failure("Twelve Data", response.retry_after_s or (3600 if "for the day" in message else None))
    if code in {"401", "403"}:
        return rejected_key_failure("Twelve Data", response.retry_after_s)
    if code in {"400", "404"} and _UNKNOWN.search(message):
        return UnknownTicker(f"Twelve Data has no ticker {ticker}.")
    if code == "400" and "no data" in message:
        return TooLittleData(f"Twelve Data has no prices of {ticker} for the last years.")
    if code in {"400", "404"} and "symbol" in message:
        # This ticker needs another plan or other parameters; other tickers may still work.
        return NothingUsable(f"Twelve Data answered with an error for {ticker}.")
    return ProviderUnavailable("Twelve Data answered with an error.", retry_after_s=response.retry_after_s)


def _build_frame(values: Any) -> pd.DataFrame:
    if not isinstance(values, list):
        raise no_table_failure("Twelve Data")
    table = build_table_from_objects(values, "datetime", (*PRICES, "volume"))
    if pd.DatetimeIndex(table.index).hasnans:
        raise no_table_failure("Twelve Data")
    return table.assign(adj_close=table["close"])[list(COLUMNS)]
