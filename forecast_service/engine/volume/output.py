"""The forecast of volume for each day ahead, and its backtest against the same weekday's recent median."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from forecast_service.engine.distribution.grid import MEDIAN
from forecast_service.engine.distribution.interval import anchor_horizons, curves_ahead
from forecast_service.engine.evaluation.backtest import WARM_UP, OriginForecast, PastForecasts, origins_of
from forecast_service.engine.models import days_since_1970
from forecast_service.engine.stopwatch import Stopwatch
from forecast_service.engine.volume.forecasts import HorizonErrors, VolumeHistory
from forecast_service.engine.volume.weekdays import weekdays_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class VolumeOutput:
    """The forecast for each day ahead.

    ``curves`` has the quantiles of the logarithm of volume at the probabilities of :mod:`distribution.grid`, as moves
    since the last volume, shape (days, probabilities). ``yardsticks`` are the same weekday's recent medians for these
    days, shape (days,). Moves of ``backtest`` are relative to ``references``: the yardstick at each origin.
    """

    curves: FloatArray
    yardsticks: FloatArray
    backtest: PastForecasts | None
    references: FloatArray


def volume_output(
    volumes: pd.Series[float], days: pd.DatetimeIndex, stopwatch: Stopwatch, *, is_yardstick: bool
) -> VolumeOutput:
    """Forecast volume.

    Args:
        volumes: positive volumes by trading day.
        days: the trading days to forecast.
        stopwatch: measures the parts.
        is_yardstick: whether the forecast is the yardstick with its own spread, in place of the reverting level.

    Raises:
        ForecastFailed: a volume is not a positive number.
    """
    values = np.log(volumes.to_numpy(dtype=np.float64))
    if not np.isfinite(values).all():
        raise ForecastFailed("A volume is not a positive number. Refresh the prices.")
    history = VolumeHistory(days_since_1970(pd.DatetimeIndex(volumes.index)), values)
    model = _Model(history, is_yardstick=is_yardstick)
    with stopwatch.lap("backtest"):
        backtest, references = model.past_forecasts(len(days))
    with stopwatch.lap("distribution"):
        weekdays = weekdays_of(days_since_1970(days))
        medians = history.medians[-1, weekdays]
        centres = medians if is_yardstick else model.centres(weekdays)
        anchors = anchor_horizons(len(days))
        shapes = np.array([model.error_curve(int(anchor), len(values) - 1) for anchor in anchors])
        curves = curves_ahead(centres - values[-1], np.ones(len(days)), anchors, shapes)
    return VolumeOutput(curves, np.exp(medians), backtest, np.exp(references))


class _Model:
    """The forecasts of a history by the yardstick or by the reverting level."""

    def __init__(self, history: VolumeHistory, *, is_yardstick: bool) -> None:
        self._history = history
        self._is_yardstick = is_yardstick

    def centres(self, weekdays: IntArray) -> FloatArray:
        """Return the expected logarithm of each day ahead, shape (days,)."""
        anchors, history = anchor_horizons(len(weekdays)), self._history
        fitted = np.array([history.level.coefficients(int(anchor))[-1] for anchor in anchors])
        horizons, known = np.log(np.arange(1.0, len(weekdays) + 1)), np.log(anchors)
        coefficients = np.stack([np.interp(horizons, known, column) for column in fitted.T], axis=1)
        level = history.level.ahead(coefficients)
        return np.asarray(level + history.effects.known[-1, weekdays], dtype=np.float64)

    def error_curve(self, horizon: int, row: int) -> FloatArray:
        """Return the distribution of the error of a forecast over a horizon from a row, as it was known there."""
        return self._errors(self._forecasts(horizon), horizon).curve(row, around_zero=self._is_yardstick)

    def past_forecasts(self, horizon: int) -> tuple[PastForecasts | None, FloatArray]:
        """Return the forecasts at the origins of the backtest, relative to the yardstick, and the yardstick there."""
        history = self._history
        origins = origins_of(len(history.values), horizon)
        rows = origins.rows
        if not len(rows):
            return None, np.zeros(0)
        centres, yardstick = self._forecasts(horizon), history.yardstick(horizon)
        errors = self._errors(centres, horizon)
        found = []
        for row in rows.tolist():
            spread = errors.curve(row, around_zero=self._is_yardstick)
            curve = centres[row] - yardstick[row] + spread
            realised = float(history.values[row + horizon] - yardstick[row])
            found.append(OriginForecast(row, 0.0, curve, spread - spread[MEDIAN], realised))
        warm_up = min(WARM_UP, len(found) // 2)
        return PastForecasts(horizon, origins.overlap, warm_up, tuple(found)), yardstick[rows]

    def _forecasts(self, horizon: int) -> FloatArray:
        """Return the forecast from each row whose target has come, shape (N - horizon,)."""
        return self._history.yardstick(horizon) if self._is_yardstick else self._history.reverting(horizon)

    def _errors(self, forecasts: FloatArray, horizon: int) -> HorizonErrors:
        values = self._history.values
        return HorizonErrors.of(values[horizon:] - forecasts, horizon, len(values))
