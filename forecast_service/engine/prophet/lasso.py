"""The lasso: a small quadratic with an L1 penalty, minimised exactly by an active set.

Source: Lee, Battle, Raina & Ng, Efficient sparse coding algorithms, NIPS 19 (2006), algorithm 1 (feature-sign search).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dposv

FloatArray = npt.NDArray[np.float64]

MAX_STEPS = 1000
"""Each step lowers the objective, so that no set of signs repeats. Tens of steps are usual for 25 variables."""
SINGULAR = 1e-12
"""Eigenvalues below this multiple of the largest count as zero, in a matrix with a unit diagonal."""
_BELOW_ONE = 1.0 - float(np.finfo(np.float64).eps)


class NotConverged(ArithmeticError):
    """An iteration ended before its optimum, because of a defect or a problem beyond double precision."""


def solve_lasso(
    quadratic: FloatArray, linear: FloatArray, penalty: float, slack: FloatArray, start: FloatArray
) -> FloatArray:
    """Minimise x'Ax/2 - b'x + ``penalty`` |x|_1 for a positive semidefinite A, from ``start``.

    A variable joins the active set if its gradient exceeds the penalty by more than its ``slack``. Of equal
    columns only one becomes active, so that the result is one of several minima.

    Raises:
        NotConverged: after :data:`MAX_STEPS`.
    """
    x, signs = start.copy(), np.sign(start)
    for _ in range(MAX_STEPS):
        if not _move_to_minimum(quadratic, linear - penalty * signs, x, signs):
            continue
        gradient = linear - quadratic @ x
        excess = np.where(signs == 0, np.abs(gradient) - penalty - slack, 0.0)
        joining = int(excess.argmax()) if len(excess) else 0
        if not len(excess) or excess[joining] <= 0:
            return x
        signs[joining] = np.sign(gradient[joining])
    raise NotConverged(f"the active set still changed after {MAX_STEPS} steps")


def _move_to_minimum(quadratic: FloatArray, linear: FloatArray, x: FloatArray, signs: FloatArray) -> bool:
    """Move to the minimum of the active variables, up to the first change of a sign. That variable becomes inactive.

    Returns:
        Whether the minimum was reached. The function changes ``x`` and ``signs`` in place.
    """
    active = signs.nonzero()[0]
    if not len(active):
        return True
    here, sign = x[active], signs[active]
    there = solve_definite(quadratic[active[:, np.newaxis], active], linear[active])
    fraction, leaving = first_crossing(here, there, sign)
    x[active] = here + fraction * (there - here)
    if fraction < 1.0:
        x[active[leaving]] = signs[active[leaving]] = 0.0
    return fraction >= 1.0


def first_crossing(here: FloatArray, there: FloatArray, signs: FloatArray) -> tuple[float, int]:
    """Find the first variable that loses its sign on the way from ``here`` to ``there``.

    Returns:
        The fraction of the way and the index of the variable; 1.0 and -1 where none does.
    """
    losing = (there * signs <= 0).nonzero()[0]
    if not len(losing):
        return 1.0, -1
    way = here[losing] - there[losing]
    fractions = np.divide(here[losing], way, out=np.zeros_like(way), where=way != 0)
    first = int(fractions.argmin())
    return min(max(float(fractions[first]), 0.0), _BELOW_ONE), int(losing[first])


def solve_definite(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve a positive semidefinite system by Cholesky, or with its least eigenvalues raised if it is singular.

    An inconsistent singular system gets a solution far away along its null space, which is the direction of descent.
    """
    factor, solution, failed = dposv(matrix, right)
    if failed or (factor.diagonal() ** 2 < SINGULAR * matrix.diagonal()).any():
        return _solve_singular(matrix, right)
    return np.asarray(solution)


def _solve_singular(matrix: FloatArray, right: FloatArray) -> FloatArray:
    scale = np.sqrt(np.maximum(matrix.diagonal(), SINGULAR * matrix.diagonal().max()))
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    inverse = 1.0 / np.maximum(values, SINGULAR * values[-1])
    projected = vectors.T @ (right.T / scale).T
    return np.asarray((vectors @ (projected.T * inverse).T).T / scale).T
