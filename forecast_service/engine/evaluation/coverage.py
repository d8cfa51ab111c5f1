"""The calibration of an interval: whether its coverage in the backtest fits its level."""

from __future__ import annotations

from scipy.special import betainc

from common.domain.results import Calibration

CHANCE = 0.025
"""The significance level of the test on each side. Both sides together reject at most one sound interval in twenty."""
ENOUGH_TESTS = 5
"""Fewer independent tests cannot confirm an interval. Even fewer can contradict it."""


def calibration_of(coverage: float, independent: float, level: float) -> Calibration:
    """Test whether intervals of ``level`` held the price as often as they should.

    A binomial test on each side. Tests that overlap count as fewer independent ones, so the counts need not be whole;
    the incomplete beta function extends the binomial distribution to such counts.

    Args:
        coverage: the fraction of the tests in which the interval held the price.
        independent: how many tests without a common day the tests are worth.
        level: the probability of the interval.
    """
    held = coverage * independent
    if at_most(held, independent, level) <= CHANCE:
        return "too_narrow"
    if at_least(held, independent, level) <= CHANCE:
        return "too_wide"
    return "as_said" if independent >= ENOUGH_TESTS else "too_few_tests"


def at_most(held: float, tests: float, level: float) -> float:
    """Return the probability that ``tests`` intervals of ``level`` hold the price ``held`` times or fewer."""
    return 1.0 if held >= tests else float(betainc(tests - held, held + 1, 1 - level))


def at_least(held: float, tests: float, level: float) -> float:
    """Return the probability that ``tests`` intervals of ``level`` hold the price ``held`` times or more."""
    return 1.0 if held <= 0 else float(betainc(held, tests - held + 1, level))
