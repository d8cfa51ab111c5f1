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
PRIOR_ERRORS = 60.0
"""So many errors of variance 1 stand against the size of those that were made."""
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
        prior_errors: how many errors of variance 1 stand against the size of these.
    """
    parametric = tail_quantile(level, horizon)
    if len(errors) == 0:
        return parametric
    independent = len(errors) * min(OVERLAP_GAIN / overlap, 1.0)
    size = np.sqrt((independent * float(np.mean(errors**2)) + prior_errors) / (independent + prior_errors))
    trust = independent / (independent + TRUSTED_ERRORS)
    return float(trust * np.quantile(np.abs(errors), level) + (1 - trust) * size * parametric)


def tail_quantile(level: float, horizon: int) -> float:
    """The two-sided quantile of Student's t, scaled to a variance of 1."""
    freedom = BASE_FREEDOM + horizon
    return float(stdtrit(freedom, (1 + level) / 2) * np.sqrt((freedom - 2) / freedom))
