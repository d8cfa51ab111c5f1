"""Newton's method for theta and sigma together, from near the posterior's maximum to its last digits.

The search is as exact as the Gram matrix. Newton's method uses the residuals of the data. The active set follows Lee,
Battle, Raina & Ng (2006): a change of slope that would pass zero becomes inactive, and one whose gradient exceeds its
penalty becomes active.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.prophet.lasso import NotConverged, first_crossing, solve_definite
from forecast_service.engine.prophet.posterior import FloatArray, Point

TARGET = 1e-9
"""The tolerance of the optimality conditions. Convergence is quadratic, so that it costs at most one more step."""
MAX_STEPS = 200


def refined(point: Point) -> Point:
    """Return the maximum of the posterior near ``point``.

    Raises:
        NotConverged: the optimality conditions hold at no step.
    """
    signs, best = np.sign(point.delta), point
    for _ in range(MAX_STEPS):
        if point.kkt.worst <= TARGET:
            return point
        if best.kkt.holds(TARGET) and best.kkt.worst < point.kkt.worst:
            return best  # A step that improves nothing has reached the rounding errors.
        best = min(best, point, key=lambda each: each.kkt.worst)
        if _stationary(point, signs):
            _join(point, signs)
        point = _step(point, signs)
    if best.kkt.holds():
        return best
    raise NotConverged(f"the optimality conditions are violated by {best.kkt.worst:.1e}")


def _stationary(point: Point, signs: FloatArray) -> bool:
    """Return whether the point is stationary for the active changes of slope."""
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
    """Make one step of Newton's method, up to the first change of a sign. That delta becomes inactive in ``signs``."""
    size = len(signs)
    free = np.concatenate([np.flatnonzero(signs), np.arange(size, len(point.theta))])
    active = free[: len(free) - (len(point.theta) - size)]
    step, variance = _newton_step(point, signs, free)
    theta = point.theta.copy()
    theta[free] += step
    fraction, leaving = first_crossing(point.theta[active], theta[active], signs[active])
    if fraction < 1.0:
        theta = point.theta + fraction * (theta - point.theta)
        variance = point.variance + fraction * (variance - point.variance)
        theta[active[leaving]] = signs[active[leaving]] = 0.0
    return Point(point.design, theta, variance, point.floor)


def _newton_step(point: Point, signs: FloatArray, free: npt.NDArray[np.intp]) -> tuple[FloatArray, float]:
    """Return the change of the free parameters and the new variance, from both equations linearised at ``point``."""
    design, variance = point.design, point.variance
    gradient, pull = point.gradient[free], design.pull(point.theta, signs)[free]
    hessian = design.gram[free[:, np.newaxis], free]
    hessian[np.diag_indices_from(hessian)] += variance * design.precisions[free]
    solved = solve_definite(hessian, np.column_stack([gradient - variance * pull, pull]))
    to_optimum, per_variance = solved[:, 0], solved[:, 1]
    stiffness = 8.0 * variance + design.rows
    slope = stiffness - 2.0 * float(gradient @ per_variance)
    # With a negative slope, the step would lead to a minimum along sigma. The step of the fixed point always ascends.
    change = -(point.imbalance + 2.0 * float(gradient @ to_optimum)) / (slope if slope > 0 else stiffness)
    change = max(float(np.clip(change, -variance / 2.0, variance)), point.floor - variance)
    return to_optimum - change * per_variance, variance + change
