"""Reads headlines from Redis, and has the ingestion service fetch newer ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from common.domain.errors import (
    Busy,
    DeadlineExceeded,
    Failure,
    InvalidRequest,
    NewsUnavailable,
    NoNewsSource,
    ProviderUnavailable,
)
from common.domain.news import News
from common.redis.news_store import NewsStore
from webserver.stocks.ingestion_client import IngestionClient

FRESH_FOR = timedelta(hours=1)
"""As in ingestion."""
_UNAVAILABLE = (NewsUnavailable, NoNewsSource, ProviderUnavailable, DeadlineExceeded, Busy)


class NewsReader:
    """The headlines about stocks.

    Args:
        store: the headlines in Redis.
        ingestion: the client of the service that fetches them.
        now: the clock.
    """

    def __init__(self, store: NewsStore, ingestion: IngestionClient, now: Callable[[], datetime]) -> None:
        self._store = store
        self._ingestion = ingestion
        self._now = now

    def read(self, ticker: str) -> News:
        """Return the headlines about a stock; older ones if no newer can be fetched now.

        Raises:
            NoNewsSource: no source with headlines has a key.
            Failure: there are none, and none can be fetched now.
        """
        stored = self._store.read(ticker)
        if stored is not None and self._now() - stored.fetched_at < FRESH_FOR:
            return stored
        try:
            self._ingestion.send("news", ticker)
        except _UNAVAILABLE as failure:
            if stored is not None:
                return stored
            raise _explain(failure) from failure
        except InvalidRequest as failure:  # an older ingestion service does not know the command
            raise NewsUnavailable from failure
        found = self._store.read(ticker)
        if found is None:
            raise NewsUnavailable
        return found


def _explain(failure: Failure) -> Failure:
    """Return a failure as one of the news; that no source has a key is said as it is."""
    if isinstance(failure, NoNewsSource | NewsUnavailable):
        return failure
    return NewsUnavailable(retry_after_s=failure.retry_after_s)
