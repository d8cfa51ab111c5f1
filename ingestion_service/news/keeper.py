"""Keeps the newest headlines about a stock in Redis."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

from common.domain.errors import Failure, NewsUnavailable, NoNewsSource, NotFound, ProviderUnavailable
from common.domain.news import Headline, News
from common.domain.source_names import UPLOAD, display_name
from common.redis.stores import RedisStores
from common.rpc.messages import Outcome
from common.s3.price_store import PriceStore
from ingestion_service.news.sources import NewsSource
from ingestion_service.providers.base import Refused

FRESH_FOR = timedelta(hours=1)
"""How long fetched headlines count as fresh. A free key of Alpha Vantage has 25 calls a day."""
SOURCE_S = 6.0
"""The most seconds of one source."""


class NewsKeeper:
    """Fetches headlines when the stored ones are no longer fresh, under one lock for each ticker.

    Args:
        stores: the headlines in Redis.
        prices: the stored prices. Sources are asked only for tickers with prices of a source.
        sources: the sources in the order of calls.
    """

    def __init__(self, stores: RedisStores, prices: PriceStore, sources: Sequence[NewsSource]) -> None:
        self._stores = stores
        self._prices = prices
        self._sources = sources

    def ensure_fresh(self, ticker: str, budget_s: float) -> Outcome:
        """Fetch headlines, unless fresh ones are stored.

        Raises:
            Locked: another caller fetches them.
            NoNewsSource: no source with headlines has a key.
            Failure: nothing was fetched; stored headlines are unchanged.
        """
        if not self._sources:
            raise NoNewsSource
        give_up = time.monotonic() + budget_s
        with self._stores.news.lock(ticker):
            now = self._stores.clock.now()
            stored = self._stores.news.read(ticker)
            if stored is not None and now - stored.fetched_at < FRESH_FOR:
                return "kept"
            self._check_prices(ticker)
            source, headlines = self._fetch(ticker, give_up)
            self._stores.news.store(ticker, News(source=source, fetched_at=now, headlines=tuple(headlines)))
            return "kept" if stored else "created"

    def _check_prices(self, ticker: str) -> None:
        """Raise a failure for a ticker of which no source should hear."""
        facts = self._prices.read_facts(ticker)
        if facts is None:
            raise NotFound(f"No prices of {ticker} are stored.")
        if facts.source == UPLOAD:
            raise NewsUnavailable(f"The prices of {ticker} are uploaded. No source is asked for news about it.")

    def _fetch(self, ticker: str, give_up: float) -> tuple[str, list[Headline]]:
        """Return the headlines of the first source that has some, or those of none; and the source's name."""
        today, failures, without = self._stores.clock.now().date(), [], ""
        for source in self._sources:
            left_s = min(SOURCE_S, give_up - time.monotonic())
            if left_s <= 0:
                break
            try:
                found = source.fetch(ticker, today, left_s)
            except Failure as failure:
                failures.append(_describe(source, failure))
                continue
            if found:
                return source.name, found
            without = without or source.name
        if without:
            return without, []
        raise min(failures, key=lambda each: each.retry_after_s or 0) if failures else NewsUnavailable()


def _describe(source: NewsSource, failure: Failure) -> Failure:
    detail, name = failure.detail, display_name(source.name)
    if isinstance(failure, Refused):
        detail = f"{name} refused the key, or its plan has no news."
    elif isinstance(failure, ProviderUnavailable):
        detail = detail.replace("is not a price table", "has an unknown format").replace("a price history", "news")
    return NewsUnavailable(detail, retry_after_s=failure.retry_after_s)
