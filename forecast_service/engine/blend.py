"""The weight of Prophet's move in the blend.

The weight is the slope of realised on predicted moves. A prior (a ridge) shrinks it towards 0, and so does its standard
error. On most stocks the weight is 0, and the forecast is the last price.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

PRIOR_WEIGHT = 0.25
"""The prior's standard deviation. In trials on stocks, a quarter of Prophet's move was more than enough."""
STANDARD_ERRORS = 2.0
"""The weight is reduced by this many of its standard errors."""
MIN_FORECASTS = 8
"""The weight is 0 with fewer realised forecasts."""


def prophet_weight(realised: FloatArray, predicted: FloatArray, overlap: float) -> float:
    """Estimate the weight of Prophet's move from past forecasts.

    Args:
        realised: past moves of the logarithm of the price, in standard deviations, shape (n,).
        predicted: Prophet's predictions of these moves, made before them, in the same units, shape (n,).
        overlap: the number of forecasts that cover the same day. It divides the number of independent forecasts.

    Returns:
        A weight from 0 to 1.
    """
    if len(realised) < MIN_FORECASTS:
        return 0.0
    precision = float(predicted @ predicted) + overlap / PRIOR_WEIGHT**2
    slope = float(realised @ predicted) / precision
    residuals = realised - slope * predicted
    variance = float(residuals @ residuals) / (len(realised) - 1)
    margin = STANDARD_ERRORS * float(np.sqrt(overlap * variance / precision))
    return min(max(slope - margin, 0.0), 1.0)
