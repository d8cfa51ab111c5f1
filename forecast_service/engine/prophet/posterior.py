"""Prophet's posterior for linear growth and additive terms, as a function of arrays. A fit maximises it.

Source: Taylor & Letham, Forecasting at Scale, The American Statistician 72 (2018), and the priors in ``prophet.stan``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

TREND_SCALE = 5.0
"""k and m are normal(0, 5) in Prophet's Stan program."""
NOISE_SCALE = 0.5
"""sigma is half-normal(0, 0.5) there."""
KKT_TOLERANCE = 1e-6
"""The largest :attr:`Kkt.worst` of an optimum."""
ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""The rounding error of z'(y - Z theta), as a multiple of |z| (|y| + sum |z_j theta_j|)."""


class BadInput(ValueError):
    """Arrays whose shapes do not match, numbers that are not finite, or priors that are not positive."""


@dataclass(frozen=True)
class ModelData:
    """The data that Prophet passes to Stan for y = k t + m + sum delta_j max(t - s_j, 0) + features beta + noise.

    ``y`` and its times ``t`` have the shape (N,); Prophet scales y to at most 1, and t from 0 to 1. ``changepoints``
    are the s_j in the units of t, of shape (S,); there may be none, equal ones, or Prophet's dummy at 0. ``features``
    are Fourier terms and other additive columns, of shape (N, K); one may be all zero. ``prior_scales`` are the
    standard deviations of beta's normal priors, of shape (K,), and ``tau`` is the scale of delta's Laplace prior.
    """

    y: FloatArray
    t: FloatArray
    changepoints: FloatArray
    features: FloatArray
    prior_scales: FloatArray
    tau: float

    def __post_init__(self) -> None:
        rows, terms = len(self.y), len(self.prior_scales)
        arrays = (self.y, self.t, self.features, self.prior_scales, self.changepoints)
        shapes = [array.shape for array in arrays]
        if shapes != [(rows,), (rows,), (rows, terms), (terms,), (len(self.changepoints),)]:
            raise BadInput(f"y, t, features, prior scales and changepoints do not match: {shapes}")


@dataclass(frozen=True)
class Design:
    """A fit's data: y = Z theta + noise, with Z's columns [max(t - s_j, 0) for each changepoint s_j, t, 1, features].

    Prophet writes its trend as (k + sum a_j delta_j) t + (m - sum a_j s_j delta_j) with a_j = [t >= s_j]; that is
    k t + m + sum delta_j max(t - s_j, 0), so the model is linear in theta = (delta, k, m, beta).
    """

    columns: FloatArray
    """Z."""
    y: FloatArray
    gram: FloatArray
    """Z'Z."""
    projected: FloatArray
    """Z'y."""
    scales: FloatArray
    """The standard deviations of the normal priors of (k, m, beta)."""
    tau: float
    """The scale of delta's Laplace prior."""

    @property
    def rows(self) -> int:
        """Return N, the number of values of y."""
        return len(self.y)

    @property
    def changepoints(self) -> int:
        """Return S, the number of first parameters, which have a Laplace prior. The others have normal priors."""
        return int(self.columns.shape[1]) - len(self.scales)

    @cached_property
    def energy(self) -> float:
        """Return the sum of squares of y."""
        return float(self.y @ self.y)

    @cached_property
    def precisions(self) -> FloatArray:
        """Return 1 / s^2 of each parameter's normal prior; 0 for a Laplace prior."""
        return np.concatenate([np.zeros(self.changepoints), self.scales**-2.0])

    @cached_property
    def norms(self) -> FloatArray:
        """Return the Euclidean norm of each column."""
        return np.asarray(np.sqrt(self.gram.diagonal()))

    def residual(self, theta: FloatArray) -> FloatArray:
        """Return the residual y - Z theta, shape (N,)."""
        return np.asarray(self.y - self.columns @ theta)

    def pull(self, theta: FloatArray, signs: FloatArray) -> FloatArray:
        """Return the gradient of -log prior. ``signs`` gives the sign of each delta, also where delta is zero."""
        pull = self.precisions * theta
        pull[: self.changepoints] += signs / self.tau
        return pull


def make_design(data: ModelData) -> Design:
    """Compute Z and its Gram matrix."""
    size = len(data.changepoints)
    columns = np.empty((len(data.y), size + 2 + len(data.prior_scales)))
    np.subtract(data.t[:, np.newaxis], data.changepoints, out=columns[:, :size])
    np.maximum(columns[:, :size], 0.0, out=columns[:, :size])
    columns[:, size] = data.t
    columns[:, size + 1] = 1.0
    columns[:, size + 2 :] = data.features
    return Design(
        columns=columns,
        y=data.y,
        gram=columns.T @ columns,
        projected=data.y @ columns,
        scales=np.concatenate([[TREND_SCALE, TREND_SCALE], data.prior_scales]),
        tau=data.tau,
    )


