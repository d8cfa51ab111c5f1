"""The three models: the blend, the last price, and Prophet alone. Each returns its moves, interval and backtest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from forecast_service.engine.evaluation.backtest import (
    WARM_UP,
    Evidence,
    OriginForecast,
    Origins,
    PastForecasts,
    fit_at,
    origins_of,
)
from forecast_service.engine.prophet.array_prophet import ArrayFit, History
from forecast_service.engine.prophet.backend import FastProphet
from forecast_service.engine.prophet.model import as_arrays, fit_prophet, log_moves, predict_interval, predict_moves
from forecast_service.engine.stopwatch import Stopwatch

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ModelInput:
    """The known closes by trading day, the trading days to forecast, and the level of the interval."""

    closes: pd.Series[float]
    days: pd.DatetimeIndex
    level: float

    @property
    def history(self) -> History:
        """Return the closes as the backtest takes them."""
        days = pd.DatetimeIndex(self.closes.index).to_numpy().astype("datetime64[D]").astype(np.int64)
        return History.of(days, log_moves(self.closes))


@dataclass(frozen=True)
class ModelOutput:
    """The forecast for each day ahead, as moves of the logarithm of the price since the last close.

    ``moves``, ``lower``, ``upper`` and ``prophet`` have the shape (days,). ``prophet`` is Prophet's own prediction and
    ``fit`` its fit, both None where it was not fitted. ``weight`` is the weight of Prophet's move in ``moves``.
    """

    moves: FloatArray
    lower: FloatArray
    upper: FloatArray
    prophet: FloatArray | None
    weight: float
    backtest: PastForecasts | None
    fit: ArrayFit | None = None


def blend_output(model_input: ModelInput, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast the last price plus the weighted move of Prophet; the last price alone where Prophet has no fit.

    Raises:
        ForecastFailed: a close is not a positive number.
    """
    try:
        with stopwatch.lap("fit"):
            prophet = fit_prophet(model_input.closes, model_input.level)
    except ForecastFailed:
        return last_price_output(model_input, stopwatch)
    with stopwatch.lap("predict"):
        now, line = _prophet_line(prophet, model_input)
    with stopwatch.lap("backtest"):
        evidence = Evidence(model_input.history, len(model_input.days), with_prophet=True)
        weight = evidence.weight(len(model_input.closes) - 1)
        backtest = _blend_backtest(evidence, model_input.level)
    with stopwatch.lap("interval"):
        moves = weight * (line - now)
        width = _half_width(evidence, model_input, weight)
    return ModelOutput(moves, moves - width, moves + width, line, weight, backtest, as_arrays(prophet))


def last_price_output(model_input: ModelInput, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast the last price, with the interval of a blend of weight 0."""
    with stopwatch.lap("backtest"):
        evidence = Evidence(model_input.history, len(model_input.days), with_prophet=False)
        backtest = _blend_backtest(evidence, model_input.level)
    with stopwatch.lap("interval"):
        width = _half_width(evidence, model_input, 0.0)
    return ModelOutput(np.zeros(len(width)), -width, width, None, 0.0, backtest)


def prophet_output(model_input: ModelInput, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast with Prophet's prediction and Prophet's interval, for comparison.

    Raises:
        ForecastFailed: the model failed on the closes.
    """
    with stopwatch.lap("fit"):
        prophet = fit_prophet(model_input.closes, model_input.level)
    with stopwatch.lap("predict"):
        line = predict_moves(prophet, model_input.days)
        below, above = predict_interval(prophet, model_input.days)
    with stopwatch.lap("backtest"):
        backtest = _prophet_backtest(model_input)
    return ModelOutput(line, line + below, line + above, line, 1.0, backtest, as_arrays(prophet))


def _prophet_line(prophet: FastProphet, model_input: ModelInput) -> tuple[float, FloatArray]:
    """Return Prophet's prediction for the day of the last close, and for the days after it, shape (days,)."""
    today = model_input.closes.index[-1]
    line = predict_moves(prophet, pd.DatetimeIndex([today, *model_input.days]))
    return float(line[0]), line[1:]


def _blend_backtest(evidence: Evidence, level: float) -> PastForecasts | None:
    forecasts = evidence.forecasts(level)
    return _past_forecasts(evidence.origins, forecasts) if forecasts else None


def _past_forecasts(origins: Origins, forecasts: tuple[OriginForecast, ...]) -> PastForecasts:
    """Leave :data:`WARM_UP` forecasts unscored, or half of them where the history is short."""
    return PastForecasts(origins.horizon, origins.overlap, min(WARM_UP, len(forecasts) // 2), forecasts)


def _half_width(evidence: Evidence, model_input: ModelInput, weight: float) -> FloatArray:
    """Return half the width of the interval for each day ahead, which never decreases, shape (days,).

    The multiplier is calibrated at a few horizons and interpolated between them.
    """
    days, now = len(model_input.days), len(model_input.closes) - 1
    anchors = np.unique(np.geomspace(1, days, num=2 + int(np.log2(days))).round().astype(int))
    last_price = np.array([evidence.last_price_multiplier(now, model_input.level, int(anchor)) for anchor in anchors])
    scaled = last_price * evidence.multiplier(now, weight, model_input.level) / last_price[-1]
    ahead = np.arange(1, days + 1)
    multipliers = np.interp(np.log(ahead), np.log(anchors), scaled)
    return np.asarray(np.maximum.accumulate(multipliers * evidence.volatility.deviations_ahead(days)), dtype=np.float64)


def _prophet_backtest(model_input: ModelInput) -> PastForecasts | None:
    """Return the forecasts of Prophet alone, with its own interval, at the origins where it has a fit."""
    history = model_input.history
    origins = origins_of(len(history.values), len(model_input.days))
    found = [_prophet_forecast(history, int(row), origins.horizon, model_input.level) for row in origins.rows]
    forecasts = tuple(forecast for forecast in found if forecast)
    return _past_forecasts(origins, forecasts) if forecasts else None


def _prophet_forecast(history: History, row: int, horizon: int, level: float) -> OriginForecast | None:
    fit = fit_at(history, row)
    if fit is None:
        return None
    target = history.days[row + horizon]
    move = float(fit.predicted(target[None])[0] - history.values[row])
    below, above = np.quantile(fit.sampled_errors(int(target)), [(1 - level) / 2, (1 + level) / 2]).tolist()
    realised = float(history.values[row + horizon] - history.values[row])
    return OriginForecast(row, 1.0, move, move + below, move + above, realised)
