"""The width of the interval: how many standard deviations hold the price as often as the level requires.

The multiplier is a quantile of past standardised errors, all out of sample, as in split-conformal prediction (Vovk,
Gammerman & Shafer, 2005). With few errors it leans towards Student's t, scaled to the size of the errors. The tails of
that distribution are heavy over days and thinner over months. The constants were chosen on simulated series (GARCH with
heavy tails) and checked on the bundled sample. ``benchmarks.accuracy`` measures them on prices that chose nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

FloatArray = npt.NDArray[np.float64]

TRUSTED_ERRORS = 250.0
"""The number of independent errors at which quantile and Student's t have equal weight. It is the same at every level,
so that a higher level never gives a narrower interval. Standardised moves of stocks are much alike, so that a smaller
number would only add noise."""
PRIOR_ERRORS = 150.0
"""The number of errors of :data:`PRIOR_VARIANCE` that the prior of the errors' size counts as."""
PRIOR_VARIANCE = 1.05
"""The prior's variance of standardised errors. It is above 1 because the standard deviation is an estimate, and an
estimate that is too small costs more than one that is too large by as much."""
CONTRADICTED_FROM = 3.0
"""The prior's weight falls where the size of the errors exceeds it by more than this many standard errors. A price with
a strong season moves further in months than its daily moves suggest."""
OVERLAP_GAIN = 1.5
"""Errors over h overlapping days are worth more than every h-th of them, by about a half."""
BASE_FREEDOM = 4
"""Student's t has this many degrees of freedom at a horizon of 0 days, and one more for each day."""


def interval_multiplier(
    errors: FloatArray, level: float, horizon: int, overlap: float, prior_errors: float = PRIOR_ERRORS
) -> float:
    """Return the number of standard deviations that holds a fraction ``level`` of the errors.

    Args:
        errors: past errors in standard deviations, shape (n,); n may be 0.
        level: the probability of the interval.
        horizon: trading days ahead.
        overlap: the number of errors that cover the same day, 1 without overlap.
        prior_errors: the number of errors of :data:`PRIOR_VARIANCE` that the prior counts as.
    """
    parametric = tail_quantile(level, horizon)
    if len(errors) == 0:
        return parametric * float(np.sqrt(PRIOR_VARIANCE))
    independent = len(errors) * min(OVERLAP_GAIN / overlap, 1.0)
    deviation = _error_deviation(float(np.mean(errors**2)), independent, prior_errors)
    trust = independent / (independent + TRUSTED_ERRORS)
    return float(trust * np.quantile(np.abs(errors), level) + (1 - trust) * deviation * parametric)


def _error_deviation(variance: float, independent: float, prior_errors: float) -> float:
    """Return the standard deviation of the errors, between their own and the prior's.

    The logarithm of a variance of n errors has a standard error of sqrt(2 / n).
    """
    surprise = float(np.log(max(variance / PRIOR_VARIANCE, 1.0)) * np.sqrt(independent / 2))
    weight = prior_errors / (1 + max(surprise - CONTRADICTED_FROM, 0.0) ** 2)
    return float(np.sqrt((independent * variance + weight * PRIOR_VARIANCE) / (independent + weight)))


def tail_quantile(level: float, horizon: int) -> float:
    """Return the two-sided quantile of Student's t, scaled to a variance of 1."""
    freedom = BASE_FREEDOM + horizon
    return float(stdtrit(freedom, (1 + level) / 2) * np.sqrt((freedom - 2) / freedom))
