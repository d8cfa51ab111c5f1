"""Headlines about stocks in Redis, and the lock of the process that fetches them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from redis import Redis

from common.domain.news import News
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none
from common.redis.locks import Locked, hold_lock
from common.redis.schema.keys import KeyPrefix

NEWS_MS = 6 * 3_600_000
"""Milliseconds for which headlines are kept. They are fresh for a shorter time."""


class NewsStore:
    """The headlines in Redis. Methods raise :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self, ticker: str) -> News | None:
        """Return the headlines about a stock; None if there are none, or if they are damaged."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.NEWS.key(ticker))
            stored = expect_bytes_or_none(reply)
        if stored is None:
            return None
        try:
            return News.model_validate_json(stored)
        except ValidationError:
            return None

    def store(self, ticker: str, news: News) -> None:
        """Store the headlines about a stock."""
        with redis_call():
            self._redis.set(KeyPrefix.NEWS.key(ticker), news.model_dump_json(), px=NEWS_MS)

    @contextmanager
    def lock(self, ticker: str) -> Iterator[None]:
        """Hold the lock for fetching headlines during the block.

        Raises:
            Locked: another caller holds it.
        """
        with hold_lock(self._redis, KeyPrefix.NEWS_LOCK.key(ticker), 0) as is_held:
            if not is_held:
                raise Locked(f"The news about {ticker} are being fetched. Try again in a moment.")
            yield
