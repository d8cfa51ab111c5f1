"""Fits to the first rows of one history, for many numbers of rows at once: those of a backtest.

One path of a lasso (:mod:`lasso_path`) finds all maxima of a posterior. On a segment, RSS is quadratic in the penalty
u / tau, so the stationary points 4 u^2 + N u = RSS(u) have a closed form. Newton's method then makes the fit exact.
Each fit is returned only if it fulfils the optimality conditions, and if no other maximum lies on the path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.prophet.array_prophet import (
    CHANGEPOINT_SCALE,
    SEASON_FROM_DAYS,
    ArrayFit,
    FloatArray,
    History,
    IntArray,
)
from forecast_service.engine.prophet.lasso_path import LassoPath
from forecast_service.engine.prophet.map_fit import SIGMA_FLOOR
from forecast_service.engine.prophet.noise_search import CANCELLED, MEETING
from forecast_service.engine.prophet.posterior import KKT_TOLERANCE
from forecast_service.engine.prophet.prefix_designs import PrefixDesigns, prefix_designs

BoolArray = npt.NDArray[np.bool_]

MOST_CHANGES = 200
"""Steps of a path. Some tens are usual for 25 variables."""
NEWTON_STEPS = 3
"""The path leads so near that the third step reaches the rounding errors. The number is fixed, because a fit must not
depend on whether another one, which knows later prices, needs more."""
RIDGE_STEPS = 2
"""The path takes the normal priors at the variance of a fit without penalties on delta, found in so many steps."""


def prefix_fits(
    history: History, rows: IntArray, changepoint_scale: float = CHANGEPOINT_SCALE
) -> list[ArrayFit | None]:
    """Fit the model to the first ``rows`` rows of a history.

    Args:
        history: the days and values.
        rows: the numbers of rows, ascending, shape (fits,). Each is large enough for all changepoints.
        changepoint_scale: the scale of the changepoints' prior.

    Returns:
        The fits; None where the path does not lead to a single maximum that fulfils the optimality conditions.
    """
    fits: list[ArrayFit | None] = []
    is_seasonal = history.days[rows - 1] - history.days[0] >= SEASON_FROM_DAYS
    for seasonal in (False, True):
        group = rows[is_seasonal == seasonal]
        if len(group):
            designs = prefix_designs(history, group, seasonal=seasonal, changepoint_scale=changepoint_scale)
            fits += _fits(designs, int(history.days[0]), seasonal=seasonal)
    return fits


def _fits(designs: PrefixDesigns, first_day: int, *, seasonal: bool) -> list[ArrayFit | None]:
    try:
        with np.errstate(all="ignore"):  # a path that ended goes on with numbers that nothing reads
            maxima = _maxima(designs)
            theta, variances = _optima(designs, maxima)
            found = maxima.single & _hold(designs, maxima.signs, theta, variances)
    except np.linalg.LinAlgError:
        return [None] * len(designs.rows)
    size = designs.size
    return [
        ArrayFit(
            k=float(theta[fit, size]),
            m=float(theta[fit, size + 1]),
            delta=theta[fit, :size],
            beta=theta[fit, size + 2 :],
            sigma=float(np.sqrt(variances[fit])),
            changepoints=designs.changepoints[fit],
            first_day=first_day,
            span=int(designs.spans[fit]),
            offset=float(designs.offsets[fit]),
            scale=float(designs.scales[fit]),
            seasonal=seasonal,
        )
        if is_found
        else None
        for fit, is_found in enumerate(found)
    ]


@dataclass(frozen=True)
class _Maxima:
    """The maximum of each posterior, where there is exactly one: its variance, and the signs of delta."""

    variances: FloatArray
    signs: FloatArray
    single: BoolArray


def _maxima(designs: PrefixDesigns) -> _Maxima:
    """Go down the path of each fit, to a penalty below which no stationary point can lie."""
    path, lowest = _path(designs)
    segments = []
    for _ in range(MOST_CHANGES):
        ends, variables, new_signs = path.next_change()
        segments.append((path.penalties, ends, path.least_rss.copy(), path.signs.copy(), path.slopes))
        if not (ends > lowest).any():
            break
        path.change(ends, variables, new_signs)
    begins, ends, least_rss, signs, slopes = (np.array(each) for each in zip(*segments, strict=True))
    # 4 u^2 + N u - RSS with u = tau * penalty: negative where the posterior rises with u, so below a maximum. On a
    # segment, RSS rises with the square of the penalty.
    square = 4 * designs.tau**2 - (signs * slopes).sum(axis=2)
    linear, constant = designs.tau * designs.rows, -least_rss
    is_below = (ends * (square * ends + linear) + constant < 0) & (begins > lowest)
    first, fit = is_below.argmax(axis=0), np.arange(len(lowest))
    peaks = np.clip(-linear / (2 * square), ends, begins)
    is_above = (peaks * (square * peaks + linear) + constant >= 0) & (begins > lowest)
    another = (is_above & (np.arange(len(segments))[:, None] > first)).any(axis=0)
    roots = -2 * constant / (linear + np.sqrt(linear**2 - 4 * square * constant))
    single = is_below.any(axis=0) & ~another & (ends[-1] <= lowest)
    return _Maxima(roots[first, fit] * designs.tau, signs[first, fit], single)


def _path(designs: PrefixDesigns) -> tuple[LassoPath, FloatArray]:
    """Return the path of delta after the elimination of (k, m, beta), and the penalties at which it may end.

    At every stationary point, RSS is at least that of a fit without penalties on delta. A margin allows for the ridge.
    """
    variances = designs.energy / designs.rows
    for _ in range(RIDGE_STEPS):
        quadratic, linear, energy = _without_others(designs, variances)
        unpenalised = np.linalg.solve(quadratic, linear[:, :, None])[:, :, 0]
        rss = np.maximum(energy - (linear * unpenalised).sum(axis=1), 0.0)
        variances = 2.0 * rss / (designs.rows + np.sqrt(designs.rows**2 + 16.0 * rss))
    return LassoPath.start(quadratic, linear, energy), variances * (1.0 - MEETING) / designs.tau


def _without_others(designs: PrefixDesigns, variances: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Eliminate (k, m, beta); return what remains of Z'Z, Z'y and y'y. The ridge of their priors is fixed.

    It hardly matters, since sums of squares over the rows outweigh it. Newton's method takes the exact one.
    """
    size, gram, projected = designs.size, designs.gram, designs.projected
    ridge = variances[:, None] * designs.precisions[size:]
    block = gram[:, size:, size:] + ridge[:, None] * np.eye(ridge.shape[1])
    right = np.concatenate([gram[:, size:, :size], projected[:, size:, None]], axis=2)
    explained = right.swapaxes(1, 2) @ np.linalg.solve(block, right)
    return (
        gram[:, :size, :size] - explained[:, :-1, :-1],
        projected[:, :size] - explained[:, :-1, -1],
        designs.energy - explained[:, -1, -1],
    )


