"""The capacity of the forecast services, for each class of work."""

from __future__ import annotations

from redis import Redis

from common.domain.kinds import CostClass
from common.redis.client.replies import check_replies, expect_integer
from common.redis.client.script_runner import RedisScripts
from common.redis.schema import lifetimes
from common.redis.schema.keys import SharedKey

_KEYS = {CostClass.QUICK: SharedKey.CAPACITIES, CostClass.LONG: SharedKey.LONG_CAPACITIES}


class Capacity:
    """The capacities of the forecast services. Raises :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ["coordination/advertise_capacity"])

    def advertise(self, service: str, requests: int, cost: CostClass = CostClass.QUICK) -> None:
        """Advertise the concurrent requests of a forecast service, for the next :data:`lifetimes.LEASE_MS`.

        Args:
            service: the id of the service.
            requests: the requests of this class that it takes at once.
            cost: the class of work.
        """
        with check_replies(self._redis):
            arguments = (service, requests, lifetimes.LEASE_MS)
            expect_integer(self._scripts.run("coordination/advertise_capacity", [_KEYS[cost]], arguments))
