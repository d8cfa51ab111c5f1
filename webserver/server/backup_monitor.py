"""Shows the newest backups as metrics. The commands of the backup, other processes, record them in Redis."""

from __future__ import annotations

from common.redis.backup_runs import BackupRuns
from common.runtime.metrics import BACKUP_BEGAN, BACKUP_BYTES, BACKUP_COMPLETE, BACKUP_MAX_AGE
from common.runtime.supervision import LoopName
from webserver.server.metrics_monitor import MetricsMonitor


class BackupMonitor(MetricsMonitor):
    """Sets the metrics of the backups.

    Args:
        runs: the record of the backups.
    """

    def __init__(self, runs: BackupRuns) -> None:
        super().__init__(LoopName.BACKUP_MONITOR, "the backups")
        self._runs = runs

    def measure(self) -> None:
        """Set the metrics; 0 where there was no backup.

        Raises:
            Busy: Redis cannot be used now.
        """
        last = self._runs.last()
        BACKUP_BEGAN.set(last.began.timestamp() if last.began else 0)
        BACKUP_COMPLETE.set(last.whole.timestamp() if last.whole else 0)
        BACKUP_BYTES.set(last.size_bytes or 0)
        BACKUP_MAX_AGE.set(last.max_age_s or 0)
