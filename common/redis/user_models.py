"""The names of the users' models that forecast services have, which the web server lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes, expect_list
from common.redis.clock import RedisClock
from common.redis.schema.keys import SharedKey
from common.redis.schema.lifetimes import USER_MODELS_MS


class UserModelNames:
    """The names of the last minute. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis, clock: RedisClock) -> None:
        self._redis = redis
        self._clock = clock

    def advertise(self, names: Sequence[str]) -> None:
        """Advertise the users' models of a forecast service, for the next :data:`lifetimes.USER_MODELS_MS`."""
        if not names:
            return
        now = self._clock.now()
        until = _milliseconds(now + timedelta(milliseconds=USER_MODELS_MS))
        with redis_call(), self._redis.pipeline() as pipeline:
            pipeline.zremrangebyscore(SharedKey.USER_MODELS, "-inf", _milliseconds(now))
            pipeline.zadd(SharedKey.USER_MODELS, dict.fromkeys(names, until))
            pipeline.pexpire(SharedKey.USER_MODELS, USER_MODELS_MS)
            pipeline.execute()

    def names(self) -> list[str]:
        """Return the names, in alphabetical order."""
        now = self._clock.now()
        with check_replies(self._redis):
            reply: Any = self._redis.zrangebyscore(SharedKey.USER_MODELS, _milliseconds(now), "+inf")
            return sorted(expect_bytes(name).decode() for name in expect_list(reply))


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
