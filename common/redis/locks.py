"""Locks that all replicas share. Holders renew their locks, so that a lock expires soon after its holder died."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from redis import Redis

from common.domain.errors import Busy
from common.redis.client.replies import check_replies, expect_integer
from common.redis.client.script_runner import RedisScripts
from common.runtime.supervision import LoopName, repeat_until

HOLD_S = 2.0
"""Seconds after the last renewal at which a lock expires."""
_RENEW_EVERY_S = 0.5
_TRY_EVERY_S = 0.05


class Locked(Busy):
    """Another caller holds the lock."""


@dataclass(frozen=True)
class Lock:
    """A lock with the token of its caller. A call that arrives in Redis twice has the effect of one."""

    redis: Redis
    scripts: RedisScripts
    key: str
    token: str

    @classmethod
    def of(cls, redis: Redis, key: str) -> Lock:
        """Return a lock with a new token; it is not acquired yet."""
        return cls(redis, RedisScripts(redis, ("coordination/lock", "coordination/unlock")), key, secrets.token_hex(8))

    def acquire(self) -> bool:
        """Acquire the lock if it is free; return whether the caller holds it now."""
        return self._set(is_renewal=False)

    def renew(self) -> bool:
        """Extend the lock; return whether the caller still holds it."""
        return self._set(is_renewal=True)

    def release(self) -> None:
        """Release the lock, unless another caller holds it now."""
        self.scripts.run("coordination/unlock", [self.key], [self.token])

    def _set(self, *, is_renewal: bool) -> bool:
        with check_replies(self.redis):
            arguments = (self.token, int(HOLD_S * 1000), int(is_renewal))
            reply = self.scripts.run("coordination/lock", [self.key], arguments)
            return expect_integer(reply) == 1


@contextmanager
def hold_lock(redis: Redis, key: str, wait_s: float) -> Iterator[bool]:
    """Hold a lock during the block; yield whether it was acquired.

    Args:
        redis: the client.
        key: the key of the lock.
        wait_s: the most seconds to wait for the lock.

    Raises:
        Busy: Redis cannot be reached.
    """
    lock = Lock.of(redis, key)
    if not _acquire_within(lock, wait_s):
        yield False
        return
    with _keep_renewed(lock):
        yield True


def _acquire_within(lock: Lock, wait_s: float) -> bool:
    give_up = time.monotonic() + max(wait_s, 0)
    while not lock.acquire():
        if time.monotonic() + _TRY_EVERY_S > give_up:
            return False
        time.sleep(_TRY_EVERY_S)
    return True


@contextmanager
def _keep_renewed(lock: Lock) -> Iterator[None]:
    """Renew a lock in a thread during the block, and release it afterwards."""
    done = threading.Event()
    renewing = threading.Thread(target=_renew_until, args=(lock, done), name="lock", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        with suppress(Busy):  # without Redis the lock expires
            lock.release()


def _renew_until(lock: Lock, done: threading.Event) -> None:
    def turn() -> None:
        with suppress(Busy):
            if not lock.renew():
                done.set()  # another caller holds the lock; the condition of the put into S3 protects the prices

    repeat_until(done, LoopName.LOCK_RENEWAL, turn, every_s=_RENEW_EVERY_S)