def _optima(designs: PrefixDesigns, maxima: _Maxima) -> tuple[FloatArray, FloatArray]:
    """Refine the maxima by Newton's method for sigma's equation; return theta and the variances.

    The last step changes the variance so little that theta follows it without another solution.
    """
    size, signs = designs.size, maxima.signs
    is_free = np.ones_like(designs.projected, dtype=np.bool_)
    is_free[:, :size] = signs != 0
    both = is_free[:, :, None] & is_free[:, None]
    pull = np.zeros_like(designs.projected)
    pull[:, :size] = signs / designs.tau
    right = np.stack([np.where(is_free, designs.projected, 0.0), pull], axis=2)
    diagonal = np.arange(is_free.shape[1])
    variances = np.where(maxima.single, maxima.variances, 1.0)
    for _ in range(NEWTON_STEPS):
        hessian = np.where(both, designs.gram, 0.0)
        hessian[:, diagonal, diagonal] += np.where(is_free, variances[:, None] * designs.precisions, 1.0)
        without_penalty, per_variance = np.moveaxis(np.linalg.solve(hessian, right), 2, 0)
        rss = _gradient_and_rss(designs, without_penalty - variances[:, None] * per_variance)[1]
        imbalance = variances * (4 * variances + designs.rows) - rss
        rise = 2 * variances * (pull * per_variance).sum(axis=1)
        variances = variances - imbalance / (8 * variances + designs.rows - rise)
    return without_penalty - variances[:, None] * per_variance, variances


def _hold(designs: PrefixDesigns, signs: FloatArray, theta: FloatArray, variances: FloatArray) -> BoolArray:
    """Return whether the optimality conditions of :class:`posterior.Kkt` hold, shape (fits,)."""
    size = designs.size
    gradient, rss = _gradient_and_rss(designs, theta)
    penalty = variances[:, None] / designs.tau
    slopes = gradient[:, :size]
    laplace = np.where(signs == 0, np.abs(slopes) - penalty, np.abs(slopes - signs * penalty)) / penalty
    normal = np.linalg.norm((gradient - variances[:, None] * designs.precisions * theta)[:, size:], axis=1)
    noise = np.abs(variances * (4 * variances + designs.rows) - rss) / rss
    worst = np.maximum(laplace.max(axis=1), noise)
    worst = np.maximum(worst, normal / np.linalg.norm(designs.projected, axis=1))
    is_exact = (rss > CANCELLED * np.maximum(designs.energy, designs.magnitude)) & (variances > SIGMA_FLOOR**2)
    has_signs = (np.sign(theta[:, :size]) == signs).all(axis=1)
    return np.asarray(is_exact & has_signs & (worst <= KKT_TOLERANCE), dtype=np.bool_)


def _gradient_and_rss(designs: PrefixDesigns, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Z'(y - Z theta) and the residual sum of squares, from the products alone."""
    gradient = designs.projected - (designs.gram @ theta[:, :, None])[:, :, 0]
    return gradient, designs.energy - (theta * (designs.projected + gradient)).sum(axis=1)
