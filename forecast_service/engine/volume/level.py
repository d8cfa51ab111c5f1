"""The level of volume without weekdays: how much of the last day, week and month remains on a later day.

This is the heterogeneous autoregression of Corsi (A Simple Approximate Long-Memory Model of Realized Volatility,
Journal of Financial Econometrics 7, 2009), applied to the logarithm of volume: means over a day, a week, a month and a
year stand for components that revert at different speeds. Its coefficients are fitted for each horizon on its own. The
constants were chosen on simulated series and checked on the bundled sample; ``benchmarks.volume`` measures both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.volume.weekdays import trailing_means

FloatArray = npt.NDArray[np.float64]

MONTH_WEEKS, YEAR_WEEKS = 4, 52
PRIOR_ROWS = 60.0
"""The coefficients lean towards 0, the mean of the last month, as if so many rows had shown no other effect."""


class Level:
    """The components of the level on each day, and their fitted coefficients.

    Args:
        values: logarithms of the volumes without weekday effects, shape (N,).
        week: the usual number of rows in a week.
    """

    def __init__(self, values: FloatArray, week: int) -> None:
        self._values = values
        self._month = trailing_means(values, MONTH_WEEKS * week)
        others = [
            values,
            *([trailing_means(values, week)] if week > 1 else []),
            trailing_means(values, YEAR_WEEKS * week),
        ]
        self._components = np.stack(others, axis=1) - self._month[:, None]

    def coefficients(self, horizon: int) -> FloatArray:
        """Return the coefficients as they were known on each day, from pairs of days that had come, shape (N, k)."""
        rows = len(self._values)
        if horizon >= rows:
            return np.zeros_like(self._components)
        features = self._components[: rows - horizon]
        moves = self._values[horizon:] - self._month[: rows - horizon]
        products = np.cumsum(features[:, :, None] * features[:, None, :], axis=0)
        projected = np.cumsum(features * moves[:, None], axis=0)
        ridge = PRIOR_ROWS * np.diagonal(products, axis1=1, axis2=2).mean(axis=1) / np.arange(1, rows - horizon + 1)
        ridge = np.maximum(ridge, np.finfo(float).tiny)
        products += ridge[:, None, None] * np.eye(features.shape[1])
        fitted = np.linalg.solve(products, projected[:, :, None])[:, :, 0]
        return np.concatenate([np.zeros((horizon, features.shape[1])), fitted])

    def expected(self, coefficients: FloatArray) -> FloatArray:
        """Return the level that is expected from each day, with the coefficients of a horizon, shape (N,)."""
        return np.asarray(self._month + (self._components * coefficients).sum(axis=1), dtype=np.float64)

    def ahead(self, coefficients: FloatArray) -> FloatArray:
        """Return the level that is expected from the last day, shape (n,), with coefficients of shape (n, k)."""
        return np.asarray(self._month[-1] + coefficients @ self._components[-1], dtype=np.float64)
