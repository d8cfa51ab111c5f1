"""The probabilities at which a distribution is computed, and the values between them.

A distribution is an array of its quantiles at :data:`PROBABILITIES`, its *curve*. Between two of them, a quantile is
linear in the normal score of its probability, so that a normal distribution is exact in the tails too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

FloatArray = npt.NDArray[np.float64]

_LOWER_TAIL = np.array([0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005])
PERCENTILES: FloatArray = np.arange(1, 100) / 100
"""The probabilities of the 99 percentiles."""
_NAMED = np.array([0.025, 0.975])
PROBABILITIES: FloatArray = np.sort(np.concatenate([_LOWER_TAIL, PERCENTILES, _NAMED, 1 - _LOWER_TAIL]))
"""The 99 percentiles, the bounds of a 95 % interval, and the tails; symmetric around :data:`MEDIAN`."""
SCORES: FloatArray = ndtri(PROBABILITIES)
"""The normal scores of :data:`PROBABILITIES`: the quantiles of a standard normal distribution."""
MEDIAN = len(PROBABILITIES) // 2
"""The index of the median."""


def quantiles_at(curves: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return the quantiles of several curves at the same probabilities.

    Args:
        curves: one curve a row, shape (n, len(:data:`PROBABILITIES`)).
        probabilities: shape (k,). Outside of the grid, the quantile is that of the nearest grid point.

    Returns:
        The quantiles, shape (n, k).
    """
    scores = np.clip(ndtri(probabilities), SCORES[0], SCORES[-1])
    after = np.clip(np.searchsorted(SCORES, scores), 1, len(SCORES) - 1)
    fraction = (scores - SCORES[after - 1]) / (SCORES[after] - SCORES[after - 1])
    return np.asarray(curves[:, after - 1] * (1 - fraction) + curves[:, after] * fraction, dtype=np.float64)


def probability_below(curve: FloatArray, value: float) -> float:
    """Return the probability of a value at most ``value``; the grid's first or last probability is the limit."""
    return float(ndtr(np.interp(value, curve, SCORES)))


def crps(curves: FloatArray, values: FloatArray) -> FloatArray:
    """Return the continuous ranked probability score of each curve for the value that came, in the unit of the values.

    The score is twice the pinball loss, integrated over the probabilities.

    Args:
        curves: one curve a row, shape (n, len(:data:`PROBABILITIES`)).
        values: shape (n,).

    Source: Gneiting & Raftery, Strictly Proper Scoring Rules, JASA 102 (2007), section 4.2.
    """
    below = values[:, None] < curves
    losses = (below - PROBABILITIES) * (curves - values[:, None])
    return np.asarray(2 * losses @ _WEIGHTS, dtype=np.float64)


def _trapezoid_weights() -> FloatArray:
    edges = np.concatenate([[0.0], (PROBABILITIES[1:] + PROBABILITIES[:-1]) / 2, [1.0]])
    return np.diff(edges)


_WEIGHTS = _trapezoid_weights()
