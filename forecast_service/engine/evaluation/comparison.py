"""The judgement of a backtest's errors against those of the last price: is the difference more than chance?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from common.domain.results import Comparison

FloatArray = npt.NDArray[np.float64]

CHANCE = 0.025
"""On each side: a difference that chance gives less often than this is not put down to chance."""
LEAST_TESTS = 2
"""One test has no spread, so it proves nothing."""


def comparison_of(gains: FloatArray, independent: int) -> Comparison:
    """Judge a forecast against the last price, by Student's t on the differences of their errors.

    Diebold and Mariano (1995), with the number of tests reduced by their overlap.

    Args:
        gains: by how much the last price was off by more than the forecast, one value a test, shape (n,).
        independent: how many tests without a common day the tests are worth.
    """
    if independent < LEAST_TESTS:
        return "no_difference"
    mean = float(gains.mean())
    margin = float(stdtrit(independent - 1, 1 - CHANCE)) * float(gains.std(ddof=1)) / float(np.sqrt(independent))
    if abs(mean) <= margin:
        return "no_difference"
    return "better" if mean > 0 else "worse"
