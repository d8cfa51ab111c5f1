"""The three models: the blend, the last price, and Prophet as it is; each with its interval and its backtest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import ForecastFailed
from forecast_service.engine.array_prophet import ArrayFit, History
from forecast_service.engine.backtest import WARM_UP, Backtest, Evidence, OriginForecast, Origins, origins_of
from forecast_service.engine.model import as_arrays, fit_prophet, predict_interval, predict_moves
from forecast_service.engine.prophet_backend import FastProphet
from forecast_service.engine.stopwatch import Stopwatch

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Horizon:
    """The closes that are known (indexed by trading day), the trading days to forecast, and the interval's level."""

    closes: pd.Series[float]
    days: pd.DatetimeIndex
    level: float

    @property
    def log_closes(self) -> FloatArray:
        """Logarithms of the closes as shares of the last, so that the price's unit is forgotten."""
        values = self.closes.to_numpy(dtype=np.float64)
        if not (np.isfinite(values) & (values > 0)).all():
            raise ForecastFailed("A close is not a positive number.")
        return np.asarray(np.log(values / values[-1]), dtype=np.float64)

    @property
    def history(self) -> History:
        """The closes as the backtest takes them."""
        days = pd.DatetimeIndex(self.closes.index).to_numpy().astype("datetime64[D]").astype(np.int64)
        return History.of(days, self.log_closes)


@dataclass(frozen=True)
class Outlook:
    """Moves of the logarithm of the price from the last close on, one for each day ahead: shape (days,) each.

    ``prophet`` is Prophet's own line where it was fitted, and ``fit`` that fit; ``share`` is what of its move is in
    ``moves``.
    """

    moves: FloatArray
    lower: FloatArray
    upper: FloatArray
    prophet: FloatArray | None
    share: float
    backtest: Backtest | None
    fit: ArrayFit | None = None


def blend_outlook(asked: Horizon, watch: Stopwatch) -> Outlook:
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
    return Outlook(moves, moves - width, moves + width, line, share, backtest, as_arrays(prophet))


def last_price_outlook(asked: Horizon, watch: Stopwatch) -> Outlook:
    """The last price, with the interval of the blend around it."""
    with watch.lap("backtest"):
        evidence = Evidence(asked.history, len(asked.days), with_prophet=False)
        backtest = _tested(evidence, asked.level)
    with watch.lap("interval"):
        width = _width(evidence, asked, 0.0)
    return Outlook(np.zeros(len(width)), -width, width, None, 0.0, backtest)


def prophet_outlook(asked: Horizon, watch: Stopwatch) -> Outlook:
    """Prophet's prediction and Prophet's interval, for comparison; every origin is fitted and drawn as the forecast is.

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
    return Outlook(line, line + below, line + above, line, 1.0, backtest, as_arrays(prophet))


def _line_from_now(prophet: FastProphet, asked: Horizon) -> tuple[float, FloatArray]:
    """Prophet's value on the day of the last close, and its line after it."""
    today = asked.closes.index[-1]
    line = predict_moves(prophet, pd.DatetimeIndex([today, *asked.days]))
    return float(line[0]), line[1:]


def _tested(evidence: Evidence, level: float) -> Backtest | None:
    forecasts = evidence.forecasts(level)
    return _backtest(evidence.origins, forecasts) if forecasts else None


def _backtest(origins: Origins, forecasts: tuple[OriginForecast, ...]) -> Backtest:
    """With a short history, half of the origins warm up."""
    return Backtest(origins.horizon, origins.overlap, min(WARM_UP, len(forecasts) // 2), forecasts)


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


def _prophet_backtest(asked: Horizon) -> Backtest | None:
    horizon = len(asked.days)
    origins = origins_of(len(asked.closes), horizon)
    forecasts = tuple(_prophet_at(asked, int(row), horizon) for row in origins.rows)
    return _backtest(origins, forecasts) if forecasts else None


def _prophet_at(asked: Horizon, row: int, horizon: int) -> OriginForecast:
    fit = fit_prophet(asked.closes.iloc[: row + 1], asked.level)
    # All days up to the last: Prophet simulates its interval step by step, in steps of the days that it is given.
    days = pd.DatetimeIndex(asked.closes.index[row + 1 : row + horizon + 1])
    move = float(predict_moves(fit, days)[-1])
    below, above = predict_interval(fit, days)
    values = asked.log_closes
    realised = float(values[row + horizon] - values[row])
    return OriginForecast(row, 1.0, move, move + float(below[-1]), move + float(above[-1]), realised)
