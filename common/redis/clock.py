"""The clock of Redis, which all machines share."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from redis import Redis

from common.redis.client.replies import check_replies

READ_EVERY_S = 10.0
"""Seconds between two readings; in between, the process's monotonic clock continues the last one."""


class RedisClock:
    """The time of Redis. Raises :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._reading = (-math.inf, 0.0)
        """The monotonic time of the last reading, and the offset of Redis's time to it, in seconds."""

    def now(self) -> datetime:
        """Return Redis's time (UTC)."""
        read_at, ahead_s = self._reading
        if time.monotonic() - read_at > READ_EVERY_S:
            with check_replies(self._redis):
                seconds, micros = self._redis.time()
                read_at = time.monotonic()
                ahead_s = seconds + micros / 1e6 - read_at
            self._reading = (read_at, ahead_s)
        return datetime.fromtimestamp(time.monotonic() + ahead_s, UTC)
