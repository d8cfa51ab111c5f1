"""Shows the calibration of the latest scored forecasts as metrics. The scoring computes it in another process."""

from __future__ import annotations

import logging
import math

from common.domain.calibration import LEVELS_PCT, Calibration
from common.domain.errors import Busy
from common.redis.calibration_snapshot import CalibrationSnapshot
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import (
    RECORD_COVERAGE,
    RECORD_COVERAGE_HIGH,
    RECORD_COVERAGE_LOW,
    RECORD_CRPS_RATIO,
    RECORD_FORECASTS,
    RECORD_INDEPENDENT,
)
from common.runtime.supervision import LoopName, ThreadLoop

EVERY_S, _STALLED_AFTER_S = 15.0, 60.0
_NOTHING = Calibration(forecasts=0, independent=0, crps_ratio=None, levels=())
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class TrackRecordMonitor:
    """Sets the metrics of the track record's scores."""

    def __init__(self, snapshot: CalibrationSnapshot) -> None:
        self._snapshot = snapshot
        self.loop = ThreadLoop(
            LoopName.TRACK_RECORD_MONITOR, self._turn, every_s=EVERY_S, stalled_after_s=_STALLED_AFTER_S
        )
        """It starts after the fork of the process."""

    def measure(self) -> None:
        """Set the metrics; a figure that does not exist is NaN.

        Raises:
            Busy: Redis cannot be used now.
        """
        found = self._snapshot.read() or _NOTHING
        RECORD_FORECASTS.set(found.forecasts)
        RECORD_INDEPENDENT.set(found.independent)
        RECORD_CRPS_RATIO.set(math.nan if found.crps_ratio is None else found.crps_ratio)
        levels = {level.percent: level for level in found.levels}
        for percent in LEVELS_PCT:
            level = levels.get(percent)
            RECORD_COVERAGE.labels(percent).set(level.coverage if level else math.nan)
            RECORD_COVERAGE_LOW.labels(percent).set(level.low if level else math.nan)
            RECORD_COVERAGE_HIGH.labels(percent).set(level.high if level else math.nan)

    def _turn(self) -> float | None:
        try:
            self.measure()
        except Busy as failure:
            _log_limit.log(
                logging.WARNING, failure.code, "the metrics of the track record are not current: %s", failure
            )
        return None
