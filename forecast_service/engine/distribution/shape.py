"""The shape of the distribution: the quantiles of the forecast's errors, in standard deviations.

The quantiles are those of past standardised errors, all out of sample (filtered historical simulation: Barone-Adesi,
Giannopoulos & Vosper, 1999). With few errors they lean towards Student's t, scaled to the size of the errors. The tails
of that distribution are heavy over days and thinner over months. Its lower and upper tails are equal; the errors' own
need not be. The constants were chosen on simulated series (GARCH with heavy tails) and checked on the bundled sample.
``benchmarks.accuracy`` measures them on prices that chose nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from forecast_service.engine.distribution.grid import MEDIAN, PROBABILITIES

FloatArray = npt.NDArray[np.float64]

TRUSTED_ERRORS = 250.0
"""The number of independent errors at which their quantiles and Student's t have equal weight. Standardised moves of
stocks are much alike, so that a smaller number would only add noise."""
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
LARGEST_ERROR = 10.0
"""Larger errors are clipped at this many standard deviations. They show that the volatility was not known on their day,
and would otherwise widen every later interval."""
BASE_FREEDOM = 4
"""Student's t has this many degrees of freedom at a horizon of 0 days, and one more for each day."""
MOST_FREEDOM = 16
"""The volatility of the coming months is not known better than to a fifth. A normal distribution whose logarithm of the
volatility has a standard deviation of 0.2 has the kurtosis of Student's t with about 16 degrees of freedom."""


def shape_of(errors: FloatArray, horizon: int, overlap: float, prior_errors: float = PRIOR_ERRORS) -> FloatArray:
    """Return the quantiles of the errors at :data:`PROBABILITIES`, in standard deviations; the median is 0.

    Args:
        errors: past errors in standard deviations, ascending, shape (n,); n may be 0.
        horizon: trading days ahead.
        overlap: the number of errors that cover the same day, 1 without overlap.
        prior_errors: the number of errors of :data:`PRIOR_VARIANCE` that the prior counts as.
    """
    parametric = _student(horizon)
    if len(errors) == 0:
        return parametric * float(np.sqrt(PRIOR_VARIANCE))
    errors = errors.clip(-LARGEST_ERROR, LARGEST_ERROR)
    independent = len(errors) * min(OVERLAP_GAIN / overlap, 1.0)
    deviation = _error_deviation(float(errors @ errors) / len(errors), independent, prior_errors)
    trust = independent / (independent + TRUSTED_ERRORS)
    own = np.interp(PROBABILITIES * (len(errors) - 1), np.arange(len(errors)), errors)
    return np.asarray(trust * (own - own[MEDIAN]) + (1 - trust) * deviation * parametric, dtype=np.float64)


def _error_deviation(variance: float, independent: float, prior_errors: float) -> float:
    """Return the standard deviation of the errors, between their own and the prior's.

    The logarithm of a variance of n errors has a standard error of sqrt(2 / n).
    """
    surprise = float(np.log(max(variance / PRIOR_VARIANCE, 1.0)) * np.sqrt(independent / 2))
    weight = prior_errors / (1 + max(surprise - CONTRADICTED_FROM, 0.0) ** 2)
    return float(np.sqrt((independent * variance + weight * PRIOR_VARIANCE) / (independent + weight)))


@lru_cache(maxsize=64)
def _student(horizon: int) -> FloatArray:
    """Return the quantiles of Student's t, scaled to a variance of 1."""
    freedom = min(BASE_FREEDOM + horizon, MOST_FREEDOM)
    upper = stdtrit(freedom, PROBABILITIES[MEDIAN:]) * np.sqrt((freedom - 2) / freedom)
    quantiles = np.concatenate([-upper[:0:-1], upper])
    quantiles[MEDIAN] = 0.0
    quantiles.flags.writeable = False
    return quantiles
