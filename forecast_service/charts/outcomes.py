"""The distribution as a few numbers that can be drawn and counted: nested bands, and twenty equally likely outcomes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from common.domain.price_chances import equally_likely_prices
from common.domain.results import Forecast

OUTCOMES = 20
BAND_LEVELS = (0.95, 0.8, 0.5)
"""The levels of the bands, the widest first. The first and the last quantile of a day bound the first one."""


def has_bands(forecast: Forecast) -> bool:
    """Return whether the days have quantiles. Results of an older version have none."""
    return bool(forecast.forecast[-1].quantiles)


def outcomes_of(forecast: Forecast) -> npt.NDArray[np.float64] | None:
    """Return twenty equally likely prices on the target date, the lowest first, shape (20,); None where unknown.

    They are the prices at the probabilities 2.5 %, 7.5 %, …, 97.5 %.
    """
    if forecast.distribution is None:
        return None
    return np.array(equally_likely_prices(forecast.distribution, OUTCOMES))


def below_reference(forecast: Forecast, outcomes: npt.NDArray[np.float64]) -> int:
    """Return how many of the outcomes are below the last value; of volume, below the weekday's recent median."""
    return int((outcomes < forecast.reference).sum())
