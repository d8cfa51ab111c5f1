"""The newest backups, which the commands of the backup record and the web server shows as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from common.domain.backup_run import BackupRun
from common.redis.client.failures import redis_call
from common.redis.client.replies import check_replies, expect_bytes
from common.redis.schema.keys import SharedKey

KEPT_S = 60 * 86_400
"""Longer than any pause of the backups that nobody notices."""


class BackupRuns:
    """The record of the backups. Methods raise :class:`Busy` if Redis cannot be reached or is full."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def begin(self, at: datetime, max_age: timedelta | None = None) -> None:
        """Record that a backup begins. It does not count as whole, and an earlier whole one stays recorded.

        Args:
            at: the time.
            max_age: the age of the newest whole backup from which on an alert is due; None keeps the recorded one.
        """
        limit = {} if max_age is None else {"max_age_s": str(round(max_age.total_seconds()))}
        self._write({"began": at.isoformat()} | limit)

    def complete(self, began: datetime, size_bytes: int) -> None:
        """Record a whole backup by the time at which it began."""
        self._write({"whole": began.isoformat(), "size_bytes": str(size_bytes)})

    def _write(self, fields: Mapping[str, str]) -> None:
        with redis_call(), self._redis.pipeline() as pipeline:
            for name, value in fields.items():
                pipeline.hset(SharedKey.BACKUP_RUN, name, value)
            pipeline.expire(SharedKey.BACKUP_RUN, KEPT_S)
            pipeline.execute()

    def last(self) -> BackupRun:
        """Return the record; without any times if there was no backup."""
        with check_replies(self._redis):
            reply: Any = self._redis.hgetall(SharedKey.BACKUP_RUN)
            fields = {expect_bytes(name).decode(): expect_bytes(value).decode() for name, value in reply.items()}
            return BackupRun.model_validate(fields)
