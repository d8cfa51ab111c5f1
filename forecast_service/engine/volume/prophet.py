"""Prophet's forecast of volume, scored against the same weekday's recent median like the other models of volume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_service.engine.distribution.grid import MEDIAN
from forecast_service.engine.evaluation.backtest import OriginForecast, PastForecasts
from forecast_service.engine.models import ModelInput, days_since_1970, prophet_output
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.volume.forecasts import VolumeHistory
from forecast_service.engine.volume.output import VolumeOutput
from forecast_service.engine.volume.weekdays import weekdays_of

FloatArray = npt.NDArray[np.float64]


def prophet_volume_output(volumes: pd.Series[float], days: pd.DatetimeIndex, stopwatch: Stopwatch) -> VolumeOutput:
    """Forecast volume with Prophet's trend and yearly season.

    Raises:
        ForecastFailed: the model failed on the volumes.
    """
    output = prophet_output(ModelInput.of(volumes, days, with_drift=False), stopwatch)
    history = VolumeHistory(
        days_since_1970(pd.DatetimeIndex(volumes.index)), np.log(volumes.to_numpy(dtype=np.float64))
    )
    medians = np.exp(history.medians[-1, weekdays_of(days_since_1970(days))])
    if output.backtest is None:
        return VolumeOutput(output.curves, medians, None, np.zeros(0))
    rows = np.array([forecast.row for forecast in output.backtest.forecasts])
    yardsticks = history.yardstick(output.backtest.horizon)[rows]
    shifts = history.values[rows] - yardsticks
    return VolumeOutput(output.curves, medians, _relative_to(output.backtest, shifts), np.exp(yardsticks))


def _relative_to(past: PastForecasts, shifts: FloatArray) -> PastForecasts:
    """Return the forecasts with moves since the yardstick in place of moves since the last volume."""
    forecasts = [
        OriginForecast(
            forecast.row,
            forecast.weight,
            forecast.curve + shift,
            forecast.curve - forecast.curve[MEDIAN],
            forecast.realised + float(shift),
        )
        for forecast, shift in zip(past.forecasts, shifts, strict=True)
    ]
    return replace(past, forecasts=tuple(forecasts))
