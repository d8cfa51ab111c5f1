"""The time of the last run of the alerts, by which a web server notices that they are not judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from redis import Redis

from common.redis.client.failures import redis_call
from common.redis.client.replies import GarbledReplyError, check_replies, expect_bytes_or_none
from common.redis.schema.keys import SharedKey

KEPT_S = 30 * 86_400
"""Longer than any pause that nobody notices."""
_MOST_DIGITS = 10


class AlertRuns:
    """The last run. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def note(self, at: datetime) -> None:
        """Record that all alerts were judged and all due notifications were sent."""
        with redis_call():
            self._redis.set(SharedKey.ALERTS_RUN, int(at.timestamp()), ex=KEPT_S)

    def last(self) -> datetime | None:
        """Return the time of the last run; None if there was none."""
        with check_replies(self._redis):
            reply: Any = self._redis.get(SharedKey.ALERTS_RUN)
            found = expect_bytes_or_none(reply)
            if found is None:
                return None
            if not found.isdigit() or len(found) > _MOST_DIGITS:
                raise GarbledReplyError("a time was expected")
            return datetime.fromtimestamp(int(found), UTC)
