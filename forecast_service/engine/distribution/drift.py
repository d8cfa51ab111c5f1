"""The long-run drift: how fast the median price of a stock rises.

The prior comes from published returns of single stocks, not from prices that this project has seen. The drift leans
towards the series' own mean move as far as the evidence carries. Ten years of a stock with a volatility of 30 % a year
leave a standard error of 9 % a year, so the prior decides; a series that rises steadily overrules it.

Source: Bessembinder, Do Stocks Outperform Treasury Bills?, Journal of Financial Economics 129 (2018), table 1: the
median annual return of US common stocks from 1926 to 2016, with dividends, is 5.2 %; the mean is 14.7 %.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MEDIAN_RETURN = 0.052
"""The median total return of single stocks in a year."""
DIVIDEND_YIELD = 0.015
"""Dividends in a year, as a fraction of the price: an assumption, since the source states none. Closes are adjusted for
splits only, so a dividend lowers them."""
PRIOR_DRIFT = float(np.log1p(MEDIAN_RETURN)) - DIVIDEND_YIELD
"""The prior's mean: the move of the logarithm of a stock's price in a year."""
PRIOR_DEVIATION = 0.02
"""The prior's standard deviation, a year: an assumption. True drifts differ little; past winners do not stay ahead."""
TRADING_DAYS_A_YEAR = 252


def daily_drifts(log_closes: FloatArray, variances: FloatArray) -> FloatArray:
    """Return the drift of a trading day, as it was known on each day.

    The estimate is the mean of the posterior of a normal mean with a normal prior.

    Args:
        log_closes: logarithms of the closes, shape (N,).
        variances: the variance of a daily move as it was known on each day, shape (N,).

    Returns:
        The move of the logarithm of the price in a day, shape (N,).
    """
    days = np.arange(len(log_closes), dtype=np.float64)
    moved = log_closes - log_closes[0]
    prior_mean = PRIOR_DRIFT / TRADING_DAYS_A_YEAR
    prior_variance = (PRIOR_DEVIATION / TRADING_DAYS_A_YEAR) ** 2
    return np.asarray((variances * prior_mean + prior_variance * moved) / (variances + prior_variance * days))
