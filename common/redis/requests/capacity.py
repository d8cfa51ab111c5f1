"""How many requests the forecast services take at once."""

from __future__ import annotations

from redis import Redis

from common.redis.client.replies import checked_replies, expect_integer
from common.redis.client.script_runner import RedisScripts
from common.redis.schema import lifetimes
from common.redis.schema.keys import SharedKey


class Capacity:
    """The capacities of the forecast services. Raises :class:`Busy` where Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ["coordination/advertise_capacity"])

    def advertise(self, service: str, requests: int) -> None:
        """Advertise how many requests a forecast service takes at once; it counts for :data:`lifetimes.LEASE_MS`."""
        with checked_replies(self._redis):
            arguments = (service, requests, lifetimes.LEASE_MS)
            expect_integer(self._scripts.run("coordination/advertise_capacity", [SharedKey.CAPACITIES], arguments))
