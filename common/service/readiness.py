"""Readiness checks that perform a request's operations on Redis and S3."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from redis import Redis

from common.domain.errors import Busy
from common.redis.client.script_runner import RedisScripts
from common.redis.schema.keys import SharedKey
from common.runtime.supervision import LoopName, ThreadLoop
from common.s3.objects import PriceObjects

CACHED_S = 1.0
"""Seconds for which the outcome of a store's probe is cached. A start asks ten times a second."""
PROBE_KEPT_MS = 60_000
STORE_PROBED_EVERY_S = 300.0
"""Seconds after a success: a probe of S3 is two or three requests, which cost money in a cloud."""
STORE_PROBED_AGAIN_S = 5.0
"""Seconds after a failure."""
_NOT_YET = "The price store has not been checked yet."


class CachedCheck:
    """A check whose outcome is cached for :data:`CACHED_S`.

    Args:
        check: raises :class:`Busy` if it fails.
        clock: monotonic seconds.
    """

    def __init__(self, check: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._check = check
        self._clock = clock
        self._lock = threading.Lock()
        self._cached_until = -CACHED_S
        self._failure: Busy | None = None

    def __call__(self) -> None:
        """Raise :class:`Busy` if the check failed at its last run."""
        with self._lock:
            if self._clock() >= self._cached_until:
                self._failure = self._find_failure()
                self._cached_until = self._clock() + CACHED_S
            if self._failure is not None:
                raise Busy(self._failure.detail)

    def _find_failure(self) -> Busy | None:
        try:
            self._check()
        except Busy as failure:
            return failure
        return None


class RedisReadiness:
    """Checks that requests can be accepted, by a script that writes a key. The outcome is cached for a second.

    Args:
        redis: the client.
        clock: monotonic seconds.
    """

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        scripts = RedisScripts(redis, ["coordination/probe"])
        self._check = CachedCheck(lambda: scripts.run("coordination/probe", [SharedKey.PROBE], [PROBE_KEPT_MS]), clock)

    def check(self) -> None:
        """Raise :class:`Busy` if Redis cannot be reached, or refuses an operation of a request."""
        self._check()


class StoreReadiness:
    """Checks periodically, in its own loop, that conditional puts of prices to S3 work.

    Args:
        objects: the price store, with write access.
        clock: monotonic seconds.
    """

    def __init__(self, objects: PriceObjects, clock: Callable[[], float] = time.monotonic) -> None:
        self._objects = objects
        self._clock = clock
        self._due_at = -STORE_PROBED_EVERY_S
        self._problem: str | None = _NOT_YET
        self.loop = ThreadLoop(LoopName.STORE_PROBE, self._probe_if_due, every_s=1.0, stalled_after_s=60.0)

    def check(self) -> None:
        """Raise :class:`Busy` if the last probe failed, or the bucket cannot be reached now."""
        if self._problem is not None:
            raise Busy(self._problem)
        self._objects.ping()

    def _probe_if_due(self) -> None:
        if self._clock() < self._due_at:
            return
        try:
            self._objects.prove_writable()
        except Busy as failure:
            self._problem = failure.detail
            self._due_at = self._clock() + STORE_PROBED_AGAIN_S
            return
        self._problem = None
        self._due_at = self._clock() + STORE_PROBED_EVERY_S
