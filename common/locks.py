"""Locks that all replicas share: short, and renewed while they are held, so that one whose holder died is soon free."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from common.redis_failures import translated
from common.supervision import LoopName, repeat_until

HOLD_S = 2.0
"""How long a lock outlives its holder."""
_RENEW_EVERY_S = 0.5
_LOOK_EVERY_S = 0.05


@contextmanager
def holding(redis: Redis, name: str, wait_s: float) -> Iterator[bool]:
    """Hold the lock ``name``, or not: the value says whether it was had within ``wait_s`` seconds.

    Raises:
        Busy: Redis cannot be reached.
    """
    # Not local to a thread: the one that renews it is another.
    lock = redis.lock(name, timeout=HOLD_S, blocking_timeout=max(wait_s, 0), sleep=_LOOK_EVERY_S, thread_local=False)
    with translated():
        held = bool(lock.acquire())
    if not held:
        yield False
        return
    with _renewed(lock):
        yield True


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
        with suppress(LockError, RedisError, OSError):  # what ran out, or whose Redis is gone, has released itself
            lock.release()


def _renew(lock: Lock, done: threading.Event) -> None:
    def turn() -> None:
        try:
            lock.reacquire()
        except LockError:
            done.set()  # lost to somebody else; what is written is under a condition of its own
        except (RedisError, OSError):
            return

    repeat_until(done, LoopName.LOCK_RENEWAL, turn, every_s=_RENEW_EVERY_S)