def best_variance(design: Design, rss: float) -> float:
    """Return the best variance u = sigma^2 for a residual sum of squares: the positive root of 4 u^2 + N u = RSS.

    The form of the root avoids the cancellation of the usual formula.
    """
    return 2.0 * rss / (design.rows + float(np.sqrt(design.rows**2 + 16.0 * rss)))


@dataclass(frozen=True)
class Kkt:
    """The violations of the Karush-Kuhn-Tucker conditions at a point. All are zero at the optimum.

    ``laplace``: delta's subgradients, relative to 1 / tau. ``normal``: the gradient of (k, m, beta), relative to
    |Z'y| / sigma^2. ``noise``: sigma's equation, relative to RSS; 0 where sigma is at its floor and would fall further.
    ``rounding``: the part of ``laplace`` that rounding alone may cause.
    """

    laplace: float
    normal: float
    noise: float
    rounding: float

    @property
    def worst(self) -> float:
        """Return the largest violation."""
        return max(self.laplace, self.normal, self.noise)

    def holds(self, tolerance: float = KKT_TOLERANCE) -> bool:
        """Return whether all conditions hold to ``tolerance`` or to the rounding error."""
        return self.laplace <= max(tolerance, self.rounding) and max(self.normal, self.noise) <= tolerance


@dataclass(frozen=True)
class Point:
    """Values of a design's parameters, with their posterior. ``variance`` is sigma^2, at least ``floor``."""

    design: Design
    theta: FloatArray
    variance: float
    floor: float

    @cached_property
    def residual(self) -> FloatArray:
        """Return y - Z theta. The expanded form on the Gram matrix would lose digits."""
        return self.design.residual(self.theta)

    @cached_property
    def gradient(self) -> FloatArray:
        """Return Z'(y - Z theta)."""
        return np.asarray(self.residual @ self.design.columns)

    @cached_property
    def rss(self) -> float:
        """Return the residual sum of squares."""
        return float(self.residual @ self.residual)

    @property
    def delta(self) -> FloatArray:
        """Return the changes of the trend's slope."""
        return self.theta[: self.design.changepoints]

    @property
    def penalty(self) -> float:
        """Return the gradient above which a delta becomes active."""
        return self.variance / self.design.tau

    @cached_property
    def rounding(self) -> FloatArray:
        """Return the rounding error of the gradient of each delta."""
        design, size = self.design, self.design.changepoints
        summed = float(np.sqrt(design.energy) + design.norms @ np.abs(self.theta))
        return ROUNDING * summed * design.norms[:size]

    @property
    def at_floor(self) -> bool:
        """Return whether sigma is at its floor."""
        return self.variance <= self.floor

    @property
    def imbalance(self) -> float:
        """Return 4 u^2 + N u - RSS, which is zero at the best variance and negative below it."""
        return 4.0 * self.variance**2 + self.design.rows * self.variance - self.rss

    @cached_property
    def log_posterior(self) -> float:
        """Return the logarithm of the posterior without its constant, as Stan's ``lp__``."""
        design = self.design
        likelihood = -design.rows * np.log(self.variance) / 2.0 - self.rss / (2.0 * self.variance)
        squares = float(design.precisions @ self.theta**2) / 2.0 + self.variance / (2.0 * NOISE_SCALE**2)
        return float(likelihood - squares - np.abs(self.delta).sum() / design.tau)

    @cached_property
    def kkt(self) -> Kkt:
        """Return the violations of the optimality conditions, from the residual of the data."""
        design, size = self.design, self.design.changepoints
        normal = (self.gradient - self.variance * design.precisions * self.theta)[size:]
        imbalance = min(self.imbalance, 0.0) if self.at_floor else self.imbalance
        return Kkt(
            laplace=float(self._laplace_violations().max(initial=0.0)) / self.penalty,
            normal=float(np.linalg.norm(normal)) / (float(np.linalg.norm(design.projected)) or 1.0),
            noise=abs(imbalance) / (self.rss or 1.0),
            rounding=float(self.rounding.max(initial=0.0)) / self.penalty,
        )

    def _laplace_violations(self) -> FloatArray:
        """Return the violation of each delta. An active gradient equals the penalty; another one does not exceed it."""
        gradient, signs = self.gradient[: self.design.changepoints], np.sign(self.delta)
        return np.where(signs == 0, np.abs(gradient) - self.penalty, np.abs(gradient - signs * self.penalty))
