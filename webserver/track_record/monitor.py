"""Shows the calibration of the latest scored forecasts as metrics. The scoring computes it in another process."""

from __future__ import annotations

import math

from common.domain.calibration import LEVELS_PCT, Calibration
from common.redis.calibration_snapshot import CalibrationSnapshot
from common.runtime.metrics import (
    RECORD_COVERAGE,
    RECORD_COVERAGE_HIGH,
    RECORD_COVERAGE_LOW,
    RECORD_CRPS_RATIO,
    RECORD_FORECASTS,
    RECORD_INDEPENDENT,
)
from common.runtime.supervision import LoopName
from webserver.server.metrics_monitor import MetricsMonitor

_NOTHING = Calibration(forecasts=0, independent=0, crps_ratio=None, levels=())


class TrackRecordMonitor(MetricsMonitor):
    """Sets the metrics of the track record's scores."""

    def __init__(self, snapshot: CalibrationSnapshot) -> None:
        super().__init__(LoopName.TRACK_RECORD_MONITOR, "the track record")
        self._snapshot = snapshot

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
