"""How much a client, or all of them, may ask for in a window of time; counted in Redis, for all replicas at once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from common.domain.errors import RateLimited
from common.redis.client.replies import checked_replies, listed, whole_number
from common.redis.client.script_runner import RedisScripts
from common.redis.source_limits import Window

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"\A([1-9][0-9]{0,8})/(second|minute|hour|day)\Z")


def windows_of(text: str) -> tuple[Window, ...]:
    """Read such as ``6000/minute`` or ``100/second,6000/minute``.

    Raises:
        ValueError: it is written otherwise.
    """
    found = [_RATE.match(part.strip()) for part in text.lower().split(",")]
    if not all(found):
        raise ValueError("a rate is a number and a unit, such as 6000/minute")
    return tuple(Window(int(rate[1]), _UNITS[rate[2]]) for rate in found if rate)


@dataclass(frozen=True)
class Quota:
    """What ``name`` says of itself to clients, whose it is (``key``), and how much there is of it."""

    name: str
    key: str
    window: Window


@dataclass(frozen=True)
class QuotaLeft:
    """What is left of a quota, and in how many seconds there is all of it again."""

    quota: Quota
    remaining: int
    reset_s: int


@dataclass
class QuotaCheck:
    """What a client asks for, against which quotas; and what is left of them, once it has been counted."""

    quotas: tuple[Quota, ...]
    cost: int = 1
    left: tuple[QuotaLeft, ...] | None = None

    @property
    def arguments(self) -> list[str | int]:
        """The quotas as the scripts take them."""
        return [part for quota in self.quotas for part in (quota.key, quota.window.seconds, quota.window.calls)]

    def numbers_in(self, reply: Any) -> list[int]:
        """Return two numbers of each quota in a script's reply: calls left, and milliseconds until its window turns.

        Raises:
            GarbledReplyError: it is something else.
        """
        return [whole_number(number) for number in listed(reply, 2 * len(self.quotas))]

    def settle(self, *, allowed: bool, numbers: Sequence[int]) -> None:
        """Take note of what a script returned, as :meth:`numbers_in` reads it.

        Raises:
            RateLimited: it is more than is left.
        """
        self.left = tuple(
            QuotaLeft(quota, max(remaining, 0), math.ceil(left_ms / 1000))
            for quota, remaining, left_ms in zip(self.quotas, numbers[::2], numbers[1::2], strict=True)
        )
        if not allowed:
            raise RateLimited(retry_after_s=max(left.reset_s for left in self.left if left.remaining < self.cost))


class Quotas:
    """Counters in Redis: one trip for all quotas of a request. Raises :class:`Busy` where Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ["count"])

    def count(self, charge: QuotaCheck) -> None:
        """Count a charge against every quota; against none where one of them would be exceeded.

        Raises:
            RateLimited: one would be.
        """
        with checked_replies(self._redis):
            reply = self._scripts.run("count", charge.cost, *charge.arguments)
            allowed, numbers = listed(reply, 2)
            numbers = charge.numbers_in(numbers)
        charge.settle(allowed=bool(allowed), numbers=numbers)
