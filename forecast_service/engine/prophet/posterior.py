"""Prophet's posterior for linear growth and additive terms, as a function of arrays: what a fit maximises.

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
"""What :attr:`Kkt.worst` may be for a point to count as the optimum."""
ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Of |z| (|y| + sum |z_j theta_j|), what z'(y - Z theta) can be off by: a gradient means nothing below it."""


class BadInput(ValueError):
    """Arrays that do not belong together, numbers that are not finite, or priors that are not positive."""


@dataclass(frozen=True)
class ModelData:
    """What Prophet hands to Stan for y = k t + m + sum delta_j max(t - s_j, 0) + features beta + noise.

    ``y`` and its times ``t`` have the shape (N,); Prophet scales y to at most 1, and t from 0 to 1. ``changepoints``
    are the s_j in the units of t, of shape (S,); none, equal ones and Prophet's dummy at 0 are all right. ``features``
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
        """N, how many values y has."""
        return len(self.y)

    @property
    def changepoints(self) -> int:
        """S, how many of the first parameters have a Laplace prior; the others have normal ones."""
        return int(self.columns.shape[1]) - len(self.scales)

    @cached_property
    def energy(self) -> float:
        """The sum of squares of y."""
        return float(self.y @ self.y)

    @cached_property
    def precisions(self) -> FloatArray:
        """1 / s^2 of each parameter's normal prior; 0 where the prior is Laplace's."""
        return np.concatenate([np.zeros(self.changepoints), self.scales**-2.0])

    @cached_property
    def norms(self) -> FloatArray:
        """The Euclidean length of each column."""
        return np.asarray(np.sqrt(self.gram.diagonal()))

    def residual(self, theta: FloatArray) -> FloatArray:
        """What ``theta`` leaves of y, y - Z theta."""
        return np.asarray(self.y - self.columns @ theta)

    def pull(self, theta: FloatArray, signs: FloatArray) -> FloatArray:
        """The gradient of -log prior; ``signs`` stand for delta's where it is zero."""
        pull = self.precisions * theta
        pull[: self.changepoints] += signs / self.tau
        return pull


def make_design(data: ModelData) -> Design:
    """Lay out Z, and multiply it out."""
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
    """The variance u = sigma^2 that is best for a sum of squared residuals: the positive root of 4 u^2 + N u = RSS.

    Written without the difference of two near numbers that the school formula has.
    """
    return 2.0 * rss / (design.rows + float(np.sqrt(design.rows**2 + 16.0 * rss)))


@dataclass(frozen=True)
class Kkt:
    """How far a point is from satisfying the Karush-Kuhn-Tucker conditions of the optimum; all are zero there.

    ``laplace``: delta's subgradients, as a share of 1 / tau. ``normal``: the gradient of (k, m, beta), as a share of
    |Z'y| / sigma^2. ``noise``: sigma's equation, as a share of RSS; 0 where sigma stands at its floor and would fall
    further. ``rounding``: what ``laplace`` can be from rounding alone, for an optimum to the last bit.
    """

    laplace: float
    normal: float
    noise: float
    rounding: float

    @property
    def worst(self) -> float:
        """The largest of the three."""
        return max(self.laplace, self.normal, self.noise)

    def holds(self, tolerance: float = KKT_TOLERANCE) -> bool:
        """Whether all conditions hold to ``tolerance``, or to what floating point can tell."""
        return self.laplace <= max(tolerance, self.rounding) and max(self.normal, self.noise) <= tolerance


@dataclass(frozen=True)
class Point:
    """Values for a design's parameters, and what follows from them; ``variance`` is sigma^2, at least ``floor``."""

    design: Design
    theta: FloatArray
    variance: float
    floor: float

    @cached_property
    def residual(self) -> FloatArray:
        """What the data leave, y - Z theta: the expanded form on the Gram matrix cancels."""
        return self.design.residual(self.theta)

    @cached_property
    def gradient(self) -> FloatArray:
        """Z'(y - Z theta)."""
        return np.asarray(self.residual @ self.design.columns)

    @cached_property
    def rss(self) -> float:
        """The residuals' sum of squares."""
        return float(self.residual @ self.residual)

    @property
    def delta(self) -> FloatArray:
        """The changes of the trend's slope."""
        return self.theta[: self.design.changepoints]

    @property
    def penalty(self) -> float:
        """By how much delta's gradient must exceed zero for a change to be worth its prior."""
        return self.variance / self.design.tau

    @cached_property
    def rounding(self) -> FloatArray:
        """Below which the gradient cannot be told from zero, for each delta."""
        design, size = self.design, self.design.changepoints
        summed = float(np.sqrt(design.energy) + design.norms @ np.abs(self.theta))
        return ROUNDING * summed * design.norms[:size]

    @property
    def at_floor(self) -> bool:
        """Whether sigma stands at its floor."""
        return self.variance <= self.floor

    @property
    def imbalance(self) -> float:
        """4 u^2 + N u - RSS: zero at the best variance, negative where a larger one is better."""
        return 4.0 * self.variance**2 + self.design.rows * self.variance - self.rss

    @cached_property
    def log_posterior(self) -> float:
        """Up to its constant, and as Stan's ``lp__``: the higher, the better the fit."""
        design = self.design
        likelihood = -design.rows * np.log(self.variance) / 2.0 - self.rss / (2.0 * self.variance)
        squares = float(design.precisions @ self.theta**2) / 2.0 + self.variance / (2.0 * NOISE_SCALE**2)
        return float(likelihood - squares - np.abs(self.delta).sum() / design.tau)

    @cached_property
    def kkt(self) -> Kkt:
        """How far the point is from the optimum, from the true residual."""
        design, size = self.design, self.design.changepoints
        normal = (self.gradient - self.variance * design.precisions * self.theta)[size:]
        imbalance = min(self.imbalance, 0.0) if self.at_floor else self.imbalance
        return Kkt(
            laplace=float(self._off_laplace().max(initial=0.0)) / self.penalty,
            normal=float(np.linalg.norm(normal)) / (float(np.linalg.norm(design.projected)) or 1.0),
            noise=abs(imbalance) / (self.rss or 1.0),
            rounding=float(self.rounding.max(initial=0.0)) / self.penalty,
        )

    def _off_laplace(self) -> FloatArray:
        """Where delta has a sign, its gradient must equal the penalty, and elsewhere not exceed it."""
        gradient, signs = self.gradient[: self.design.changepoints], np.sign(self.delta)
        return np.where(signs == 0, np.abs(gradient) - self.penalty, np.abs(gradient - signs * self.penalty))
