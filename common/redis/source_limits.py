"""What replicas tell each other of an account at a price source: how much was asked, and until when not to ask.

An account is a source together with a key. The key itself is in no name in Redis: its hash is.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import ResponseError

from common.redis.client.failures import translated
from common.redis.client.replies import checked_replies, whole_number
from common.redis.client.script_runner import RedisScripts

FAILURES_BEFORE_PAUSE = 3
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 600
LONGEST_ASIDE_S = 24 * 3600
"""Longer than a day no source is put aside, whatever it says."""
_FORGET_FAILURES_S = 2 * LONGEST_PAUSE_S
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Window:
    """At most ``calls`` in each ``seconds``.

    Windows of a minute and longer begin at multiples of their length on Redis's clock, shorter ones with a call.
    """

    calls: int
    seconds: int


@dataclass(frozen=True)
class Pause:
    """The seconds for which an account is not asked any more, and the reason as a sentence ("" where it is unknown)."""

    seconds: int
    reason: str


def account_of(source: str, key: str | None) -> str:
    """The name of an account, which says nothing of its key."""
    if key is None:
        return source
    return f"{source}:{hashlib.sha256(key.encode()).hexdigest()[:16]}"


class Limits:
    """Circuits and budgets in Redis. Methods raise :class:`Busy` where Redis cannot be reached."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = RedisScripts(redis, ("spend", "left", "open_circuit", "note_failure"))

    def pause(self, account: str) -> Pause | None:
        """Return the pause that the account is in, or None where it may be asked."""
        with checked_replies(self._redis):
            left_ms = whole_number(self._redis.pttl(_aside(account)))
            reason = self._reason(account) if left_ms > 0 else ""
        return Pause(math.ceil(left_ms / 1000), reason) if left_ms > 0 else None

    def open_circuit(self, account: str, seconds: float, reason: str = "") -> None:
        """Pause calls to the account; of two pauses the one that ends later counts, with its reason."""
        for_ms = int(min(max(seconds, 1), LONGEST_ASIDE_S) * 1000)
        self._scripts.run("open_circuit", _aside(account), for_ms, reason[:_LONGEST_REASON] or "1")

    def note_failure(self, account: str, reason: str = "") -> int:
        """Count a failure; several in a row put the account aside, each time for longer.

        Returns:
            The seconds for which the account is put aside; 0 where it may still be asked.
        """
        with checked_replies(self._redis):
            arguments = (_failures(account), _FORGET_FAILURES_S * 1000)
            in_a_row = whole_number(self._scripts.run("note_failure", *arguments))
        if in_a_row < FAILURES_BEFORE_PAUSE:
            return 0
        doublings = min(in_a_row - FAILURES_BEFORE_PAUSE, 10)
        pause_s: int = min(FIRST_PAUSE_S * 2**doublings, LONGEST_PAUSE_S)
        self.open_circuit(account, pause_s, reason)
        return pause_s

    def _reason(self, account: str) -> str:
        """Return why an account is paused; "" where the stored pause has no reason, as those of earlier releases."""
        try:
            reason = self._redis.get(_aside(account))
        except ResponseError:
            return ""
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) and reason != b"1" else ""

    def note_success(self, account: str) -> None:
        """Forget the failures."""
        with translated():
            self._redis.delete(_failures(account))

    def spend(self, account: str, windows: tuple[Window, ...]) -> int:
        """Count a call; return 0, or, where the budget is used up, the seconds until there is a new one."""
        numbers = [number for window in windows for number in (window.seconds, window.calls)]
        with checked_replies(self._redis):
            wait_ms = whole_number(self._scripts.run("spend", account, *numbers))
        return math.ceil(wait_ms / 1000)

    def left(self, account: str, window: Window) -> int:
        """How many calls of a budget's window that lasts now are left."""
        with checked_replies(self._redis):
            return whole_number(self._scripts.run("left", account, window.seconds, window.calls))


def _aside(account: str) -> str:
    return f"aside:{account}"


def _failures(account: str) -> str:
    return f"failures:{account}"
