"""Alpha Vantage's daily adjusted prices: https://www.alphavantage.co/documentation/#dailyadj."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from common.domain.errors import Failure, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import (
    is_empty,
    json_object,
    no_table,
    nothing_for,
    over_quota,
    raise_for_status,
    refused,
    too_fast,
)
from ingestion_service.providers.fetch.tables import adjusted_by, read_table
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.symbols import listing_currency, unknown_currency_flags, with_class_after

DEFAULT_URL = "https://www.alphavantage.co"
COMPACT_ROWS = 100
_COMPACT_FOR = timedelta(days=120)
"""Surely less than 100 trading days."""
_UNKNOWN = "invalid api call"
"""All that it says of a ticker that it does not know."""
_RATE = re.compile(
    r"(?:\b(?:per|a|an|every|each|in|within|last)[ -]|/ ?)(?:(?P<count>\d{1,6})[ -]?)?"
    r"(?P<unit>second|sec|minute|min|hour|hr|day|month|s)s?\b"
    r"|\b(?P<period>hourly|daily|monthly) (?:\w+ ){0,2}(?:limit|quota)"
)
"""The first rate in a notice is the one that was exceeded."""
_UNITS = {
    "s": "second",
    "sec": "second",
    "min": "minute",
    "hr": "hour",
    "hourly": "hour",
    "daily": "day",
    "monthly": "month",
}
_ENOUGH = re.compile(
    r"too many|rate[ -]limit|call frequency|quota|throttl|limit (?:was |is |has been )?(?:reached|exceeded)"
)
"""Words of a notice that names no rate and is about one all the same."""
_PREMIUM_ONLY = re.compile(r"\b(?:is|are) (?:an? |only )?premium\b|\bpremium[ -]only\b")
_PAUSES_S = {"second": 1, "minute": 60, "hour": 3600, "day": 3600, "month": 24 * 3600}
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


def parsed(ticker: str, since: date, answer: HttpResponse) -> PriceSeries:
    """Turn the answer into a series, or into the failure that it stands for."""
    raise_for_answer(ticker, answer)
    frame = read_table("Alpha Vantage", answer.body, day="timestamp", numbers=_NUMBERS)
    adjusted = adjusted_by("Alpha Vantage", "split_coefficient", frame).rename(columns={"adjusted_close": "adj_close"})
    wanted = adjusted.loc[pd.Timestamp(since) :]
    if wanted.empty:
        raise TooLittleData(f"Alpha Vantage has no prices of {ticker} for the last years.")
    currency = listing_currency(ticker)
    return PriceSeries(
        ticker, AlphaVantage.name, currency, wanted[list(COLUMNS)], flags=unknown_currency_flags(currency)
    )


def raise_for_answer(ticker: str, answer: HttpResponse) -> None:
    """Raise the failure that an answer stands for, where it is no table."""
    raise_for_status("Alpha Vantage", answer.status, answer.retry_after_s)
    if is_empty(answer.body):
        raise nothing_for("Alpha Vantage", ticker)
    if answer.body.lstrip().startswith(b"{"):
        raise failure_in(ticker, answer.body)


def failure_in(ticker: str, body: bytes) -> Failure:
    """Return the failure behind a JSON object; its sentences may hold the key, so that none of them is repeated."""
    said = json_object("Alpha Vantage", body)
    if not said:
        return UnknownTicker(f"Alpha Vantage has nothing for {ticker}.")
    error = str(said.get("Error Message", "")).lower()
    if error.startswith(_UNKNOWN):
        return UnknownTicker(f"Alpha Vantage has no ticker {ticker}.")
    if "apikey" in error:
        return refused("Alpha Vantage")
    notice = f"{said.get('Information', '')} {said.get('Note', '')}".strip().lower()
    return _failure_in_notice(notice) if notice else no_table("Alpha Vantage")


def _failure_in_notice(notice: str) -> Failure:
    """Return what a notice announces: nearly all of them advertise premium plans, whatever they are about."""
    rate, premium = _RATE.search(notice), _PREMIUM_ONLY.search(notice)
    if premium and (rate is None or premium.start() < rate.start()):
        return refused("Alpha Vantage")
    pause_s = _pause_s(rate) if rate else 0
    if "burst" in notice or "sparingly" in notice or pause_s == 1:
        return too_fast("Alpha Vantage")
    if pause_s:
        return over_quota("Alpha Vantage", pause_s)
    if _ENOUGH.search(notice):
        return over_quota("Alpha Vantage")
    return refused("Alpha Vantage") if "premium" in notice or "demo" in notice else over_quota("Alpha Vantage")


def _pause_s(rate: re.Match[str]) -> int:
    """Return how many seconds to leave the source alone after a rate such as "5 calls every 60 seconds"."""
    word = rate["unit"] or rate["period"]
    unit = _UNITS.get(word, word)
    count = int(rate["count"] or 1)
    longest_s = max(_PAUSES_S[unit], _PAUSES_S["day"])  # quotas of a day are asked about every hour
    return min(max(count, 1) * _PAUSES_S[unit], longest_s)
