"""Calls in windows of time, which Redis counts for all replicas: quotas of clients and budgets of providers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from redis import Redis

from common.domain.errors import RateLimited
from common.redis.client.replies import check_replies, expect_integer, expect_list
from common.redis.client.script_runner import RedisScripts
from common.redis.schema.keys import KeyPrefix

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"\A([1-9][0-9]{0,8})/(second|minute|hour|day)\Z")
_SHORT_S = 60


@dataclass(frozen=True)
class Window:
    """A limit of ``calls`` in each period of ``seconds``."""

    calls: int
    seconds: int


def parse_windows(text: str) -> tuple[Window, ...]:
    """Parse a text such as ``6000/minute`` or ``100/second,6000/minute``.

    Raises:
        ValueError: the text has another format.
    """
    found = [_RATE.match(part.strip()) for part in text.lower().split(",")]
    if not all(found):
        raise ValueError("a rate is a number and a unit, such as 6000/minute")
    return tuple(Window(int(rate[1]), _UNITS[rate[2]]) for rate in found if rate)


@dataclass(frozen=True)
class CountedWindow:
    """A window with its counter in Redis, as windows.lua expects it.

    Args:
        window: the limit.
        key: the key of the counter. For a fixed window, the script appends the window's number.
        is_fixed: whether the window begins at a multiple of its length on Redis's clock, not with its first call.
    """

    window: Window
    key: str
    is_fixed: bool = True

    @property
    def arguments(self) -> tuple[int, int, str]:
        """The arguments of the script for this window."""
        return self.window.seconds * 1000, self.window.calls, "fixed" if self.is_fixed else "first_call"


@dataclass(frozen=True)
class WindowLeft:
    """The calls that are left in a window, and the milliseconds until it ends."""

    calls: int
    ends_in_ms: int


def make_budget_window(account: str, window: Window) -> CountedWindow:
    """Return a window of an account's budget at a provider.

    A window shorter than a minute begins with its first call: in two fixed windows, calls could be a moment apart.
    """
    is_fixed = window.seconds >= _SHORT_S
    key = KeyPrefix.BUDGET.key(f"{account}:{window.seconds}:")
    return CountedWindow(window, key if is_fixed else f"{key}since_first", is_fixed)


@dataclass(frozen=True)
class Quota:
    """A limit on the requests of one client, or of all clients together.

    Args:
        name: the name in the ``RateLimit`` headers.
        key: the key of the client, or of all clients.
        window: the limit.
    """

    name: str
    key: str
    window: Window

    @cached_property
    def counted(self) -> CountedWindow:
        """The window with its counter."""
        return CountedWindow(self.window, KeyPrefix.QUOTA.key(f"{self.key}:{self.window.seconds * 1000}:"))


@dataclass(frozen=True)
class QuotaLeft:
    """The remaining requests of a quota, and the seconds until its reset."""

    quota: Quota
    remaining: int
    reset_s: int


@dataclass
class QuotaCheck:
    """A request's cost and its quotas; ``left`` is None until the request is counted."""

    quotas: tuple[Quota, ...]
    cost: int = 1
    left: tuple[QuotaLeft, ...] | None = None

    @property
    def windows(self) -> list[CountedWindow]:
        """The windows of the quotas."""
        return [quota.counted for quota in self.quotas]

    def record(self, *, allowed: bool, left: Sequence[WindowLeft]) -> None:
        """Record the result of the count.

        Args:
            allowed: whether the request was counted.
            left: what is left of each quota's window.

        Raises:
            RateLimited: the request would exceed a quota.
        """
        self.left = tuple(
            QuotaLeft(quota, max(window.calls, 0), math.ceil(window.ends_in_ms / 1000))
            for quota, window in zip(self.quotas, left, strict=True)
        )
        if not allowed:
            raise RateLimited(retry_after_s=max(left.reset_s for left in self.left if left.remaining < self.cost))


def parse_windows_left(reply: Any, windows: int) -> list[WindowLeft]:
    """Parse the reply of windows.lua about several windows.

    Raises:
        GarbledReplyError: the reply has another format.
    """
    numbers = [expect_integer(number) for number in expect_list(reply, 2 * windows)]
    return [WindowLeft(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


class RateWindows:
    """The counters of calls. Methods take one round trip and raise :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ["coordination/count"])

    def check(self, quota_check: QuotaCheck) -> None:
        """Count a request against all its quotas, or against none if it would exceed one.

        Raises:
            RateLimited: the request would exceed a quota.
        """
        allowed, left = self.count(quota_check.cost, quota_check.windows)
        quota_check.record(allowed=allowed, left=left)

    def count(self, calls: int, windows: Sequence[CountedWindow]) -> tuple[bool, list[WindowLeft]]:
        """Count calls in all windows, or in none if one would be exceeded; 0 calls only read what is left.

        Returns:
            Whether the calls are allowed; what is left of each window.
        """
        keys = [window.key for window in windows]
        arguments = [calls, *(part for window in windows for part in window.arguments)]
        with check_replies(self._redis):
            allowed, left = expect_list(self._scripts.run("coordination/count", keys, arguments), 2)
            return bool(expect_integer(allowed)), parse_windows_left(left, len(windows))
