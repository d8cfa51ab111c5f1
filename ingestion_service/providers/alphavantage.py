"""Alpha Vantage's daily adjusted prices: https://www.alphavantage.co/documentation/#dailyadj."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from common.domain.errors import Failure, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import (
    burst_failure,
    empty_answer_failure,
    is_empty,
    no_table_failure,
    parse_json_object,
    quota_failure,
    raise_for_status,
    rejected_key_failure,
)
from ingestion_service.providers.fetch.tables import adjust_by_factors, read_table
from ingestion_service.providers.keys import validate_key
from ingestion_service.providers.symbols import flag_unknown_currency, format_share_class, infer_listing_currency
from ingestion_service.splits import list_splits

DEFAULT_URL = "https://www.alphavantage.co"
COMPACT_ROWS = 100
_COMPACT_FOR = timedelta(days=120)
"""A period that certainly has fewer than 100 trading days."""
_UNKNOWN = "invalid api call"
"""The beginning of the error for an unknown ticker."""
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
"""Words of a notice about a rate limit that names no rate."""
_PREMIUM_ONLY = re.compile(r"\b(?:is|are) (?:an? |only )?premium\b|\bpremium[ -]only\b")
_PAUSES_S = {"second": 1, "minute": 60, "hour": 3600, "day": 3600, "month": 24 * 3600}
_NUMBERS = ("open", "high", "low", "close", "adjusted_close", "volume", "split_coefficient")


class AlphaVantage:
    """Daily prices by HTTP; the key is a query parameter, because the API accepts no header.

    The adjusted history is a paid feature. The free one is not used: it has 100 unadjusted rows, in which a split looks
    like a crash.
    """

    name = "alphavantage"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raise ValueError if the key is malformed."""
        self._url = url.rstrip("/")
        self._api_key = validate_key("ALPHA_VANTAGE_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; see :meth:`Provider.fetch`."""
        query = build_query(self._url, self._api_key, ticker, since, today=datetime.now(UTC).date())
        return parse(ticker, since, download(query, timeout_s=timeout_s))


def build_query(base_url: str, api_key: str, ticker: str, since: date, today: date) -> Query:
    """Return the query for a ticker. For a short period, it requests the last 100 days only."""
    params = {
        "function": "TIME_SERIES_DAILY_ADJUSTED",
        "symbol": format_share_class("-", ticker),
        "outputsize": "compact" if today - since < _COMPACT_FOR else "full",
        "datatype": "csv",
    }
    return Query(f"{base_url}/query", params, secret_params={"apikey": api_key})


def parse(ticker: str, since: date, response: HttpResponse) -> PriceSeries:
    """Parse a response.

    Raises:
        Failure: the response contains no prices.
    """
    raise_for_answer(ticker, response)
    frame = read_table("Alpha Vantage", response.body, day="timestamp", numbers=_NUMBERS)
    adjusted = adjust_by_factors("Alpha Vantage", "split_coefficient", frame).rename(
        columns={"adjusted_close": "adj_close"}
    )
    wanted = adjusted.loc[pd.Timestamp(since) :]
    if wanted.empty:
        raise TooLittleData(f"Alpha Vantage has no prices of {ticker} for the last years.")
    currency = infer_listing_currency(ticker)
    flags, splits = flag_unknown_currency(currency), list_splits(frame.loc[wanted.index[0] :, "split_coefficient"])
    return PriceSeries(ticker, AlphaVantage.name, currency, wanted[list(COLUMNS)], flags=flags, splits=splits)


def raise_for_answer(ticker: str, response: HttpResponse) -> None:
    """Raise the failure in a response that is not a table."""
    raise_for_status("Alpha Vantage", response.status, response.retry_after_s)
    if is_empty(response.body):
        raise empty_answer_failure("Alpha Vantage", ticker)
    if response.body.lstrip().startswith(b"{"):
        raise classify_error(ticker, response.body)


def classify_error(ticker: str, body: bytes) -> Failure:
    """Return the failure for a JSON object. Its text is not quoted, because it may contain the key."""
    payload = parse_json_object("Alpha Vantage", body)
    if not payload:
        return UnknownTicker(f"Alpha Vantage has nothing for {ticker}.")
    error = str(payload.get("Error Message", "")).lower()
    if error.startswith(_UNKNOWN):
        return UnknownTicker(f"Alpha Vantage has no ticker {ticker}.")
    if "apikey" in error:
        return rejected_key_failure("Alpha Vantage")
    notice = f"{payload.get('Information', '')} {payload.get('Note', '')}".strip().lower()
    return _classify_notice(notice) if notice else no_table_failure("Alpha Vantage")


def _classify_notice(notice: str) -> Failure:
    """Return the failure for a notice. Nearly all notices advertise premium plans, whatever their subject."""
    rate, premium = _RATE.search(notice), _PREMIUM_ONLY.search(notice)
    if premium and (rate is None or premium.start() < rate.start()):
        return rejected_key_failure("Alpha Vantage")
    pause_s = _pause_seconds(rate) if rate else 0
    if "burst" in notice or "sparingly" in notice or pause_s == 1:
        return burst_failure("Alpha Vantage")
    if pause_s:
        return quota_failure("Alpha Vantage", pause_s)
    if _ENOUGH.search(notice):
        return quota_failure("Alpha Vantage")
    return (
        rejected_key_failure("Alpha Vantage")
        if "premium" in notice or "demo" in notice
        else quota_failure("Alpha Vantage")
    )


def _pause_seconds(rate: re.Match[str]) -> int:
    """Return the seconds to pause after a rate such as "5 calls every 60 seconds"."""
    word = rate["unit"] or rate["period"]
    unit = _UNITS.get(word, word)
    count = int(rate["count"] or 1)
    longest_s = max(_PAUSES_S[unit], _PAUSES_S["day"])  # a daily quota is tried again every hour
    return min(max(count, 1) * _PAUSES_S[unit], longest_s)
