"""The models of volume: the recent median of the target's weekday, and the level that reverts.

They take the place of the last price and the blend, as in forecasts of volume.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.engine.models import days_since_1970
from forecast_service.engine.volume.forecasts import HorizonErrors, VolumeHistory
from forecast_service.evaluations.past import FloatArray, Past


def weekday_median(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curves of the same weekday's recent median."""
    history = _history(past)
    return _curves(history, history.yardstick(origins.horizon), origins, around_zero=True)


def reverting_level(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curves of a level that reverts, with weekday effects."""
    history = _history(past)
    return _curves(history, history.reverting(origins.horizon), origins, around_zero=False)


def _curves(
    history: VolumeHistory, forecasts: FloatArray, origins: Origins, *, around_zero: bool
) -> Iterator[FloatArray]:
    horizon, values = origins.horizon, history.values
    errors = HorizonErrors.of(values[horizon:] - forecasts, horizon, len(values))
    for row in origins.rows.tolist():
        yield np.asarray(forecasts[row] - values[row] + errors.curve(row, around_zero=around_zero), dtype=np.float64)


def _history(past: Past) -> VolumeHistory:
    return VolumeHistory(days_since_1970(pd.DatetimeIndex(past.values.index)), past.log_values)
