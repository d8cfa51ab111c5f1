"""The search for the posterior's maxima along sigma, with the best parameters for each variance.

For a given variance u = sigma^2 the best theta minimises |y - Z theta|^2 / 2 + u (|delta|_1 / tau + squares / 2 s^2).
All penalties grow with u. Therefore RSS(u) rises, and so does u -> best_variance(RSS(u)), whose fixed points are the
posterior's stationary points. The iteration from above ends at the largest of them, and the one from below at the
smallest. Where both meet, there is a single maximum. Where they do not, a grid finds the maxima between.

Source of the model: Taylor & Letham, Forecasting at Scale, The American Statistician 72 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecast_service.engine.prophet.lasso import solve_lasso
from forecast_service.engine.prophet.posterior import ROUNDING, Design, FloatArray, best_variance

MEETING = 0.02
"""The iterations have met if their variances differ by less than this fraction."""
MAX_APPROACH = 12
"""Steps of each iteration before the grid takes over."""
GRID_POINTS = 48
MAX_BISECTIONS = 12
CANCELLED = 1e-6
"""The expanded form on the Gram matrix has lost too many digits if RSS is a smaller fraction of y'y."""
COARSE = 1e-4
"""A gradient may exceed the penalty by this fraction, so that equal columns do not alternate."""
RESOLUTION = 1e-13
"""The rounding error of a Gram matrix, as a fraction of its largest eigenvalue. The search uses no smaller ridge."""


class NoiseSearch:
    """The profile of a design over the variance. Each lasso starts from the last solution."""

    def __init__(self, design: Design, floor: float) -> None:
        self._design = design
        self._floor = floor
        self._reduced = _reduced(design)
        self._delta = np.zeros(design.changepoints)

    def maxima(self) -> list[float]:
        """Return the variances of the posterior's maxima, to a few percent; the floor if there is none above it.

        Raises:
            NotConverged: a lasso did not converge.
        """
        above = self._approached(best_variance(self._design, self._design.energy))
        below = self._approached(best_variance(self._design, self._least_rss()))
        if below >= above * (1.0 - MEETING):
            return [above]
        return list(self._maxima_between(below, above)) or [self._floor]

    def theta(self, variance: float) -> FloatArray:
        """Return the best parameters for a variance."""
        self._delta = self._reduced.delta(variance, self._delta)
        return np.concatenate([self._delta, self._reduced.others(variance, self._delta)])

    def _improved(self, variance: float) -> float:
        """Return the best variance for the best parameters of ``variance``. It is larger where the posterior rises."""
        return max(best_variance(self._design, _rss(self._design, self.theta(variance))), self._floor)

    def _approached(self, variance: float) -> float:
        variance = max(variance, self._floor)
        for _ in range(MAX_APPROACH):
            last, variance = variance, self._improved(variance)
            if abs(variance - last) <= MEETING / 4.0 * last:
                break
        return variance

    def _least_rss(self) -> float:
        """Return a lower bound of RSS at every stationary point: slightly less than RSS without priors."""
        theta = np.linalg.lstsq(self._design.gram, self._design.projected, rcond=None)[0]
        return _rss(self._design, np.asarray(theta, dtype=np.float64)) * (1.0 - MEETING)

    def _maxima_between(self, low: float, high: float) -> Iterator[float]:
        lowest = max(low * (1.0 - MEETING), self._floor)
        grid = [float(each) for each in np.geomspace(high * (1.0 + MEETING), lowest, GRID_POINTS)]
        rises = [self._improved(variance) > variance for variance in grid]
        for i in range(1, len(grid)):
            if rises[i] and not rises[i - 1]:
                yield self._bisected(grid[i], grid[i - 1])

    def _bisected(self, low: float, high: float) -> float:
        for _ in range(MAX_BISECTIONS):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if self._improved(middle) > middle else (low, middle)
        return float(np.sqrt(low * high))


@dataclass(frozen=True)
class _Reduced:
    """The lasso in delta after the elimination of (k, m, beta), for every variance u.

    That block's Gram matrix, scaled by the deviations of its priors, is Q diag(``eigenvalues``) Q'. Its ridge is u.
    """

    quadratic: FloatArray
    linear: FloatArray
    tau: float
    size: float
    """|y|."""
    norms: FloatArray
    eigenvalues: FloatArray
    coupling: FloatArray
    """Q' of the scaled block's products with delta's columns."""
    target: FloatArray
    """Q' of the scaled block's products with y."""
    back: FloatArray
    """From eigenvectors to (k, m, beta)."""

    def delta(self, variance: float, start: FloatArray) -> FloatArray:
        weighted = self.coupling.T / self._stiffness(variance)
        quadratic = self.quadratic - weighted @ self.coupling
        linear = self.linear - weighted @ self.target
        penalty = variance / self.tau
        slack = np.maximum(COARSE * penalty, ROUNDING * (self.size + float(self.norms @ np.abs(start))) * self.norms)
        return solve_lasso(quadratic, linear, penalty, slack, start)

    def others(self, variance: float, delta: FloatArray) -> FloatArray:
        return np.asarray(self.back @ ((self.target - self.coupling @ delta) / self._stiffness(variance)))

    def _stiffness(self, variance: float) -> FloatArray:
        return self.eigenvalues + max(variance, RESOLUTION * float(self.eigenvalues[-1]))


def _reduced(design: Design) -> _Reduced:
    size, gram = design.changepoints, design.gram
    eigenvalues, vectors = np.linalg.eigh(gram[size:, size:] * np.outer(design.scales, design.scales))
    back = design.scales[:, np.newaxis] * vectors
    return _Reduced(
        quadratic=gram[:size, :size],
        linear=design.projected[:size],
        tau=design.tau,
        size=float(np.sqrt(design.energy)),
        norms=design.norms[:size],
        eigenvalues=np.maximum(eigenvalues, 0.0),
        coupling=back.T @ gram[size:, :size],
        target=back.T @ design.projected[size:],
        back=back,
    )


def _rss(design: Design, theta: FloatArray) -> float:
    """Return the residual sum of squares, from the Gram matrix where that is exact enough.

    The cost is then independent of N.
    """
    expanded = design.energy - float(theta @ (2.0 * design.projected - design.gram @ theta))
    if expanded > CANCELLED * design.energy:
        return expanded
    residual = design.residual(theta)
    return float(residual @ residual)
