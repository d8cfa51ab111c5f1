"""Tiingo's end-of-day prices: https://www.tiingo.com/documentation/end-of-day."""

from __future__ import annotations

import json
import re
from datetime import date
from urllib.parse import quote

from common.domain.errors import TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import (
    empty_answer_failure,
    is_empty,
    quota_failure,
    raise_for_status,
    rejected_key_failure,
)
from ingestion_service.providers.fetch.tables import adjust_by_factors, read_table
from ingestion_service.providers.keys import validate_key
from ingestion_service.providers.symbols import flag_unknown_currency, infer_listing_currency
from ingestion_service.splits import list_splits

DEFAULT_URL = "https://api.tiingo.com"
_NUMBERS = ("open", "high", "low", "close", "volume", "adjClose", "splitFactor")
_QUOTA_FOR_S = 3600
"""Seconds: Tiingo's quota is for an hour."""
_UNKNOWN = re.compile(r"ticker.*not found", re.IGNORECASE)
_EMPTY_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\}\s*\Z")
_LONGEST_SENTENCE = 500
_OVER_QUOTA = b"you have run over your"
"""Tiingo sends this with status 200 as well: https://github.com/hydrosquall/tiingo-python/issues/45."""


class Tiingo:
    """Daily prices by HTTP with the key in a header."""

    name = "tiingo"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raise ValueError if the key is malformed."""
        self._url = url.rstrip("/")
        self._api_key = validate_key("TIINGO_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; see :meth:`Provider.fetch`."""
        query = build_query(self._url, self._api_key, ticker, since)
        return parse(ticker, download(query, timeout_s=timeout_s))


def build_query(base_url: str, api_key: str, ticker: str, since: date) -> Query:
    """Return the query for a ticker; share classes follow a hyphen, as in BRK-B."""
    symbol = quote(ticker.replace(".", "-"), safe="")
    params = {"startDate": since.isoformat(), "format": "csv"}
    headers = {"Authorization": f"Token {api_key}"}
    return Query(f"{base_url}/tiingo/daily/{symbol}/prices", params, secret_headers=headers)


def parse(ticker: str, response: HttpResponse) -> PriceSeries:
    """Parse a response.

    Raises:
        Failure: the response contains no prices.
    """
    _raise_for_status(ticker, response)
    if is_empty(response.body) or _EMPTY_OBJECT.match(response.body):
        raise empty_answer_failure("Tiingo", ticker)
    _raise_for_sentence(ticker, response)
    frame = read_table("Tiingo", response.body, day="date", numbers=_NUMBERS)
    if frame.empty:
        raise TooLittleData(f"Tiingo has no prices of {ticker} for the last years.")
    adjusted = adjust_by_factors("Tiingo", "splitFactor", frame).rename(columns={"adjClose": "adj_close"})
    currency = _currency(ticker)
    flags, splits = flag_unknown_currency(currency), list_splits(frame["splitFactor"])
    return PriceSeries(ticker, Tiingo.name, currency, adjusted[list(COLUMNS)], flags=flags, splits=splits)


def _raise_for_sentence(ticker: str, response: HttpResponse) -> None:
    """Raise the failure for a sentence instead of a table, which Tiingo also sends with status 200."""
    sentence = response.body[:_LONGEST_SENTENCE].lower()
    if sentence.lstrip().startswith(b"date,"):
        return
    if _OVER_QUOTA in sentence:
        raise quota_failure("Tiingo", response.retry_after_s or _QUOTA_FOR_S)
    if b"invalid token" in sentence or b"supply a token" in sentence:
        raise rejected_key_failure("Tiingo")
    if _UNKNOWN.search(sentence.decode("ascii", "replace")):
        raise UnknownTicker(f"Tiingo has no ticker {ticker}.")


def _raise_for_status(ticker: str, response: HttpResponse) -> None:
    if response.status == 404 and _is_unknown_ticker(response.body):
        raise UnknownTicker(f"Tiingo has no ticker {ticker}.")
    raise_for_status("Tiingo", response.status, response.retry_after_s)


def _is_unknown_ticker(body: bytes) -> bool:
    """Return whether a 404 is Tiingo's for a ticker, and not one of a proxy or for a wrong address ("Not found.")."""
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(response, dict) and bool(_UNKNOWN.search(str(response.get("detail", ""))))


def _currency(ticker: str) -> str:
    """Return the currency of a ticker: Tiingo has American listings, and Chinese ones with tickers of six digits."""
    return "CNY" if len(ticker) == 6 and ticker.isdigit() else infer_listing_currency(ticker)
