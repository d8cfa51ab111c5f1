"""Shows the newest backups as metrics. The commands of the backup, other processes, record them in Redis."""

from __future__ import annotations

import logging

from common.domain.errors import Busy
from common.redis.backup_runs import BackupRuns
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import BACKUP_BEGAN, BACKUP_BYTES, BACKUP_COMPLETE, BACKUP_MAX_AGE
from common.runtime.supervision import LoopName, ThreadLoop

EVERY_S, _STALLED_AFTER_S = 15.0, 60.0
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class BackupMonitor:
    """Sets the metrics of the backups.

    Args:
        runs: the record of the backups.
    """

    def __init__(self, runs: BackupRuns) -> None:
        self._runs = runs
        self.loop = ThreadLoop(LoopName.BACKUP_MONITOR, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S)
        """It starts after the fork of the process."""

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

    def _turn(self) -> float | None:
        try:
            self.measure()
        except Busy as failure:
            _log_limit.log(logging.WARNING, failure.code, "the metrics of the backups are not current: %s", failure)
        return None
