"""Locks that all replicas share: short, and renewed while they are held, so that one whose holder died is soon free."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from redis import Redis

from common.domain.errors import Busy
from common.redis.client.replies import checked_replies, whole_number
from common.redis.client.script_runner import RedisScripts
from common.runtime.supervision import LoopName, repeat_until

HOLD_S = 2.0
"""How long a lock outlives its holder."""
_RENEW_EVERY_S = 0.5
_LOOK_EVERY_S = 0.05


class Locked(Busy):
    """Another caller holds the lock."""


@dataclass(frozen=True)
class Lock:
    """A lock by its name, and the token of its holder or of the caller that asks for it. Calls may arrive twice."""

    redis: Redis
    scripts: RedisScripts
    name: str
    token: str

    @classmethod
    def named(cls, redis: Redis, name: str) -> Lock:
        """A lock that is not held with this token yet."""
        return cls(redis, RedisScripts(redis, ("coordination/lock", "coordination/unlock")), name, secrets.token_hex(8))

    def acquire(self) -> bool:
        """Take the lock where it is free; return whether it is held now."""
        return self._locked(renewed=False)

    def renew(self) -> bool:
        """Hold the lock for longer; return whether it was still held."""
        return self._locked(renewed=True)

    def release(self) -> None:
        """Release the lock, unless it is another's by now."""
        self.scripts.run("coordination/unlock", [self.name], [self.token])

    def _locked(self, *, renewed: bool) -> bool:
        with checked_replies(self.redis):
            arguments = (self.token, int(HOLD_S * 1000), int(renewed))
            reply = self.scripts.run("coordination/lock", [self.name], arguments)
            return whole_number(reply) == 1


@contextmanager
def holding(redis: Redis, name: str, wait_s: float) -> Iterator[bool]:
    """Hold the lock ``name``, or not: the value says whether it was had within ``wait_s`` seconds.

    Raises:
        Busy: Redis cannot be reached.
    """
    lock = Lock.named(redis, name)
    if not _acquired(lock, wait_s):
        yield False
        return
    with _renewed(lock):
        yield True


def _acquired(lock: Lock, wait_s: float) -> bool:
    give_up = time.monotonic() + max(wait_s, 0)
    while not lock.acquire():
        if time.monotonic() + _LOOK_EVERY_S > give_up:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


@contextmanager
def _renewed(lock: Lock) -> Iterator[None]:
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(lock, done), name="lock", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        with suppress(Busy):  # a lock whose Redis is away expires by itself
            lock.release()


def _renew(lock: Lock, done: threading.Event) -> None:
    def turn() -> None:
        with suppress(Busy):
            if not lock.renew():
                done.set()  # another holds it; what is written is under a condition of its own

    repeat_until(done, LoopName.LOCK_RENEWAL, turn, every_s=_RENEW_EVERY_S)
