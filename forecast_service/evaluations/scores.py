"""The scores of one model's forecasts, in percent of the value at the origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.domain.evaluations.result import OriginForecast
from forecast_service.engine.distribution import grid
from forecast_service.engine.distribution.grid import MEDIAN, probability_below
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.evaluations.past import FloatArray

LARGEST_MOVE = 50.0
"""Larger moves of the logarithm would make the mean scores infinite; no value ever moved as far."""


class InvalidCurve(ValueError):
    """A model returned something else than the quantiles of a distribution."""


@dataclass(frozen=True)
class ForecastScores:
    """The scores of each forecast of a model, in percent of the value at its origin, shape (origins,)."""

    curves: FloatArray
    """The quantiles of the relative change, shape (origins, len(grid.PROBABILITIES))."""
    bounds: FloatArray
    """The interval of the relative change, shape (origins, 2)."""
    chances: FloatArray
    """The probability of a gain."""
    errors: FloatArray
    crps: FloatArray
    interval_scores: FloatArray
    inside: FloatArray
    """1 where the interval contains the actual value, otherwise 0."""


def check_curve(curve: FloatArray) -> FloatArray:
    """Return the quantiles of a move of the logarithm.

    Raises:
        InvalidCurve: the numbers are no quantiles.
    """
    values = np.asarray(curve, dtype=np.float64)
    if values.shape != grid.PROBABILITIES.shape:
        raise InvalidCurve(
            f"it returned an array of shape {values.shape} instead of {len(grid.PROBABILITIES)} quantiles"
        )
    if not np.isfinite(values).all():
        raise InvalidCurve("it returned a quantile that is no finite number")
    if np.abs(values).max() > LARGEST_MOVE:
        raise InvalidCurve(f"it returned a move of the logarithm of more than {LARGEST_MOVE:g}")
    if (np.diff(values) < 0).any():
        raise InvalidCurve("it returned quantiles that do not ascend")
    return values


def score_forecasts(curves: FloatArray, realised: FloatArray, level: float) -> ForecastScores:
    """Score the forecasts of a model.

    Args:
        curves: the quantiles of the move of the logarithm, shape (origins, len(grid.PROBABILITIES)).
        realised: the move that came, shape (origins,).
        level: the probability of the intervals.
    """
    changes, actual = np.expm1(curves), np.expm1(realised)
    bounds = interval_bounds(changes, level)
    lower, upper = bounds.T
    outside = np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0)
    return ForecastScores(
        curves=changes,
        bounds=bounds,
        chances=np.array([1 - probability_below(curve, 0.0) for curve in curves]),
        errors=100 * np.abs(changes[:, MEDIAN] - actual),
        crps=100 * grid.crps(changes, actual),
        interval_scores=100 * (upper - lower + 2 / (1 - level) * outside),
        inside=((lower <= actual) & (actual <= upper)).astype(np.float64),
    )


def forecasts_of(scores: ForecastScores, last_values: FloatArray) -> list[OriginForecast]:
    """Return the forecasts in the unit of the field."""
    columns = np.column_stack([scores.curves[:, MEDIAN], scores.bounds]) + 1
    return [
        OriginForecast(median=median, lower=lower, upper=upper, crps_pct=crps, chance_of_gain=round(chance, 6))
        for (median, lower, upper), crps, chance in zip(
            (columns * last_values[:, None]).tolist(), scores.crps.tolist(), scores.chances.tolist(), strict=True
        )
    ]
