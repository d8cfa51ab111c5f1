"""GARCH(1, 1) with Student's t: the size of the next moves follows that of the last ones.

The mean move is 0, as that of the last price is: a mean that is estimated from ten years of a stock has a standard
error larger than itself. The distribution over several days is that of simulated sums of moves, with a fixed seed; its
median is set to 0.

Source: Bollerslev, A Conditionally Heteroskedastic Time Series Model for Speculative Prices and Rates of Return,
Review of Economics and Statistics 69 (1987).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from arch.univariate import GARCH, StudentsT, ZeroMean

from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.models.each_origin import at_each_origin
from forecast_service.evaluations.past import FloatArray, Past

SIMULATIONS = 4000
SEED = 20_000
LEAST_DEVIATION = 1e-6
"""Moves of a value that stands still have no scale."""


def curves(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curve at each origin."""
    return at_each_origin(garch_curve, past, origins)


def garch_curve(past: Past, horizon: int) -> FloatArray:
    """Return the quantiles of the move of the logarithm over ``horizon`` days."""
    moves = past.log_moves
    scale = max(float(np.std(moves)), LEAST_DEVIATION)
    model = ZeroMean(
        moves / scale,
        volatility=GARCH(1, 0, 1),
        distribution=StudentsT(seed=np.random.default_rng(SEED)),
        rescale=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit at a bound of its parameters is a fit
        fit = model.fit(disp="off", show_warning=False)
        ahead = fit.forecast(horizon=horizon, method="simulation", simulations=SIMULATIONS, reindex=False)
    sums = scale * np.asarray(ahead.simulations.values)[0].sum(axis=1)
    quantiles = np.quantile(sums, PROBABILITIES)
    return np.asarray(quantiles - quantiles[MEDIAN], dtype=np.float64)
