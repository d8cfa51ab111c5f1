"""The scores of a backtest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from common.domain.results import Backtest, BacktestPoint
from forecast_service.engine.distribution import grid
from forecast_service.engine.distribution.grid import MEDIAN, probability_below
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.evaluation.backtest import OriginForecast, PastForecasts
from forecast_service.engine.evaluation.comparison import comparison_of
from forecast_service.engine.evaluation.coverage import calibration_of

FloatArray = npt.NDArray[np.float64]
NEGLIGIBLE = 1e-9
"""Smaller moves and errors, as fractions of the price, are rounding errors of a price that stands still."""


def backtest_scores(
    past: PastForecasts, closes: pd.Series[float], level: float, references: FloatArray | None = None
) -> Backtest:
    """Score the forecasts.

    Args:
        past: the forecasts at past origins.
        closes: the closes of the history, or the values of another field, by trading day.
        level: the probability of the intervals.
        references: the naive forecast at each origin, from which the moves are counted, shape (n,). Without it, it is
            the close at the origin.

    Raises:
        ForecastFailed: a forecast left the range of numbers.
    """
    scored = past.scored
    realised = _growth(np.array([forecast.realised for forecast in scored]))
    curves = _growth(np.array([forecast.curve for forecast in scored]))
    predicted = curves[:, MEDIAN]
    errors, naive_errors = _errors(predicted, realised), _errors(np.zeros(len(realised)), realised)
    error, naive = errors.mean(), naive_errors.mean()
    crps = float(grid.crps(curves, realised).mean())
    scores = Backtest(
        origins=len(past.forecasts),
        scored=len(scored),
        horizon_trading_days=past.horizon,
        overlap=past.overlap,
        mae_pct=100 * float(error),
        naive_mae_pct=100 * float(naive),
        skill=_skill(float(error), float(naive)),
        coverage=_coverage(curves, realised, level),
        direction_hit_rate=_direction_hit_rate(scored),
        crps_pct=100 * crps,
        crps_ratio=_ratio(crps, _last_price_crps(scored, realised)),
        coverage_50=_coverage(curves, realised, 0.5),
        coverage_80=_coverage(curves, realised, 0.8),
        coverage_95=_coverage(curves, realised, 0.95),
        brier_up=_brier_up(scored),
        points=_points(past, closes, level, references),
    )
    calibration = calibration_of(scores.coverage, scores.independent_tests, level)
    comparison = comparison_of(naive_errors - errors, scores.independent_tests)
    return scores.model_copy(update={"calibration": calibration, "comparison": comparison})


def _errors(predicted: FloatArray, realised: FloatArray) -> FloatArray:
    """Return the absolute errors, shape (n,); 0 for those that are rounding errors."""
    errors = np.abs(predicted - realised)
    return np.where(errors < NEGLIGIBLE, 0.0, errors)


def _coverage(curves: FloatArray, realised: FloatArray, level: float) -> float:
    """Return the fraction of realised values inside the interval of ``level``."""
    lower, upper = interval_bounds(curves, level).T
    return float(((lower <= realised) & (realised <= upper)).mean())


def _last_price_crps(scored: tuple[OriginForecast, ...], realised: FloatArray) -> float:
    """Return the score of the last price with the blend's spread."""
    return float(grid.crps(_growth(np.array([forecast.last_price for forecast in scored])), realised).mean())


def _ratio(score: float, other: float) -> float | None:
    return score / other if other > 0.0 else None


def _brier_up(scored: tuple[OriginForecast, ...]) -> float:
    """Return the mean squared difference between the probability of a rise and what came, 1 or 0."""
    stated = np.array([1 - probability_below(forecast.curve, 0.0) for forecast in scored])
    rose = np.array([forecast.realised > 0 for forecast in scored])
    return float(((stated - rose) ** 2).mean())


def _skill(error: float, naive: float) -> float:
    """Return 1 minus the ratio of the errors; -1 where the last price had no error and the forecast had one."""
    if naive == 0.0:
        return -1.0 if error else 0.0
    return 1 - error / naive


def _growth(moves: FloatArray) -> FloatArray:
    """Turn moves of the logarithm into relative changes, of the same shape.

    Raises:
        ForecastFailed: a forecast left the range of numbers.
    """
    with np.errstate(over="ignore"):
        growth = np.expm1(moves)
    if not np.isfinite(growth).all():
        raise ForecastFailed("The model's past forecasts left every sensible range; a shorter horizon may work.")
    return np.asarray(growth, dtype=np.float64)


def _direction_hit_rate(scored: tuple[OriginForecast, ...]) -> float | None:
    """Return the fraction of forecasts with the right sign; None where every forecast is the last price."""
    hits = [
        np.sign(forecast.move) == np.sign(forecast.realised) for forecast in scored if abs(forecast.move) >= NEGLIGIBLE
    ]
    return float(np.mean(hits)) if hits else None


def _points(
    past: PastForecasts, closes: pd.Series[float], level: float, references: FloatArray | None
) -> list[BacktestPoint]:
    """Return a point for each forecast, oldest first."""
    rows = np.array([forecast.row for forecast in past.forecasts])
    bounds = interval_bounds(np.array([forecast.curve for forecast in past.forecasts]), level)
    moves = np.column_stack([[forecast.move for forecast in past.forecasts], bounds])
    values = closes.to_numpy(dtype=np.float64)
    days = pd.DatetimeIndex(closes.index)
    origin_values = values[rows] if references is None else references
    columns = (
        days[rows].date,
        days[rows + past.horizon].date,
        origin_values.tolist(),
        (origin_values[:, None] * np.exp(moves)).tolist(),
        values[rows + past.horizon].tolist(),
    )
    return [
        BacktestPoint(
            origin=origin,
            target=target,
            last_close=last_close,
            price=price,
            lower=lower,
            upper=upper,
            actual=actual,
            prophet_weight=forecast.weight,
            scored=index >= past.warm_up,
            pit=round(probability_below(forecast.curve, forecast.realised), 4),
        )
        for index, (forecast, origin, target, last_close, (price, lower, upper), actual) in enumerate(
            zip(past.forecasts, *columns, strict=True)
        )
    ]
