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
    currency,
    is_empty,
    json_object,
    no_table,
    nothing_for,
    over_quota,
    raise_for_status,
    refused,
    understood,
)
from ingestion_service.providers.fetch.tables import table_of_objects
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.symbols import unknown_currency_flags, with_class_after
from ingestion_service.splits import PRICES

DEFAULT_URL = "https://api.twelvedata.com"
_UNKNOWN = re.compile(r"\*\*symbol\*\*.*(not found|missing or invalid)")
"""Other errors name the symbol as well: that it needs another plan, for one."""
_ROWS = 5000
"""The most that one answer can hold: twenty years of trading days."""


class TwelveData:
    """Daily prices by HTTP with a key, which travels in a header; adjusted for splits, not for dividends."""

    name = "twelvedata"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raises ValueError for a key that cannot be one."""
        self._url = url.rstrip("/")
        self._api_key = usable_key("TWELVE_DATA_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; raises as :class:`Provider` says."""
        query = built_query(self._url, self._api_key, ticker, since)
        return parsed(ticker, download(query, timeout_s=timeout_s))


def built_query(base_url: str, api_key: str, ticker: str, since: date) -> Query:
    """Build the query for a ticker, in which a share class stands behind a dot: BRK.B."""
    params = {
        "symbol": with_class_after(".", ticker),
        "interval": "1day",
        "start_date": since.isoformat(),
        "outputsize": str(_ROWS),
        "order": "ASC",
        "adjust": "splits",
    }
    return Query(f"{base_url}/time_series", params, secret_headers={"Authorization": f"apikey {api_key}"})


def parsed(ticker: str, answer: HttpResponse) -> PriceSeries:
    """Turn the answer into a series, or into the failure that it stands for."""
    said = answered(ticker, answer)
    frame = understood("Twelve Data", lambda: _frame(said.get("values")))
    if frame.empty:
        raise TooLittleData(f"Twelve Data has no prices of {ticker} for the last years.")
    named = currency_in(said)
    flags = ("no dividends in adj_close", *unknown_currency_flags(named))
    return PriceSeries(ticker, TwelveData.name, named, frame, flags=flags)


def answered(ticker: str, answer: HttpResponse) -> dict[str, Any]:
    """The object that was answered; raises the failure that it stands for."""
    if answer.status >= 500 or not answer.body.lstrip().startswith(b"{"):
        raise_for_status("Twelve Data", answer.status, answer.retry_after_s)
    if answer.status == 200 and (is_empty(answer.body) or answer.body.strip() == b"{}"):
        raise nothing_for("Twelve Data", ticker)
    said = json_object("Twelve Data", answer.body)
    if said.get("status") == "error" or "code" in said:
        raise _failure(ticker, said, answer)
    raise_for_status("Twelve Data", answer.status, answer.retry_after_s)
    return said


def currency_in(said: dict[str, Any]) -> str:
    """The currency of the prices in an answer."""
    meta = said.get("meta")
    return currency("Twelve Data", meta.get("currency") if isinstance(meta, dict) else None)


def _failure(ticker: str, said: dict[str, Any], answer: HttpResponse) -> Failure:
    """The failure behind an error; the code in the body counts, as the status may be 200."""
    code, message = str(said.get("code")), str(said.get("message", "")).lower()
    if code == "429":
        # The sentence says whether the minute's or the day's credits are used up.
        return over_quota("Twelve Data", answer.retry_after_s or (3600 if "for the day" in message else None))
    if code in {"401", "403"}:
        return refused("Twelve Data", answer.retry_after_s)
    if code in {"400", "404"} and _UNKNOWN.search(message):
        return UnknownTicker(f"Twelve Data has no ticker {ticker}.")
    if code == "400" and "no data" in message:
        return TooLittleData(f"Twelve Data has no prices of {ticker} for the last years.")
    if code in {"400", "404"} and "symbol" in message:
        # Another plan has it, or the parameters do not fit this listing: other tickers are still answered.
        return NothingUsable(f"Twelve Data answered with an error for {ticker}.")
    return ProviderUnavailable("Twelve Data answered with an error.", retry_after_s=answer.retry_after_s)


def _frame(values: Any) -> pd.DataFrame:
    if not isinstance(values, list):
        raise no_table("Twelve Data")
    table = table_of_objects(values, "datetime", (*PRICES, "volume"))
    if pd.DatetimeIndex(table.index).hasnans:
        raise no_table("Twelve Data")
    return table.assign(adj_close=table["close"])[list(COLUMNS)]
