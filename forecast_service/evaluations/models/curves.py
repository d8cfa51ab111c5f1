"""The quantiles of a move from its mean and deviation."""

from __future__ import annotations

import numpy as np

from forecast_service.engine.distribution.grid import SCORES
from forecast_service.evaluations.past import FloatArray


def normal_curve(mean: float, deviation: float) -> FloatArray:
    """Return the quantiles of a normal distribution."""
    return np.asarray(mean + deviation * SCORES, dtype=np.float64)
