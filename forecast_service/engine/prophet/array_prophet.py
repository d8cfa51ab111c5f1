"""Prophet's model on arrays, for the many fits of a backtest.

Tests show that its predictions and sampled errors are Prophet's. Scaling, changepoints, Fourier terms and priors follow
``prophet.forecaster`` for linear growth, minmax scaling and an automatic yearly season.

Source: Taylor & Letham, Forecasting at Scale, The American Statistician 72 (2018).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.distribution.volatility import Volatility
from forecast_service.engine.prophet.map_fit import map_fit
from forecast_service.engine.prophet.without_plots import Prophet

FloatArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.int64]
IntArray = npt.NDArray[np.int64]

_DEFAULTS: dict[str, Any] = {name: each.default for name, each in inspect.signature(Prophet).parameters.items()}
CHANGEPOINTS: int = _DEFAULTS["n_changepoints"]
CHANGEPOINT_RANGE: float = _DEFAULTS["changepoint_range"]
CHANGEPOINT_SCALE: float = _DEFAULTS["changepoint_prior_scale"]
SEASON_SCALE: float = _DEFAULTS["seasonality_prior_scale"]
DRAWS: int = _DEFAULTS["uncertainty_samples"]
SEED = 20_000
"""A fixed seed makes forecasts reproducible."""
SEASON_ORDER = 10
SEASON_DAYS = 365.25
SEASON_FROM_DAYS = 730
"""Prophet's automatic yearly season needs two years. Prophet has no constant for this, the order or the length."""
LEAST_BEND = 1e-8
"""Prophet adds this to the mean change of slope, so that its distribution has a width."""


@dataclass(frozen=True)
class History:
    """A series of values.

    ``days`` are days since 1970 and ``values`` the values on them, shape (N,). ``season`` holds the Fourier terms of
    the days, shape (N, 2 x order).
    """

    days: DayArray
    values: FloatArray
    season: FloatArray

    @classmethod
    def of(cls, days: DayArray, values: FloatArray) -> History:
        """Make a history, with its Fourier terms computed once for all fits."""
        return cls(days, values, fourier_terms(days))

    @cached_property
    def volatility(self) -> Volatility:
        """The volatility of the values, which are logarithms of closes."""
        return Volatility(self.values)

    def until(self, rows: int) -> History:
        """Return the first ``rows`` rows."""
        return History(self.days[:rows], self.values[:rows], self.season[:rows])


@dataclass(frozen=True)
class ArrayFit:
    """The parameters of a fit, and the scales of its data.

    ``changepoints`` are times from 0 on the first day to 1 on the last. ``beta`` are the weights of the season, empty
    without one. ``sigma`` is the standard deviation of the noise, divided by ``scale``.
    """

    k: float
    m: float
    delta: FloatArray
    beta: FloatArray
    sigma: float
    changepoints: FloatArray
    first_day: int
    span: int
    offset: float
    scale: float
    seasonal: bool

    def predicted(self, days: DayArray) -> FloatArray:
        """Predict the values on ``days``, shape (n,)."""
        return self.trend(days) + self.season(days)

    def predicted_rows(self, history: History, rows: IntArray) -> FloatArray:
        """Predict the values in ``rows`` of a history, whose Fourier terms are known, shape (n,)."""
        return self.trend(history.days[rows]) + self._season(history.season[rows])

    def trend(self, days: DayArray) -> FloatArray:
        """Return the values on ``days`` without the season, shape (n,)."""
        times = (days - self.first_day) / self.span
        bends = np.maximum(times[:, None] - self.changepoints, 0.0) @ self.delta
        return np.asarray((self.k * times + self.m + bends) * self.scale + self.offset, dtype=np.float64)

    def season(self, days: DayArray) -> FloatArray:
        """Return the season's contribution on ``days``, shape (n,); zeros without a season."""
        return self._season(fourier_terms(days))

    def _season(self, terms: FloatArray) -> FloatArray:
        if not self.seasonal:
            return np.zeros(len(terms))
        return np.asarray(terms @ self.beta * self.scale, dtype=np.float64)

    def sampled_errors(self, day: int) -> FloatArray:
        """Sample the error of the prediction for a ``day`` after the last one, shape (:data:`DRAWS`,).

        The distribution is Prophet's (section 3.1.4 of the source): the slope goes on changing as often as in the
        history, by as much in the mean, with noise around it. Prophet itself samples every day up to this one.
        """
        random = np.random.default_rng(SEED)
        ahead = (day - self.first_day) / self.span - 1.0
        changes = random.poisson(len(self.changepoints) * ahead, DRAWS)
        bends = random.laplace(0.0, np.abs(self.delta).mean() + LEAST_BEND, changes.sum())
        effects = bends * random.uniform(0.0, ahead, len(bends))
        trend = np.bincount(np.repeat(np.arange(DRAWS), changes), effects, DRAWS)
        return np.asarray((trend + random.normal(0.0, self.sigma, DRAWS)) * self.scale, dtype=np.float64)


def fit_history(history: History, changepoint_scale: float = CHANGEPOINT_SCALE) -> ArrayFit:
    """Fit the model to a history.

    Args:
        history: the days and values.
        changepoint_scale: the scale of the changepoints' prior; a larger one lets the trend bend more.

    Raises:
        map_fit.BadInput: there are too few rows, or a value is not finite.
        newton.NotConverged: no optimum was found.
    """
    days, values = history.days, history.values
    first_day, span = int(days[0]), int(days[-1] - days[0])
    offset = float(values.min())
    scale = float(values.max()) - offset or 1.0
    times = (days - first_day) / span
    changepoints = times[changepoint_rows(len(times))]
    seasonal = span >= SEASON_FROM_DAYS
    features = history.season if seasonal else np.zeros((len(days), 0))
    priors = np.full(features.shape[1], SEASON_SCALE)
    fit = map_fit((values - offset) / scale, times, changepoints, features, priors, changepoint_scale)
    return ArrayFit(
        fit.k, fit.m, fit.delta, fit.beta, fit.sigma, changepoints, first_day, span, offset, scale, seasonal
    )


def fourier_terms(days: DayArray) -> FloatArray:
    """Return the sines and cosines of the year on ``days``, shape (n, 2 x order)."""
    angles = 2.0 * np.pi * np.outer(days / SEASON_DAYS, np.arange(1, SEASON_ORDER + 1))
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(days), 2 * SEASON_ORDER)


def changepoint_rows(rows: int) -> IntArray:
    """Return the rows of the changepoints in a history of ``rows`` rows."""
    within = int(np.floor(rows * CHANGEPOINT_RANGE))
    count = min(CHANGEPOINTS, within - 1)
    return np.linspace(0, within - 1, count + 1).round().astype(np.int64)[1:]
