"""Ridge regression of the coming move on what was known at the close of its first day.

The move over the horizon, in standard deviations of the volatility known then, is regressed on lagged moves, the day's
open, high and low relative to its close, the volume relative to its usual one, and the past moves of other stocks. No
feature belongs to a later day than the origin. The rows that teach the model end a horizon before the origin, because
the outcome of a later one is not known there. The penalty is the one with the smallest errors on the last third of
those rows; an infinite one, which is the last price, is among the candidates. The same errors, which the model did not
learn from, give the shape of the distribution.

Sources:
    Hoerl & Kennard, Ridge Regression, Technometrics 12 (1970).
    Bergmeir, Hyndman & Koo, A Note on the Validity of Cross-Validation for Evaluating Autoregressive Time Series
    Prediction, Computational Statistics & Data Analysis 120 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast_service.engine.distribution.shape import shape_of
from forecast_service.engine.distribution.volatility import Volatility
from forecast_service.engine.evaluation.backtest import IntArray, Origins
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.evaluations.models.each_origin import at_each_origin
from forecast_service.evaluations.past import FloatArray, Past

USUAL_DAYS = 21
"""The days over which a usual value is a mean."""
OWN_LAGS = 5
MOVES_OF_OTHERS = (1, 5, 21)
"""The days of the past moves of other stocks."""
MOST_DAYS_OLD = 5
"""The trading days for which the last close of another stock stands for a missing one, as at a holiday of its exchange.
Beyond them its moves are missing: those of a stock that is no longer traded would be 0."""
PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, np.inf)
"""The candidates, relative to the number of rows, for features of variance 1."""
TAUGHT_FRACTION = 2 / 3
LEAST_ROWS = 60
"""The least number of rows with an outcome."""
LARGEST_FEATURE = 5.0
"""Features are clipped at so many standard deviations, as a volume of a hundred times the usual one is no evidence."""


def curves(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curve at each origin."""
    return at_each_origin(regression_curve, past, origins)


def regression_curve(past: Past, horizon: int) -> FloatArray:
    """Return the quantiles of the move of the logarithm over ``horizon`` days.

    Raises:
        ModelFailure: the past has too few rows with an outcome.
    """
    values = past.log_values
    deviations = Volatility(values).deviations(horizon)
    rows = np.arange(USUAL_DAYS, len(values) - horizon)
    if len(rows) < LEAST_ROWS + horizon:
        needed = USUAL_DAYS + 2 * horizon + LEAST_ROWS
        raise ModelFailure(
            "model_failed",
            f"The regression needs {needed} values before the first origin, and there are {len(values)}. Ask for "
            "fewer origins or fewer days.",
        )
    outcomes = (values[rows + horizon] - values[rows]) / deviations[rows]
    every = _standardised(_features(past, values), rows)
    features = every[rows]
    penalty, errors = _choose_penalty(features, outcomes, horizon)
    predicted = float(every[-1] @ _weights(features, outcomes, penalty)) if np.isfinite(penalty) else 0.0
    return np.asarray(deviations[-1] * (predicted + shape_of(np.sort(errors), horizon, float(horizon))))


def _choose_penalty(features: FloatArray, outcomes: FloatArray, horizon: int) -> tuple[float, FloatArray]:
    """Return the penalty with the smallest errors on later rows, and these errors."""
    begin = int(TAUGHT_FRACTION * len(outcomes))
    taught = slice(0, max(begin - horizon, 1))
    held_out = [
        outcomes[begin:] - features[begin:] @ _weights(features[taught], outcomes[taught], penalty)
        if np.isfinite(penalty)
        else outcomes[begin:]
        for penalty in PENALTIES
    ]
    best = min(range(len(PENALTIES)), key=lambda index: float(np.mean(held_out[index] ** 2)))
    return PENALTIES[best], np.asarray(held_out[best], dtype=np.float64)


def _weights(features: FloatArray, outcomes: FloatArray, penalty: float) -> FloatArray:
    gram = features.T @ features + penalty * len(outcomes) * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, features.T @ outcomes), dtype=np.float64)


def _standardised(features: FloatArray, rows: IntArray) -> FloatArray:
    """Return the features with a mean of 0 and a variance of 1 in ``rows``; a missing one is 0."""
    known = np.where(np.isfinite(features), features, np.nan)
    has_any = np.isfinite(known[rows]).any(axis=0)
    known = known[:, has_any]
    means, deviations = np.nanmean(known[rows], axis=0), np.nanstd(known[rows], axis=0)
    scaled = (known - means) / np.where(deviations > 0, deviations, np.inf)
    return np.asarray(np.clip(np.nan_to_num(scaled), -LARGEST_FEATURE, LARGEST_FEATURE), dtype=np.float64)


def _features(past: Past, values: FloatArray) -> FloatArray:
    """Return what was known on each day, shape (days, features); NaN where it is missing."""
    days = pd.DatetimeIndex(past.values.index)
    with np.errstate(divide="ignore", invalid="ignore"):
        prices = past.frame[["open", "high", "low", "close", "volume"]].reindex(days).apply(np.log)
        columns = [_lagged(np.diff(values, prepend=values[0]), lag) for lag in range(OWN_LAGS)]
        columns += [(prices[name] - prices["close"]).to_numpy() for name in ("open", "high", "low")]
        columns += [_beside_usual(pd.Series(values)), _beside_usual(prices["volume"].astype("float64"))]
        for frame in past.others.values():
            closes = np.log(frame["close"].reindex(days, method="ffill", limit=MOST_DAYS_OLD))
            columns += [closes.diff(count).to_numpy() for count in MOVES_OF_OTHERS]
    return np.column_stack(columns).astype(np.float64)


def _lagged(moves: FloatArray, lag: int) -> FloatArray:
    return np.concatenate([np.full(lag, np.nan), moves[: len(moves) - lag]])


def _beside_usual(values: pd.Series[float]) -> FloatArray:
    """Return the values minus the mean of the last :data:`USUAL_DAYS`."""
    return np.asarray((values - values.rolling(USUAL_DAYS, min_periods=5).mean()).to_numpy(), dtype=np.float64)
