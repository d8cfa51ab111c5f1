"""The last run of the refresh for each interval, which the run records and the web server shows as metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from redis import Redis

from common.domain.errors import Busy
from common.domain.questions import Interval
from common.domain.refresh_run import RefreshRun
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes_or_none
from common.redis.schema.keys import KeyPrefix

KEPT_S = 30 * 86_400
"""Longer than any pause of the runs that nobody notices."""


class RefreshRuns:
    """The last runs. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def note(self, interval: Interval, run: RefreshRun) -> None:
        """Record a run in place of the last one, whose time of completion stays if this run has failures."""
        completed = self._last_completed(interval) if run.failed else run.ended
        with redis_call():
            text = run.model_copy(update={"completed": completed}).model_dump_json()
            self._redis.set(KeyPrefix.REFRESH_RUN.key(interval), text, ex=KEPT_S)

    def _last_completed(self, interval: Interval) -> datetime | None:
        try:
            last = self.last(interval)
        except Busy:  # a damaged record must not keep the new one out; without Redis, the write fails
            return None
        return last.completed if last else None

    def last(self, interval: Interval) -> RefreshRun | None:
        """Return the last run; None if there was none."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(KeyPrefix.REFRESH_RUN.key(interval))
            found = expect_bytes_or_none(reply)
            return None if found is None else RefreshRun.model_validate_json(found)
