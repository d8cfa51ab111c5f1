"""How large a share of Prophet's move a forecast may take: what past forecasts have earned, and no more.

The share is the slope of realised on predicted moves, shrunk twice: towards 0 by a prior (a ridge), and by what the
evidence may be off. On most stocks nothing is left, and the forecast is the last price: an honest 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

PRIOR_SHARE = 0.25
"""The prior's standard deviation: that a quarter of Prophet's move is more than enough is what trials on stocks say."""
DOUBT = 2.0
"""So many standard errors the evidence has to stand above 0."""
LEAST_FORECASTS = 8
"""Fewer realised forecasts are no evidence."""


def earned_share(realised: FloatArray, predicted: FloatArray, overlap: float) -> float:
    """The share w of Prophet's move, from 0 to 1.

    Args:
        realised: past moves of the logarithm of the price, in deviations, shape (n,).
        predicted: Prophet's predictions of them, made before, in the same deviations, shape (n,).
        overlap: how many forecasts cover the same day; so many times less evidence they are.
    """
    if len(realised) < LEAST_FORECASTS:
        return 0.0
    precision = float(predicted @ predicted) + overlap / PRIOR_SHARE**2
    share = float(realised @ predicted) / precision
    residuals = realised - share * predicted
    variance = float(residuals @ residuals) / (len(realised) - 1)
    doubt = DOUBT * float(np.sqrt(overlap * variance / precision))
    return min(max(share - doubt, 0.0), 1.0)
