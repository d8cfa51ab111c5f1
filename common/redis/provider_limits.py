"""Limits of the accounts at price providers, which all replicas share: budgets of calls, and circuits that pause calls.

An account is a provider together with a key. Names in Redis contain the hash of the key, never the key.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import ResponseError

from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_integer, expect_list
from common.redis.client.script_runner import RedisScripts
from common.redis.rate_windows import RateWindows, Window, make_budget_window
from common.redis.schema.keys import KeyPrefix

FAILURES_BEFORE_PAUSE = 3
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 600
LONGEST_OPEN_S = 24 * 3600
"""The most seconds for which a circuit is open, even if the provider asks for longer."""
_FORGET_FAILURES_S = 2 * LONGEST_PAUSE_S
_KEEP_TURN_S = 24 * 3600
_LONGEST_REASON = 300
_NO_REASON = "1"


@dataclass(frozen=True)
class Pause:
    """The seconds until an account may be called again, and the reason as a sentence (empty if unknown)."""

    seconds: int
    reason: str


def account_name(source: str, key: str | None) -> str:
    """Return the name of an account, which does not reveal its key.

    Args:
        source: the provider's name.
        key: the key; None for a provider without keys.
    """
    if key is None:
        return source
    return f"{source}:{hashlib.sha256(key.encode()).hexdigest()[:16]}"


class ProviderLimits:
    """The circuits and budgets in Redis. Methods raise :class:`Busy` if Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._windows = RateWindows(redis)
        self._scripts = RedisScripts(redis, ["coordination/open_circuit", "coordination/note_failure"])

    def read_pause(self, account: str) -> Pause | None:
        """Return the pause of an account; None if it may be called."""
        with check_replies(self._redis):
            left_ms = expect_integer(self._redis.pttl(KeyPrefix.CIRCUIT.key(account)))
            reason = self._reason(account) if left_ms > 0 else ""
        return Pause(math.ceil(left_ms / 1000), reason) if left_ms > 0 else None

    def open_circuit(self, account: str, seconds: float, reason: str = "") -> None:
        """Pause the calls of an account; of two pauses the one that ends later counts, with its reason."""
        pause_ms = int(min(max(seconds, 1), LONGEST_OPEN_S) * 1000)
        arguments = (pause_ms, reason[:_LONGEST_REASON] or _NO_REASON)
        self._scripts.run("coordination/open_circuit", [KeyPrefix.CIRCUIT.key(account)], arguments)

    def note_failure(self, account: str, reason: str = "") -> int:
        """Count a failure. Several in a row pause the account, each further one for longer.

        Returns:
            The seconds of the pause; 0 if the account may still be called.
        """
        with check_replies(self._redis):
            key, arguments = KeyPrefix.FAILURES.key(account), [_FORGET_FAILURES_S * 1000]
            in_a_row = expect_integer(self._scripts.run("coordination/note_failure", [key], arguments))
        if in_a_row < FAILURES_BEFORE_PAUSE:
            return 0
        doublings = min(in_a_row - FAILURES_BEFORE_PAUSE, 10)
        pause_s: int = min(FIRST_PAUSE_S * 2**doublings, LONGEST_PAUSE_S)
        self.open_circuit(account, pause_s, reason)
        return pause_s

    def note_success(self, account: str) -> None:
        """Reset the count of an account's failures."""
        with redis_call():
            self._redis.delete(KeyPrefix.FAILURES.key(account))

    def count_call(self, account: str, windows: tuple[Window, ...]) -> int:
        """Count a call and return 0; if the budget is used up, return the seconds until there is a new one."""
        allowed, left = self._windows.count(1, [make_budget_window(account, window) for window in windows])
        if allowed:
            return 0
        return math.ceil(max(window.ends_in_ms for window in left if window.calls < 1) / 1000)

    def count_left(self, account: str, window: Window) -> int:
        """Return the remaining calls of the current window of a budget."""
        _, (left,) = self._windows.count(0, [make_budget_window(account, window)])
        return max(left.calls, 0)

    def take_turn(self, provider: str) -> int:
        """Count a call of a provider with several keys; return the number of calls before it.

        All replicas and runs share the count, so that consecutive calls begin with different keys. A count that cannot
        be used is 0, because only the order of the keys depends on it.
        """
        key = KeyPrefix.KEY_TURN.key(provider)
        with check_replies(self._redis), self._redis.pipeline(transaction=True) as pipe:
            pipe.incr(key)
            pipe.expire(key, _KEEP_TURN_S)
            try:
                taken, _ = expect_list(pipe.execute(), 2)
            except ResponseError:
                return 0
            return expect_integer(taken) - 1

    def _reason(self, account: str) -> str:
        """Return why an account is paused; empty if the stored pause has no reason."""
        try:
            reason = self._redis.get(KeyPrefix.CIRCUIT.key(account))
        except ResponseError:
            return ""
        if not isinstance(reason, bytes) or reason == _NO_REASON.encode():
            return ""
        return reason.decode("utf-8", "replace")
