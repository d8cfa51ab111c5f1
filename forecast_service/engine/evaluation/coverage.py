"""The judgement of a backtest's coverage: is an interval too narrow or too wide for its level?"""

from __future__ import annotations

from scipy.special import betainc

from common.domain.results import Calibration

CHANCE = 0.025
"""A coverage that chance gives less often than this, on its side of the level, is not put down to chance. Both sides
together call at most one sound interval in twenty wrong."""
ENOUGH_TESTS = 5
"""Fewer independent tests cannot confirm an interval. Even fewer can contradict it."""


def calibration_of(coverage: float, independent: float, level: float) -> Calibration:
    """Judge how often intervals of ``level`` held the price.

    A binomial test on each side. Tests that overlap count as fewer independent ones, so the counts need not be whole;
    the incomplete beta function extends the binomial distribution to such counts.

    Args:
        coverage: the fraction of the tests in which the interval held the price.
        independent: how many tests without a common day the tests are worth.
        level: the probability that the interval claims.
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
