"""The long-run drift: how fast the median price of a stock rises.

The prior comes from published returns of single stocks, not from prices that this project has seen. The drift leans
towards the series' own mean move as far as the evidence carries. Ten years of a stock with a volatility of 30 % a year
leave a standard error of 9 % a year, so the prior decides; a series that rises steadily overrules it. What remains
uncertain of the drift widens the distribution, by as much each day.

Sources:
    Bessembinder, Do Stocks Outperform Treasury Bills?, Journal of Financial Economics 129 (2018), table 1: the median
    annual return of US common stocks from 1926 to 2016, with dividends, is 5.2 %; the mean is 14.7 %.
    Damodaran, S&P 500 earnings and dividends (pages.stern.nyu.edu/~adamodar, spearn), and Fama & French, Disappearing
    Dividends, Journal of Financial Economics 60 (2001): dividends.
    Fama & French, Industry Costs of Equity, Journal of Financial Economics 43 (1997): the error of expected returns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MEDIAN_RETURN = 0.052
"""The median total return of single stocks in a year."""
DIVIDEND_YIELD = 0.015
"""Dividends in a year, as a fraction of the price; closes are adjusted for splits only, so a dividend lowers them.

The S&P 500 yielded 2.7 to 5.6 % from 1960 to 1990 and 1.1 to 1.9 % from 1997 to 2007 (Damodaran). A median stock pays
less: 66.5 % of US firms paid dividends in 1978, and 20.8 % in 1999 (Fama & French, 2001).
"""
PRIOR_DRIFT = float(np.log1p(MEDIAN_RETURN)) - DIVIDEND_YIELD
"""The prior's mean: the move of the logarithm of a stock's price in a year."""
PRIOR_DEVIATION = 0.03
"""The prior's standard deviation, a year.

The standard error of an industry's expected return is typically more than 3.0 % a year with either pricing model, and
that of a firm larger still (Fama & French, 1997, abstract). The smallest such value is taken, since a drift that leans
on past returns errs on the costly side: past winners do not stay ahead.
"""
TRADING_DAYS_A_YEAR = 252


@dataclass(frozen=True)
class Drift:
    """The drift of a trading day as it was known on each day: the normal posterior of the mean move.

    ``means`` and ``deviations`` hold its mean and its standard deviation, moves of the logarithm, shape (N,).
    """

    means: FloatArray
    deviations: FloatArray

    @classmethod
    def none(cls, days: int) -> Drift:
        """Return the drift of a price that is known to have none."""
        return cls(np.zeros(days), np.zeros(days))

    @classmethod
    def of(cls, log_closes: FloatArray, variances: FloatArray) -> Drift:
        """Estimate the drift: the posterior of a normal mean with a normal prior.

        Args:
            log_closes: logarithms of the closes, shape (N,).
            variances: the variance of a daily move as it was known on each day, shape (N,).
        """
        days = np.arange(len(log_closes), dtype=np.float64)
        moved = log_closes - log_closes[0]
        prior_mean = PRIOR_DRIFT / TRADING_DAYS_A_YEAR
        prior_variance = (PRIOR_DEVIATION / TRADING_DAYS_A_YEAR) ** 2
        evidence = variances + prior_variance * days
        means = (variances * prior_mean + prior_variance * moved) / evidence
        return cls(np.asarray(means), np.sqrt(variances * prior_variance / evidence))

    def without_mean(self) -> Drift:
        """Return a drift with a mean of 0 and the same standard deviation."""
        return Drift(np.zeros_like(self.means), self.deviations)

    def widen(self, deviations: FloatArray, horizon: int) -> FloatArray:
        """Add the drift's own error to the deviations of the move over ``horizon`` days from each day, shape (N,)."""
        return np.asarray(np.hypot(deviations, horizon * self.deviations), dtype=np.float64)

    def widen_ahead(self, deviations: FloatArray) -> FloatArray:
        """Add the drift's own error to the deviations of the move over 1, 2, … days from the last day, shape (days,).

        The error is the same on every day ahead, so its variance grows with the square of the horizon.
        """
        ahead = np.arange(1.0, len(deviations) + 1)
        return np.asarray(np.hypot(deviations, ahead * self.deviations[-1]), dtype=np.float64)
