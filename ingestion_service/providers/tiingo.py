"""Tiingo's end-of-day prices: https://www.tiingo.com/documentation/end-of-day."""

from __future__ import annotations

import json
import re
from datetime import date
from urllib.parse import quote

from common.domain.errors import TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import is_empty, nothing_for, over_quota, raise_for_status, refused
from ingestion_service.providers.fetch.tables import adjusted_by, read_table
from ingestion_service.providers.keys import usable_key
from ingestion_service.providers.symbols import listing_currency, unknown_currency_flags

DEFAULT_URL = "https://api.tiingo.com"
_NUMBERS = ("open", "high", "low", "close", "volume", "adjClose", "splitFactor")
_QUOTA_FOR_S = 3600
"""Tiingo counts by the hour."""
_UNKNOWN = re.compile(r"ticker.*not found", re.IGNORECASE)
_EMPTY_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\}\s*\Z")
_LONGEST_SENTENCE = 500
_OVER_QUOTA = b"you have run over your"
"""Said under status 200 too: https://github.com/hydrosquall/tiingo-python/issues/45."""


class Tiingo:
    """Daily prices by HTTP with a key, which travels in a header and stays out of every text."""

    name = "tiingo"

    def __init__(self, *, url: str, api_key: str) -> None:
        """Raises ValueError for a key that cannot be one."""
        self._url = url.rstrip("/")
        self._api_key = usable_key("TIINGO_API_KEY", api_key)

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the prices of ``ticker`` from ``since`` on; raises as :class:`Provider` says."""
        query = built_query(self._url, self._api_key, ticker, since)
        return parsed(ticker, download(query, timeout_s=timeout_s))


def built_query(base_url: str, api_key: str, ticker: str, since: date) -> Query:
    """Build the query for a ticker, in which Tiingo writes share classes with a hyphen: BRK.B is BRK-B."""
    symbol = quote(ticker.replace(".", "-"), safe="")
    params = {"startDate": since.isoformat(), "format": "csv"}
    headers = {"Authorization": f"Token {api_key}"}
    return Query(f"{base_url}/tiingo/daily/{symbol}/prices", params, secret_headers=headers)


def parsed(ticker: str, answer: HttpResponse) -> PriceSeries:
    """Turn Tiingo's answer into a series, or into the failure that it stands for."""
    _raise_for_status(ticker, answer)
    if is_empty(answer.body) or _EMPTY_OBJECT.match(answer.body):
        raise nothing_for("Tiingo", ticker)
    _raise_for_sentence(ticker, answer)
    frame = read_table("Tiingo", answer.body, day="date", numbers=_NUMBERS)
    if frame.empty:
        raise TooLittleData(f"Tiingo has no prices of {ticker} for the last years.")
    adjusted = adjusted_by("Tiingo", "splitFactor", frame).rename(columns={"adjClose": "adj_close"})
    currency = _currency(ticker)
    return PriceSeries(ticker, Tiingo.name, currency, adjusted[list(COLUMNS)], flags=unknown_currency_flags(currency))


def _raise_for_sentence(ticker: str, answer: HttpResponse) -> None:
    """Raise the failure behind a sentence in the place of a table, which Tiingo sends under status 200, too."""
    sentence = answer.body[:_LONGEST_SENTENCE].lower()
    if sentence.lstrip().startswith(b"date,"):
        return
    if _OVER_QUOTA in sentence:
        raise over_quota("Tiingo", answer.retry_after_s or _QUOTA_FOR_S)
    if b"invalid token" in sentence or b"supply a token" in sentence:
        raise refused("Tiingo")
    if _UNKNOWN.search(sentence.decode("ascii", "replace")):
        raise UnknownTicker(f"Tiingo has no ticker {ticker}.")


def _raise_for_status(ticker: str, answer: HttpResponse) -> None:
    if answer.status == 404 and _knows_no_such_ticker(answer.body):
        raise UnknownTicker(f"Tiingo has no ticker {ticker}.")
    raise_for_status("Tiingo", answer.status, answer.retry_after_s)


def _knows_no_such_ticker(body: bytes) -> bool:
    """Whether this is Tiingo's 404 for a ticker, and not that of a proxy or for a wrong address ("Not found.")."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and bool(_UNKNOWN.search(str(answer.get("detail", ""))))


def _currency(ticker: str) -> str:
    """Return the currency of a ticker: Tiingo has American listings, and Chinese ones, which are six digits."""
    return "CNY" if len(ticker) == 6 and ticker.isdigit() else listing_currency(ticker)
