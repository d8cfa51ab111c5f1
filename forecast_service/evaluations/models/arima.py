"""ARIMA(p, 1, q) with a mean move on the logarithm, with its own normal distribution.

Of six small orders, AICc chooses at the first origin and at every twentieth one after it. The parameters are fitted at
each origin by exact maximum likelihood (innovations algorithm).

Sources:
    Box & Jenkins, Time Series Analysis (1970).
    Brockwell & Davis, Time Series: Theory and Methods (1991), chapter 8.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.arima_process import arma2ma

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.models.curves import normal_curve
from forecast_service.evaluations.models.each_origin import at_each_origin
from forecast_service.evaluations.past import FloatArray, Past

ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2))
"""The numbers of autoregressive and moving-average terms. (0, 0) is a random walk with drift."""
CHOSEN_EVERY = 20
"""The origins from one choice of the order to the next, as a choice takes six fits."""
LEAST_DEVIATION = 1e-6
"""Moves of a value that stands still have no scale."""


def curves(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curve at each origin."""
    return at_each_origin(Arima(), past, origins)


class Arima:
    """The model, which keeps the order that it chose at an earlier origin."""

    def __init__(self) -> None:
        self._order = ORDERS[0]
        self._uses = 0

    def __call__(self, past: Past, horizon: int) -> FloatArray:
        """Return the quantiles of the move of the logarithm over ``horizon`` days."""
        moves = past.log_moves
        mean, scale = float(moves.mean()), max(float(moves.std()), LEAST_DEVIATION)
        if scale == LEAST_DEVIATION:
            return normal_curve(horizon * mean, scale * float(np.sqrt(horizon)))
        standard = (moves - mean) / scale
        orders = ORDERS if self._uses % CHOSEN_EVERY == 0 else (self._order,)
        self._uses += 1
        fits = {order: _Fit.of(standard, *order) for order in orders}
        self._order = min(fits, key=lambda order: fits[order].aicc)
        move, deviation = fits[self._order].ahead(horizon)
        return normal_curve(horizon * mean + scale * move, scale * deviation)


class _Fit:
    """A fit to moves with a mean of 0."""

    def __init__(self, aicc: float, variance: float, fit: Any) -> None:
        self.aicc = aicc
        self._variance = variance
        self._fit = fit

    @classmethod
    def of(cls, moves: FloatArray, autoregressive: int, moving_average: int) -> _Fit:
        """Fit an order."""
        if autoregressive == moving_average == 0:
            count, variance = len(moves), float(np.mean(moves**2))
            fit_error = count * (np.log(2 * np.pi * max(variance, LEAST_DEVIATION**2)) + 1)
            return cls(float(fit_error) + 2 * count / (count - 2), variance, None)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # an order that does not fit has a worse AICc
            fit = ARIMA(moves, order=(autoregressive, 0, moving_average), trend="n").fit(method="innovations_mle")
        aicc = float(fit.aicc)
        return cls(aicc if np.isfinite(aicc) else np.inf, float(fit.params[-1]), fit)

    def ahead(self, horizon: int) -> tuple[float, float]:
        """Return the mean and the standard deviation of the sum of the next moves."""
        if self._fit is None:
            return 0.0, float(np.sqrt(horizon * self._variance))
        weights = arma2ma(self._fit.polynomial_ar, self._fit.polynomial_ma, lags=horizon)
        variance = self._variance * float((np.cumsum(weights) ** 2).sum())
        return float(self._fit.forecast(horizon).sum()), float(np.sqrt(variance))
