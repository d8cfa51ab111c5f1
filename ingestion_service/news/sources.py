"""The sources of headlines: Tiingo, Finnhub and Alpha Vantage, with the keys and budgets of their prices.

https://www.tiingo.com/documentation/news, https://finnhub.io/docs/api/company-news and
https://www.alphavantage.co/documentation/#news-sentiment
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from common.domain.errors import UnknownTicker
from common.domain.news import MOST_HEADLINES, Headline, make_headline
from common.domain.source_names import display_name
from common.redis.provider_limits import ProviderLimits, account_name
from common.redis.rate_windows import Window
from ingestion_service.providers import alphavantage
from ingestion_service.providers.access.guard import FREE_BUDGETS, Guard
from ingestion_service.providers.access.key_rotation import GuardedKeys, KeyTurns
from ingestion_service.providers.fetch.download import HttpResponse, Query, download
from ingestion_service.providers.fetch.refusals import is_empty, raise_for_status, read_or_raise
from ingestion_service.providers.keys import validate_key
from ingestion_service.providers.symbols import format_share_class
from ingestion_service.settings import IngestionSettings

NEWS_DAYS = 14
"""How far back headlines are requested."""
Asked = Callable[[str, str, str, date], Query]
Read = Callable[[str, HttpResponse], list[Headline]]


@dataclass(frozen=True)
class NewsSource:
    """A source of headlines with its keys.

    Args:
        name: the source's name.
        url: its base address.
        keys: its keys, each behind its guard.
        build_query: returns the query for base address, key, ticker and today.
        parse: parses a response about a ticker.
    """

    name: str
    url: str
    keys: GuardedKeys
    build_query: Asked
    parse: Read

    def fetch(self, ticker: str, today: date, timeout_s: float) -> list[Headline]:
        """Return the newest headlines about a stock, newest first; an empty list if there are none.

        Raises:
            Failure: the source gave no answer.
        """

        def ask(key: str, left_s: float) -> list[Headline]:
            query = self.build_query(self.url, key, ticker, today)
            return self.parse(ticker, download(query, timeout_s=left_s))

        try:
            found = self.keys.ask(ask, timeout_s)
        except UnknownTicker:
            return []
        found.sort(key=lambda headline: headline.published, reverse=True)
        return list({headline.url: headline for headline in found}.values())[:MOST_HEADLINES]


def build_news_sources(settings: IngestionSettings, limits: ProviderLimits) -> list[NewsSource]:
    """Build the sources of headlines whose key is set, in the order of the price sources; nothing connects yet.

    Raises:
        ValueError: a key is malformed. The text does not contain it.
    """
    return [_build(name, settings, limits) for name in settings.provider_order if _has_news(name, settings)]


def _has_news(name: str, settings: IngestionSettings) -> bool:
    return name in _SOURCES and settings.access[name].keys is not None


def _build(name: str, settings: IngestionSettings, limits: ProviderLimits) -> NewsSource:
    access = settings.access[name]
    given = access.keys.get_secret_value().split(",") if access.keys else []
    budget = leave_for_prices(settings.provider_budgets.get(name, FREE_BUDGETS[name]))
    guards = {
        key: Guard(name, limits, account_name(name, key), budget, "news")
        for key in (validate_key(access.setting, each) for each in given)
    }
    build_query, parse = _SOURCES[name]
    return NewsSource(name, access.url.rstrip("/"), GuardedKeys(guards, KeyTurns(name, limits)), build_query, parse)


def leave_for_prices(budget: tuple[Window, ...]) -> tuple[Window, ...]:
    """Return the part of a budget in which headlines may be fetched: until half of each window's calls are made."""
    return tuple(Window(max(window.calls // 2, 1), window.seconds) for window in budget)


def _ask_tiingo(url: str, key: str, ticker: str, today: date) -> Query:
    params = {
        "tickers": ticker.replace(".", "-").lower(),
        "startDate": (today - timedelta(days=NEWS_DAYS)).isoformat(),
        "limit": str(MOST_HEADLINES),
        "sortBy": "publishedDate",
    }
    return Query(f"{url}/tiingo/news", params, secret_headers={"Authorization": f"Token {key}"})


def _read_tiingo(_: str, response: HttpResponse) -> list[Headline]:
    def read(row: Mapping[str, Any]) -> Headline | None:
        published = datetime.fromisoformat(row["publishedDate"])
        return make_headline(row["title"], row.get("source"), published, row["url"])

    return _read_rows("tiingo", response, lambda payload: payload, read)


def _ask_finnhub(url: str, key: str, ticker: str, today: date) -> Query:
    params = {
        "symbol": format_share_class(".", ticker),
        "from": (today - timedelta(days=NEWS_DAYS)).isoformat(),
        "to": today.isoformat(),
    }
    return Query(f"{url}/api/v1/company-news", params, secret_headers={"X-Finnhub-Token": key})


def _read_finnhub(_: str, response: HttpResponse) -> list[Headline]:
    def read(row: Mapping[str, Any]) -> Headline | None:
        published = datetime.fromtimestamp(int(row["datetime"]), UTC)
        return make_headline(row["headline"], row.get("source"), published, row["url"])

    return _read_rows("finnhub", response, lambda payload: payload, read)


def _ask_alphavantage(url: str, key: str, ticker: str, today: date) -> Query:
    params = {
        "function": "NEWS_SENTIMENT",
        "tickers": format_share_class("-", ticker),
        "time_from": f"{today - timedelta(days=NEWS_DAYS):%Y%m%d}T0000",
        "sort": "LATEST",
        "limit": str(MOST_HEADLINES),
    }
    return Query(f"{url}/query", params, secret_params={"apikey": key})


def _read_alphavantage(ticker: str, response: HttpResponse) -> list[Headline]:
    def read(row: Mapping[str, Any]) -> Headline | None:
        published = datetime.strptime(row["time_published"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return make_headline(row["title"], row.get("source"), published, row["url"])

    raise_for_status(display_name("alphavantage"), response.status, response.retry_after_s)
    if b"no articles found" in response.body.lower():
        return []
    if b'"feed"' not in response.body:
        raise alphavantage.classify_error(ticker, response.body)
    return _read_rows("alphavantage", response, lambda payload: payload["feed"], read)


_SOURCES: Mapping[str, tuple[Asked, Read]] = {
    "tiingo": (_ask_tiingo, _read_tiingo),
    "finnhub": (_ask_finnhub, _read_finnhub),
    "alphavantage": (_ask_alphavantage, _read_alphavantage),
}


def _read_rows(
    source: str,
    response: HttpResponse,
    select: Callable[[Any], Any],
    read: Callable[[Mapping[str, Any]], Headline | None],
) -> list[Headline]:
    """Return the headlines in the rows of a response. A row without title, date or address is left out.

    Raises:
        ProviderUnavailable: the response is no list of rows.
    """
    name = display_name(source)
    raise_for_status(name, response.status, response.retry_after_s)
    if is_empty(response.body):
        return []

    def parse() -> list[Mapping[str, Any]]:
        rows = select(json.loads(response.body))
        if not isinstance(rows, list):
            raise TypeError("no list")
        return rows

    return list(_read_each(read_or_raise(name, parse), read))


def _read_each(
    rows: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Headline | None]
) -> Iterable[Headline]:
    for row in rows:
        try:
            headline = read(row)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError):
            continue
        if headline is not None:
            yield headline
