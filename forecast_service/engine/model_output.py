"""The three models: the blend, the last price, and Prophet as it is; each with its interval and its backtest."""

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
class Horizon:
    """The closes that are known (indexed by trading day), the trading days to forecast, and the interval's level."""

    closes: pd.Series[float]
    days: pd.DatetimeIndex
    level: float

    @property
    def history(self) -> History:
        """The closes as the backtest takes them."""
        days = pd.DatetimeIndex(self.closes.index).to_numpy().astype("datetime64[D]").astype(np.int64)
        return History.of(days, log_moves(self.closes))


@dataclass(frozen=True)
class ModelOutput:
    """Moves of the logarithm of the price from the last close on, one for each day ahead: shape (days,) each.

    ``prophet`` is Prophet's own line where it was fitted, and ``fit`` that fit; ``share`` is what of its move is in
    ``moves``.
    """

    moves: FloatArray
    lower: FloatArray
    upper: FloatArray
    prophet: FloatArray | None
    share: float
    backtest: PastForecasts | None
    fit: ArrayFit | None = None


def blend_outlook(asked: Horizon, watch: Stopwatch) -> ModelOutput:
    """The last price plus the share of Prophet's move that past forecasts have earned: none where it cannot be fitted.

    Raises:
        ForecastFailed: a close is not a positive number.
    """
    try:
        with watch.lap("fit"):
            prophet = fit_prophet(asked.closes, asked.level)
    except ForecastFailed:
        return last_price_outlook(asked, watch)
    with watch.lap("predict"):
        now, line = _line_from_now(prophet, asked)
    with watch.lap("backtest"):
        evidence = Evidence(asked.history, len(asked.days), with_prophet=True)
        share = evidence.share(len(asked.closes) - 1)
        backtest = _tested(evidence, asked.level)
    with watch.lap("interval"):
        moves = share * (line - now)
        width = _width(evidence, asked, share)
    return ModelOutput(moves, moves - width, moves + width, line, share, backtest, as_arrays(prophet))


def last_price_outlook(asked: Horizon, watch: Stopwatch) -> ModelOutput:
    """The last price, with the interval of the blend around it."""
    with watch.lap("backtest"):
        evidence = Evidence(asked.history, len(asked.days), with_prophet=False)
        backtest = _tested(evidence, asked.level)
    with watch.lap("interval"):
        width = _width(evidence, asked, 0.0)
    return ModelOutput(np.zeros(len(width)), -width, width, None, 0.0, backtest)


def prophet_outlook(asked: Horizon, watch: Stopwatch) -> ModelOutput:
    """Prophet's prediction and Prophet's interval, for comparison; every origin is fitted and drawn alike.

    Raises:
        ForecastFailed: the model failed on the closes.
    """
    with watch.lap("fit"):
        prophet = fit_prophet(asked.closes, asked.level)
    with watch.lap("predict"):
        line = predict_moves(prophet, asked.days)
        below, above = predict_interval(prophet, asked.days)
    with watch.lap("backtest"):
        backtest = _prophet_backtest(asked)
    return ModelOutput(line, line + below, line + above, line, 1.0, backtest, as_arrays(prophet))


def _line_from_now(prophet: FastProphet, asked: Horizon) -> tuple[float, FloatArray]:
    """Prophet's value on the day of the last close, and its line after it."""
    today = asked.closes.index[-1]
    line = predict_moves(prophet, pd.DatetimeIndex([today, *asked.days]))
    return float(line[0]), line[1:]


def _tested(evidence: Evidence, level: float) -> PastForecasts | None:
    forecasts = evidence.forecasts(level)
    return _backtest(evidence.origins, forecasts) if forecasts else None


def _backtest(origins: Origins, forecasts: tuple[OriginForecast, ...]) -> PastForecasts:
    """With a short history, half of the origins warm up."""
    return PastForecasts(origins.horizon, origins.overlap, min(WARM_UP, len(forecasts) // 2), forecasts)


def _width(evidence: Evidence, asked: Horizon, share: float) -> FloatArray:
    """Half the interval for each day ahead, never narrower than for the day before: shape (days,).

    The reach is calibrated at some horizons up to the last and interpolated between them.
    """
    days, now = len(asked.days), len(asked.closes) - 1
    anchors = np.unique(np.geomspace(1, days, num=2 + int(np.log2(days))).round().astype(int))
    plain = np.array([evidence.last_price_reach(now, asked.level, int(anchor)) for anchor in anchors])
    scaled = plain * evidence.reach(now, share, asked.level) / plain[-1]
    ahead = np.arange(1, days + 1)
    reach = np.interp(np.log(ahead), np.log(anchors), scaled)
    return np.asarray(np.maximum.accumulate(reach * evidence.volatility.deviations_ahead(days)), dtype=np.float64)


def _prophet_backtest(asked: Horizon) -> PastForecasts | None:
    """Prophet alone at past origins, with its own interval; an origin without a fit has no forecast."""
    history = asked.history
    origins = origins_of(len(history.values), len(asked.days))
    found = [_prophet_at(history, int(row), origins.horizon, asked.level) for row in origins.rows]
    forecasts = tuple(forecast for forecast in found if forecast)
    return _backtest(origins, forecasts) if forecasts else None


def _prophet_at(history: History, row: int, horizon: int, level: float) -> OriginForecast | None:
    fit = fit_at(history, row)
    if fit is None:
        return None
    target = history.days[row + horizon]
    move = float(fit.predicted(target[None])[0] - history.values[row])
    below, above = np.quantile(fit.drawn_errors(int(target)), [(1 - level) / 2, (1 + level) / 2]).tolist()
    realised = float(history.values[row + horizon] - history.values[row])
    return OriginForecast(row, 1.0, move, move + below, move + above, realised)
