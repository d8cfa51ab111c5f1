"""The comparison of a backtest's errors with those of the last price: whether the difference is more than chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from common.domain.results import Comparison

FloatArray = npt.NDArray[np.float64]

CHANCE = 0.025
"""The significance level of the test on each side."""
LEAST_TESTS = 2
"""A single test has no variance."""


def comparison_of(gains: FloatArray, independent: int) -> Comparison:
    """Compare a forecast with the last price, by Student's t on the differences of their errors.

    The number of tests is reduced by their overlap.

    Args:
        gains: the last price's error minus the forecast's error in each test, shape (n,).
        independent: how many tests without a common day the tests are worth.

    Source: Diebold & Mariano, Comparing Predictive Accuracy, Journal of Business & Economic Statistics 13 (1995).
    """
    if independent < LEAST_TESTS:
        return "no_difference"
    mean = float(gains.mean())
    margin = float(stdtrit(independent - 1, 1 - CHANCE)) * float(gains.std(ddof=1)) / float(np.sqrt(independent))
    if abs(mean) <= margin:
        return "no_difference"
    return "better" if mean > 0 else "worse"
