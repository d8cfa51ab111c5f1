"""The record of the backups in Redis, from which the web server makes metrics."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from redis import Redis

from common.domain.errors import Busy
from common.redis.backup_runs import BackupRuns
from common.redis.client.connections import make_redis_client
from common.redis.clock import RedisClock
from local_stack.backups.archive import BackupFailed

TRY_FOR_S, _PAUSE_S = 30.0, 1.0
"""Seconds of trying to record a whole backup: a failover takes about six."""
_log = logging.getLogger(__name__)


class BackupRecord:
    """Records when backups begin and which are whole.

    A record that cannot be written fails no backup: the metrics then show an older one, and the alert is due too early.
    """

    def __init__(self, redis: Redis) -> None:
        self._clock = RedisClock(redis)
        self._runs = BackupRuns(redis)

    @classmethod
    def at(cls, url: str) -> BackupRecord:
        """Return the record in the Redis at an address."""
        return cls(make_redis_client(url))

    def begin(self, max_age: timedelta | None = None) -> datetime:
        """Record that a backup begins, and return the time by the clock of Redis, which all machines share.

        Args:
            max_age: the age of the newest whole backup from which on an alert is due; None keeps the recorded one.

        Raises:
            BackupFailed: Redis, whose content belongs to the backup, cannot be reached.
        """
        try:
            now = self._clock.now()
        except Busy as exc:
            raise BackupFailed(f"A store cannot be used: {exc.detail}") from exc
        try:
            self._runs.begin(now, max_age)
        except Busy as exc:
            _log.error("The begin of the backup could not be recorded: %s", exc.detail)
        return now

    def complete(self, began: datetime, size_bytes: int) -> None:
        """Record a whole backup. If Redis is away, try again for half a minute."""
        give_up = time.monotonic() + TRY_FOR_S
        while True:
            try:
                self._runs.complete(began, size_bytes)
            except Busy as exc:
                if time.monotonic() > give_up:
                    _log.error("The backup is whole, but could not be recorded for the metrics: %s", exc.detail)
                    return
                time.sleep(_PAUSE_S)
            else:
                return
