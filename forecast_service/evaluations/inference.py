"""The standard error of a mean score difference, and the correction for the number of models.

Forecasts that overlap have correlated errors. The long-run variance is the mean of the squared cosine-weighted sums of
the differences at the lowest frequencies, and the statistic has Student's t distribution with as many degrees of
freedom as there are frequencies. A statistic of this kind keeps its size in samples of some dozens of forecasts, in
which a test with a Bartlett or rectangular kernel and normal critical values rejects too often. Without overlap, all
frequencies are used; the statistic is then the ordinary t statistic.

Sources:
    Lazarus, Lewis, Stock & Watson, HAR Inference: Recommendations for Practice, Journal of Business & Economic
    Statistics 36 (2018): the equal-weighted cosine estimator.
    Coroneo & Iacone, Comparing Predictive Accuracy in Small Samples Using Fixed-Smoothing Asymptotics, Journal of
    Applied Econometrics 35 (2020): the test of Diebold & Mariano with such an estimator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from common.domain.evaluations.result import Difference
from common.domain.results import Comparison
from forecast_service.engine.evaluation.holm import correct_by_holm

FloatArray = npt.NDArray[np.float64]

SIGNIFICANCE = 0.05
"""The probability that any of the compared models is called better or worse where none is."""
LEAST_GAINS = 2
"""A single difference has no variance."""
CYCLES_A_HORIZON = 0.5
"""The highest frequency that is used with overlap, in half cycles a horizon: the spectrum of overlapping moves falls
with the frequency, and to a fifth less than at 0 on the average of these."""
LEAST_APART = 2.0
"""With room for fewer forecasts without a common day, no variance is known, and nothing is told apart."""
NEGLIGIBLE = 1e-4
"""Smaller mean differences, in percent of the price, are those of a price that stands still."""


@dataclass(frozen=True)
class MeanTest:
    """The mean of score differences, its standard error, degrees of freedom, and the two-sided p-value."""

    mean: float
    standard_error: float
    freedom: int
    p_value: float


def mean_test(gains: FloatArray, overlap: float) -> MeanTest | None:
    """Test whether the mean of ``gains`` differs from 0.

    Args:
        gains: score differences in percent of the price, oldest first, shape (n,).
        overlap: the number of forecasts that cover the same day, 1 without overlap.

    Returns:
        The test; None with too few differences.
    """
    count = len(gains)
    if count < LEAST_GAINS:
        return None
    freedom = count - 1 if overlap <= 1 else max(1, min(count - 1, int(CYCLES_A_HORIZON * count / overlap)))
    mean = float(gains.mean())
    error = float(np.sqrt(_long_run_variance(gains, freedom) / count))
    if abs(mean) < NEGLIGIBLE or count / overlap < LEAST_APART:
        return MeanTest(mean, error, freedom, 1.0)
    if error == 0.0:
        return MeanTest(mean, error, freedom, 0.0)
    return MeanTest(mean, error, freedom, float(2 * stdtr(freedom, -abs(mean / error))))


def _long_run_variance(gains: FloatArray, frequencies: int) -> float:
    count = len(gains)
    times = np.pi * np.outer(np.arange(1, frequencies + 1), (np.arange(count) + 0.5) / count)
    sums = np.sqrt(2 / count) * (np.cos(times) @ gains)
    return float((sums**2).mean())


def compare_all(tests: Sequence[MeanTest | None]) -> list[Difference | None]:
    """Return the difference of each test, with verdicts that are corrected for the number of tests."""
    present = [test for test in tests if test is not None]
    corrected = iter(correct_by_holm([test.p_value for test in present]))
    return [None if test is None else _difference(test, next(corrected)) for test in tests]


def _difference(test: MeanTest, p_corrected: float) -> Difference:
    return Difference(
        mean=test.mean,
        standard_error=test.standard_error,
        freedom=test.freedom,
        p_value=test.p_value,
        p_corrected=p_corrected,
        verdict=_verdict(test.mean, p_corrected),
    )


def _verdict(mean: float, p_corrected: float) -> Comparison:
    if p_corrected >= SIGNIFICANCE:
        return "no_difference"
    return "better" if mean > 0 else "worse"
