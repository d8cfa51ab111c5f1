"""The three models: the blend, the last price, and Prophet alone. Each returns its distribution and its backtest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES
from forecast_service.engine.distribution.interval import anchor_horizons, curves_ahead
from forecast_service.engine.distribution.volatility import Volatility
from forecast_service.engine.evaluation.backtest import (
    WARM_UP,
    Evidence,
    OriginFits,
    OriginForecast,
    Origins,
    PastForecasts,
    fits_at,
    origins_of,
)
from forecast_service.engine.prophet.array_prophet import ArrayFit, DayArray, History
from forecast_service.engine.prophet.model import as_arrays, fit_prophet, log_moves, predict_draws, predict_moves
from forecast_service.engine.stopwatch import Stopwatch

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ModelInput:
    """The known closes by trading day, the trading days to forecast, and whether the median price drifts.

    ``history`` holds the closes as the backtest takes them.
    """

    closes: pd.Series[float]
    days: pd.DatetimeIndex
    with_drift: bool
    history: History

    @classmethod
    def of(cls, closes: pd.Series[float], days: pd.DatetimeIndex, *, with_drift: bool) -> ModelInput:
        """Make the input of closes."""
        history = History.of(days_since_1970(pd.DatetimeIndex(closes.index)), log_moves(closes))
        return cls(closes, days, with_drift, history)

    def over(self, days: int) -> ModelInput:
        """Return the input of the first ``days`` days ahead. What was computed of the closes is shared."""
        return replace(self, days=self.days[:days])


@dataclass(frozen=True)
class ModelOutput:
    """The forecast for each day ahead, as moves of the logarithm of the price since the last close.

    ``curves`` holds the quantiles of the move on each day at :data:`grid.PROBABILITIES`, shape (days, probabilities);
    ``daily_shape`` those of a move of one day in standard deviations. ``drift_deviation`` is the standard deviation of
    the drift of a day, 0 where there is none. ``prophet`` is Prophet's own prediction, shape
    (days,), and ``fit`` its fit, both None where it was not fitted. ``weight`` is the weight of Prophet's move in
    ``moves``.
    """

    curves: FloatArray
    daily_shape: FloatArray
    drift_deviation: float
    volatility: Volatility
    prophet: FloatArray | None
    weight: float
    backtest: PastForecasts | None
    fit: ArrayFit | None = None

    @property
    def moves(self) -> FloatArray:
        """Return the predicted moves: the medians, shape (days,)."""
        return self.curves[:, MEDIAN]


def blend_output(model_input: ModelInput, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast with the drift and the weighted move of Prophet; with the drift alone where Prophet has no fit.

    Raises:
        ForecastFailed: a close is not a positive number.
    """
    with stopwatch.lap("fit"):
        fits = OriginFits.over(model_input.history, len(model_input.days))
    return blend_output_from_fits(model_input, fits, stopwatch)


