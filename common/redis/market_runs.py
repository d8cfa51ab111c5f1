"""The state of the nightly run, which the run records and the web server shows as metrics."""

from __future__ import annotations

from typing import Any

from redis import Redis

from common.domain.market_run import MarketRun
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none
from common.redis.schema.keys import SharedKey

KEPT_S = 30 * 86_400
"""Longer than any pause of the runs that nobody notices."""


class MarketRuns:
    """The last run. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def note(self, run: MarketRun) -> None:
        """Record a run in place of the last one, whose time of completion stays."""
        last = self.last()
        completed = run.finished or (last.completed if last else None)
        with redis_call():
            text = run.model_copy(update={"completed": completed}).model_dump_json()
            self._redis.set(SharedKey.MARKET_RUN, text, ex=KEPT_S)

    def last(self) -> MarketRun | None:
        """Return the last run; None if there was none."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(SharedKey.MARKET_RUN)
            found = expect_bytes_or_none(reply)
            return None if found is None else MarketRun.model_validate_json(found)
