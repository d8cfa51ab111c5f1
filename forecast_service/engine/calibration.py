"""How many deviations an interval must reach to hold the price as often as its level says.

Split-conformal in spirit (Vovk, Gammerman & Shafer, 2005): the multiplier is the quantile of past standardised errors,
all of them out of sample. Where there are few, it leans towards Student's t in the size that the errors had: its tails
are heavy over days and thin out over months. The constants were chosen on simulated series (GARCH with heavy tails) and
looked at on the bundled sample; ``benchmarks.accuracy`` judges them on prices that chose nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

FloatArray = npt.NDArray[np.float64]

TRUSTED_ERRORS = 250.0
"""So many independent errors weigh as much as the parametric tail, at every level, so that a higher level never gives a
narrower interval. On stocks, whose moves are much alike once they are standardised, fewer only add noise."""
PRIOR_ERRORS = 150.0
"""So many errors of :data:`PRIOR_VARIANCE` stand against the size of those that were made."""
PRIOR_VARIANCE = 1.05
"""Of errors in deviations: a deviation is an estimate, and one too small costs more than one too large by as much."""
CONTRADICTED_FROM = 3.0
"""So many standard errors the size of the errors may stand above the prior's until this fades: a price that swings with
the seasons moves further in months than its days let one think, and 150 other stocks are no reason to doubt it."""
OVERLAP_GAIN = 1.5
"""Errors over h overlapping days are worth more than every h-th of them alone: by about a half."""
BASE_FREEDOM = 4
"""Degrees of freedom of Student's t over no days; each day of the horizon adds one."""


def multiplier(
    errors: FloatArray, level: float, horizon: int, overlap: float, prior_errors: float = PRIOR_ERRORS
) -> float:
    """The number of deviations that holds ``level`` of the errors.

    Args:
        errors: past errors in deviations, shape (n,), n may be 0.
        level: the probability that the interval shall have.
        horizon: trading days ahead.
        overlap: how many errors cover the same day; 1 where none do.
        prior_errors: how many errors of :data:`PRIOR_VARIANCE` stand against the size of these.
    """
    parametric = tail_quantile(level, horizon)
    if len(errors) == 0:
        return parametric * float(np.sqrt(PRIOR_VARIANCE))
    independent = len(errors) * min(OVERLAP_GAIN / overlap, 1.0)
    size = _size(float(np.mean(errors**2)), independent, prior_errors)
    trust = independent / (independent + TRUSTED_ERRORS)
    return float(trust * np.quantile(np.abs(errors), level) + (1 - trust) * size * parametric)


def _size(variance: float, independent: float, prior_errors: float) -> float:
    """The errors' deviation: between what they show and the prior, whose weight fades where they contradict it.

    The logarithm of a variance of n errors has a standard error of sqrt(2 / n).
    """
    surprise = float(np.log(max(variance / PRIOR_VARIANCE, 1.0)) * np.sqrt(independent / 2))
    weight = prior_errors / (1 + max(surprise - CONTRADICTED_FROM, 0.0) ** 2)
    return float(np.sqrt((independent * variance + weight * PRIOR_VARIANCE) / (independent + weight)))


def tail_quantile(level: float, horizon: int) -> float:
    """The two-sided quantile of Student's t, scaled to a variance of 1."""
    freedom = BASE_FREEDOM + horizon
    return float(stdtrit(freedom, (1 + level) / 2) * np.sqrt((freedom - 2) / freedom))
