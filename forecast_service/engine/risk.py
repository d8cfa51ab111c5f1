"""Gains and losses of a distribution and its paths: percentiles, chances and risk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from common.domain.price_chances import chance_above, chance_below
from common.domain.results import LARGE_MOVE_PCT, RISK_LEVEL, Chances, Distribution, Risk
from forecast_service.engine.distribution.grid import PERCENTILES, quantiles_at
from forecast_service.engine.distribution.paths import Paths
from forecast_service.engine.distribution.volatility import START_ROWS, Volatility

FloatArray = npt.NDArray[np.float64]

FEW_DAYS = 250
"""With fewer past days, the present size of the moves is not compared with them."""
WORST_OUTCOMES = 200
"""The expected shortfall is the mean of this many evenly spaced quantiles of the worst outcomes."""


def end_percentiles(curve: FloatArray) -> FloatArray:
    """Return the moves at the 99 percentiles of the target date, shape (99,)."""
    return quantiles_at(curve[None], PERCENTILES).ravel()


def highest_percentiles(paths: Paths, curve: FloatArray) -> FloatArray:
    """Return the percentiles of the highest move on the way, never below those of the target date, shape (99,)."""
    highest = np.maximum(np.quantile(paths.highest, PERCENTILES), end_percentiles(curve))
    return np.asarray(highest, dtype=np.float64)


def lowest_percentiles(paths: Paths, curve: FloatArray) -> FloatArray:
    """Return the percentiles of the lowest move on the way, never above those of the target date, shape (99,)."""
    lowest = np.minimum(np.quantile(paths.lowest, PERCENTILES), end_percentiles(curve))
    return np.asarray(lowest, dtype=np.float64)


def chances_of(distribution: Distribution, last_close: float) -> Chances:
    """Return the probabilities of a gain, and of large gains and losses, on the target date."""
    large = LARGE_MOVE_PCT / 100
    return Chances(
        above_last_close=chance_above(distribution, last_close).probability,
        gain_over_10_pct=chance_above(distribution, (1 + large) * last_close).probability,
        loss_over_10_pct=chance_below(distribution, (1 - large) * last_close).probability,
    )


def risk_of(curve: FloatArray, paths: Paths, volatility: Volatility, horizon: int, days_a_year: int) -> Risk:
    """Return the losses to expect in bad cases, and the size of the present moves.

    Args:
        curve: the distribution on the target date.
        paths: the simulated paths to it.
        volatility: the volatility of the closes.
        horizon: trading days ahead.
        days_a_year: trading days in a year.
    """
    tail = 1 - RISK_LEVEL
    worst = quantiles_at(curve[None], tail * (np.arange(WORST_OUTCOMES) + 0.5) / WORST_OUTCOMES)[0]
    drawdowns = np.quantile(paths.drawdowns, [0.5, RISK_LEVEL])
    value_at_risk = _loss_pct(float(quantiles_at(curve[None], np.array([tail]))[0, 0]))
    return Risk(
        horizon_trading_days=horizon,
        value_at_risk_95_pct=value_at_risk,
        expected_shortfall_95_pct=_rounded(-100 * float(np.expm1(worst).mean())),
        median_drawdown_pct=_loss_pct(-float(drawdowns[0])),
        drawdown_95_pct=max(_loss_pct(-float(drawdowns[1])), value_at_risk),
        volatility_pct=_rounded(100 * float(np.sqrt(volatility.recent[-1] * days_a_year))),
        volatility_percentile=_rounded(_percentile_of_last(volatility.recent[START_ROWS - 1 :])),
    )


def _percentile_of_last(variances: FloatArray) -> float:
    """Return the fraction of the earlier values that are below the last one; equal ones count half.

    With few earlier values there is nothing to compare with, and the last one counts as the middle.
    """
    past, last = variances[:-1], variances[-1]
    if len(past) < FEW_DAYS:
        return 0.5
    equal = np.isclose(past, last, rtol=1e-6, atol=0.0)
    return float(((past < last) & ~equal).mean() + equal.mean() / 2)


def _loss_pct(move: float) -> float:
    """Return the loss of a move of the logarithm, in percent."""
    return _rounded(-100 * float(np.expm1(move)))


def _rounded(value: float) -> float:
    return round(value, 4)
