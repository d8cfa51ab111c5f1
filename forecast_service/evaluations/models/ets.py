"""Exponential smoothing of the logarithm, with its own normal distribution.

Of a level alone, a level with a trend, and one with a damped trend, AICc chooses at the first origin and at every tenth
one after it. The parameters are fitted at each origin. Errors are additive.

Source: Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008), chapters 6 and 7.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.models.curves import normal_curve
from forecast_service.evaluations.models.each_origin import at_each_origin
from forecast_service.evaluations.past import FloatArray, Past

TRENDS: tuple[tuple[str | None, bool], ...] = ((None, False), ("add", False), ("add", True))
"""The trend and whether it is damped."""
CHOSEN_EVERY = 10
"""The origins from one choice of the trend to the next."""


def curves(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curve at each origin."""
    return at_each_origin(ExponentialSmoothing(), past, origins)


class ExponentialSmoothing:
    """The model, which keeps the trend that it chose at an earlier origin."""

    def __init__(self) -> None:
        self._trend = TRENDS[0]
        self._uses = 0

    def __call__(self, past: Past, horizon: int) -> FloatArray:
        """Return the quantiles of the move of the logarithm over ``horizon`` days."""
        values = pd.Series(past.log_values)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a fit that does not converge has a worse AICc
            trends = TRENDS if self._uses % CHOSEN_EVERY == 0 else (self._trend,)
            fits = {trend: _fit(values, *trend) for trend in trends}
            self._trend = min(fits, key=lambda trend: _aicc(fits[trend]))
            last = len(values) + horizon - 1
            ahead = fits[self._trend].get_prediction(start=last, end=last)
        self._uses += 1
        mean, variance = float(ahead.predicted_mean.iloc[-1]), float(ahead.forecast_variance[-1])
        return normal_curve(mean - float(values.iloc[-1]), float(np.sqrt(variance)))


def _fit(values: pd.Series[float], trend: str | None, damped: bool) -> Any:
    return ETSModel(values, error="add", trend=trend, damped_trend=damped).fit(disp=False)


def _aicc(fit: Any) -> float:
    return float(fit.aicc) if np.isfinite(fit.aicc) else np.inf
