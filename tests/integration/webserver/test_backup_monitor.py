"""The metrics of the backups, which the commands of the backup record in Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.runtime.metrics import BACKUP_BEGAN, BACKUP_BYTES, BACKUP_COMPLETE, BACKUP_MAX_AGE
from webserver.server.backup_monitor import BackupMonitor

METRICS = (BACKUP_BEGAN, BACKUP_COMPLETE, BACKUP_BYTES, BACKUP_MAX_AGE)
BEGAN = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)


def shown(stores):
    BackupMonitor(stores.backup_runs).measure()
    return [metric._value.get() for metric in METRICS]


def test_a_backup_that_began_counts_as_whole_only_after_its_end(redis_stores):
    assert shown(redis_stores) == [0, 0, 0, 0]
    redis_stores.backup_runs.begin(BEGAN, timedelta(hours=36))
    assert shown(redis_stores) == [BEGAN.timestamp(), 0, 0, 129_600]
    redis_stores.backup_runs.complete(BEGAN, 1234)
    assert shown(redis_stores) == [BEGAN.timestamp(), BEGAN.timestamp(), 1234, 129_600]
    later = BEGAN + timedelta(days=1)
    redis_stores.backup_runs.begin(later)
    assert shown(redis_stores) == [later.timestamp(), BEGAN.timestamp(), 1234, 129_600]


def test_a_damaged_record_stops_no_turn_and_the_next_backup_replaces_it(redis_stores, redis_client):
    redis_client.hset("backup_run", mapping={"began": "soon", "whole": b"\xff", "size_bytes": "1"})
    assert BackupMonitor(redis_stores.backup_runs)._turn() is None
    redis_stores.backup_runs.begin(BEGAN)
    redis_stores.backup_runs.complete(BEGAN, 7)
    assert shown(redis_stores) == [BEGAN.timestamp(), BEGAN.timestamp(), 7, 0]


def test_a_later_release_may_record_more(redis_stores, redis_client):
    redis_stores.backup_runs.begin(BEGAN)
    redis_client.hset("backup_run", "checked_by", "somebody")
    assert redis_stores.backup_runs.last().began == BEGAN
