"""How many requests the forecast services take at once."""

from __future__ import annotations

from redis import Redis

from common.redis.client.replies import checked_replies, whole_number
from common.redis.client.script_runner import RedisScripts
from common.redis.requests import lifetimes


class Capacity:
    """The capacities of the forecast services. Raises :class:`Busy` where Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ["advertise_capacity"])

    def advertise(self, service: str, requests: int) -> None:
        """Advertise how many requests a forecast service takes at once; it counts for :data:`LEASE_MS`."""
        with checked_replies(self._redis):
            whole_number(self._scripts.run("advertise_capacity", service, requests, lifetimes.LEASE_MS))
