"""The theta method on the logarithm: exponential smoothing with half the slope of the linear trend.

The distribution is the method's own normal one. A test compares the forecasts with those of statsmodels'
``ThetaModel``, which fits a state space model for each of them and takes ten times as long.

Sources:
    Assimakopoulos & Nikolopoulos, The Theta Model, International Journal of Forecasting 16 (2000).
    Hyndman & Billah, Unmasking the Theta Method, International Journal of Forecasting 19 (2003): the equality
    with exponential smoothing, and the variance.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.models.curves import normal_curve
from forecast_service.evaluations.models.each_origin import at_each_origin
from forecast_service.evaluations.past import FloatArray, Past

LEAST_SMOOTHING = 1e-4


def curves(past: Past, origins: Origins) -> Iterator[FloatArray]:
    """Yield the curve at each origin."""
    return at_each_origin(theta_curve, past, origins)


def theta_curve(past: Past, horizon: int) -> FloatArray:
    """Return the quantiles of the move of the logarithm over ``horizon`` days."""
    values = past.log_values
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a smoothing parameter at its bound, as that of a random walk is
        fit = ETSModel(pd.Series(values), error="add").fit(disp=False)
    smoothing, level = float(fit.smoothing_level), float(fit.level.iloc[-1])
    slope = float(np.polynomial.polynomial.polyfit(np.arange(len(values)), values, 1)[1])
    days = horizon - 1 + (1 - (1 - smoothing) ** len(values)) / max(smoothing, LEAST_SMOOTHING)
    variance = float(fit.mse) * (1 + (horizon - 1) * smoothing**2)
    return normal_curve(level + slope / 2 * days - float(values[-1]), float(np.sqrt(variance)))
