"""Newton's method for theta and sigma together: from near the posterior's maximum to the last digits of it.

What the search found on the Gram matrix is as exact as that is; here residuals of the data decide. The signs of delta
are held as in Lee, Battle, Raina & Ng (2006): a change of slope that would pass zero leaves, and one whose gradient is
larger than its penalty joins.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.prophet.lasso import NotConverged, first_crossing, solve_definite
from forecast_service.engine.prophet.posterior import FloatArray, Point

TARGET = 1e-9
"""Of the optimality conditions; convergence is quadratic, so this costs at most one step more than what is promised."""
MAX_STEPS = 200


def refined(point: Point) -> Point:
    """Return the maximum of the posterior near ``point``.

    Raises:
        NotConverged: the optimality conditions hold nowhere on the way.
    """
    signs, best = np.sign(point.delta), point
    for _ in range(MAX_STEPS):
        if point.kkt.worst <= TARGET:
            return point
        if best.kkt.holds(TARGET) and best.kkt.worst < point.kkt.worst:
            return best  # What a step does not improve is rounding.
        best = min(best, point, key=lambda each: each.kkt.worst)
        if _stationary(point, signs):
            _join(point, signs)
        point = _step(point, signs)
    if best.kkt.holds():
        return best
    raise NotConverged(f"the optimality conditions are still off by {best.kkt.worst:.1e}")


def _stationary(point: Point, signs: FloatArray) -> bool:
    """Whether nothing is left to do but to let another change of slope join."""
    active = signs != 0
    off = np.abs(point.gradient[: len(signs)] - signs * point.penalty)[active]
    slack = np.maximum(TARGET * point.penalty, point.rounding[active])
    return bool((off <= slack).all()) and max(point.kkt.normal, point.kkt.noise) <= TARGET


def _join(point: Point, signs: FloatArray) -> None:
    gradient = point.gradient[: len(signs)]
    excess = np.where(signs == 0, np.abs(gradient) - point.penalty, 0.0)
    joining = excess.argmax()
    signs[joining] = np.sign(gradient[joining])


def _step(point: Point, signs: FloatArray) -> Point:
    """Go one step of Newton's method, or as much of it as no delta changes its sign in; that one leaves ``signs``."""
    size = len(signs)
    free = np.concatenate([np.flatnonzero(signs), np.arange(size, len(point.theta))])
    active = free[: len(free) - (len(point.theta) - size)]
    step, variance = _newton_step(point, signs, free)
    theta = point.theta.copy()
    theta[free] += step
    share, leaving = first_crossing(point.theta[active], theta[active], signs[active])
    if share < 1.0:
        theta = point.theta + share * (theta - point.theta)
        variance = point.variance + share * (variance - point.variance)
        theta[active[leaving]] = signs[active[leaving]] = 0.0
    return Point(point.design, theta, variance, point.floor)


def _newton_step(point: Point, signs: FloatArray, free: npt.NDArray[np.intp]) -> tuple[FloatArray, float]:
    """The change of the free parameters and the new variance, from both equations linearised at ``point``."""
    design, variance = point.design, point.variance
    gradient, pull = point.gradient[free], design.pull(point.theta, signs)[free]
    hessian = design.gram[free[:, np.newaxis], free]
    hessian[np.diag_indices_from(hessian)] += variance * design.precisions[free]
    solved = solve_definite(hessian, np.column_stack([gradient - variance * pull, pull]))
    to_optimum, per_variance = solved[:, 0], solved[:, 1]
    stiffness = 8.0 * variance + design.rows
    slope = stiffness - 2.0 * float(gradient @ per_variance)
    # A negative slope leads to a minimum of the posterior along sigma; the fixed point's step always leads uphill.
    change = -(point.imbalance + 2.0 * float(gradient @ to_optimum)) / (slope if slope > 0 else stiffness)
    change = max(float(np.clip(change, -variance / 2.0, variance)), point.floor - variance)
    return to_optimum - change * per_variance, variance + change