def blend_output_from_fits(model_input: ModelInput, fits: OriginFits, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast as :func:`blend_output` does, with fits at origins that several horizons can share.

    Args:
        model_input: the closes and the days ahead.
        fits: fits to the history of ``model_input``. Each origin is at least the horizon before the last row.
        stopwatch: takes the times of the steps.
    """
    history, fit = model_input.history, fits.last
    if fit is None:
        return _output_without_prophet(model_input, stopwatch, around_last_price=False)
    with stopwatch.lap("predict"):
        now, line = _prophet_line(fit, model_input)
    with stopwatch.lap("backtest"):
        horizon = len(model_input.days)
        evidence = Evidence(history, horizon, fits=fits, with_drift=model_input.with_drift)
        weight = evidence.weight(evidence.last_row)
        backtest = _past_forecasts(evidence.origins, evidence.forecasts())
    with stopwatch.lap("distribution"):
        daily_shape, curves = _distribution(evidence, weight, line - now)
    return ModelOutput(
        curves,
        daily_shape,
        float(evidence.drift.deviations[-1]),
        evidence.volatility,
        line,
        weight,
        backtest,
        fit,
    )


def days_since_1970(days: pd.DatetimeIndex) -> DayArray:
    """Turn days into whole numbers, shape (n,)."""
    return days.to_numpy().astype("datetime64[D]").astype(np.int64)


def last_price_output(model_input: ModelInput, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast the last price without drift, with the spread of a blend of weight 0."""
    return _output_without_prophet(model_input, stopwatch, around_last_price=True)


def prophet_output(model_input: ModelInput, stopwatch: Stopwatch) -> ModelOutput:
    """Forecast with Prophet's prediction and Prophet's distribution, for comparison.

    Raises:
        ForecastFailed: the model failed on the closes.
    """
    with stopwatch.lap("fit"):
        prophet = fit_prophet(model_input.closes)
    with stopwatch.lap("predict"):
        line = predict_moves(prophet, model_input.days)
        curves = line[:, None] + predict_draws(prophet, model_input.days)
    with stopwatch.lap("backtest"):
        backtest = _prophet_backtest(model_input)
    with stopwatch.lap("distribution"):
        evidence = Evidence(model_input.history, 1, fits=None, with_drift=False)
        daily_shape = evidence.shape(len(model_input.closes) - 1, 0.0)
    return ModelOutput(curves, daily_shape, 0.0, evidence.volatility, line, 1.0, backtest, as_arrays(prophet))


def _output_without_prophet(model_input: ModelInput, stopwatch: Stopwatch, *, around_last_price: bool) -> ModelOutput:
    days = len(model_input.days)
    with stopwatch.lap("backtest"):
        evidence = Evidence(
            model_input.history,
            days,
            fits=None,
            with_drift=model_input.with_drift,
            around_last_price=around_last_price,
        )
        backtest = _past_forecasts(evidence.origins, evidence.forecasts())
    with stopwatch.lap("distribution"):
        daily_shape, curves = _distribution(evidence, 0.0, np.zeros(days))
    drift_deviation = float(evidence.drift.deviations[-1])
    return ModelOutput(curves, daily_shape, drift_deviation, evidence.volatility, None, 0.0, backtest)


def _prophet_line(fit: ArrayFit, model_input: ModelInput) -> tuple[float, FloatArray]:
    """Return Prophet's prediction for the day of the last close, and for the days after it, shape (days,)."""
    line = fit.predicted(np.append(model_input.history.days[-1], days_since_1970(model_input.days)))
    return float(line[0]), line[1:]


def _distribution(evidence: Evidence, weight: float, prophet: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the shape of a daily move, and the distribution of the move on each day ahead.

    Args:
        evidence: the past errors.
        weight: the weight of Prophet's move.
        prophet: Prophet's move for each day ahead, shape (days,).
    """
    now, days = evidence.last_row, len(prophet)
    anchors = anchor_horizons(days)
    shapes = np.array([evidence.shape(now, weight, int(anchor)) for anchor in anchors])
    centres = evidence.centre(now, weight, prophet, np.arange(1.0, days + 1))
    deviations = evidence.drift.widen_ahead(evidence.volatility.deviations_ahead(days))
    return shapes[0], curves_ahead(centres, deviations, anchors, shapes)


def _past_forecasts(origins: Origins, forecasts: tuple[OriginForecast, ...]) -> PastForecasts | None:
    """Leave :data:`WARM_UP` forecasts unscored, or half of them where the history is short."""
    if not forecasts:
        return None
    return PastForecasts(origins.horizon, origins.overlap, min(WARM_UP, len(forecasts) // 2), forecasts)


def _prophet_backtest(model_input: ModelInput) -> PastForecasts | None:
    """Return the forecasts of Prophet alone, with its own distribution, at the origins where it has a fit."""
    history = model_input.history
    origins = origins_of(len(history.values), len(model_input.days))
    blend = Evidence(history, origins.horizon, fits=None, with_drift=model_input.with_drift).forecasts()
    fits = fits_at(history, origins.rows)
    found = [_prophet_forecast(history, fit, at, origins.horizon) for fit, at in zip(fits, blend, strict=True) if fit]
    return _past_forecasts(origins, tuple(found))


def _prophet_forecast(history: History, fit: ArrayFit, blend: OriginForecast, horizon: int) -> OriginForecast:
    """Return the forecast of a fit at the origin of ``blend``."""
    row = blend.row
    target = history.days[row + horizon]
    move = float(fit.predicted(target[None])[0] - history.values[row])
    errors = np.quantile(fit.sampled_errors(int(target)), PROBABILITIES)
    return OriginForecast(row, 1.0, move + errors - errors[MEDIAN], blend.last_price, blend.realised)
