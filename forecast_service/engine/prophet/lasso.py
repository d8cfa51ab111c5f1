"""A small quadratic with an L1 term, minimised exactly by an active set.

Source: Lee, Battle, Raina & Ng, Efficient sparse coding algorithms, NIPS 19 (2006), algorithm 1 (feature-sign search).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dposv

FloatArray = npt.NDArray[np.float64]

MAX_STEPS = 1000
"""Each step lowers the objective, so no set of signs comes twice; tens of steps are usual for 25 variables."""
SINGULAR = 1e-12
"""Of the largest eigenvalue of a matrix with a unit diagonal, what cannot be told from zero."""
_BELOW_ONE = 1.0 - float(np.finfo(np.float64).eps)


class NotConverged(ArithmeticError):
    """An iteration ended before its optimum: a defect or a problem beyond double precision, and never hidden."""


def solve_lasso(
    quadratic: FloatArray, linear: FloatArray, penalty: float, slack: FloatArray, start: FloatArray
) -> FloatArray:
    """Minimise x'Ax/2 - b'x + ``penalty`` |x|_1 for a positive semidefinite A, from ``start``.

    A variable joins the active set if its gradient exceeds the penalty by more than its ``slack``. Where columns
    coincide one of them is enough, and the others stay at zero: of all minima, this is one.

    Raises:
        NotConverged: after :data:`MAX_STEPS`.
    """
    x, signs = start.copy(), np.sign(start)
    for _ in range(MAX_STEPS):
        if not _settled(quadratic, linear - penalty * signs, x, signs):
            continue
        gradient = linear - quadratic @ x
        excess = np.where(signs == 0, np.abs(gradient) - penalty - slack, 0.0)
        joining = int(excess.argmax()) if len(excess) else 0
        if not len(excess) or excess[joining] <= 0:
            return x
        signs[joining] = np.sign(gradient[joining])
    raise NotConverged(f"the active set still changed after {MAX_STEPS} steps")


def _settled(quadratic: FloatArray, linear: FloatArray, x: FloatArray, signs: FloatArray) -> bool:
    """Go to the minimum of the active variables as long as none changes its sign; whoever would leaves the set.

    Returns:
        Whether the minimum was reached. ``x`` and ``signs`` are changed in place.
    """
    active = signs.nonzero()[0]
    if not len(active):
        return True
    here, sign = x[active], signs[active]
    there = solve_definite(quadratic[active[:, np.newaxis], active], linear[active])
    share, leaving = first_crossing(here, there, sign)
    x[active] = here + share * (there - here)
    if share < 1.0:
        x[active[leaving]] = signs[active[leaving]] = 0.0
    return share >= 1.0


def first_crossing(here: FloatArray, there: FloatArray, signs: FloatArray) -> tuple[float, int]:
    """How far it is from ``here`` to ``there``, as a share, until a variable loses its sign, and which; 1.0 if none."""
    losing = (there * signs <= 0).nonzero()[0]
    if not len(losing):
        return 1.0, -1
    way = here[losing] - there[losing]
    shares = np.divide(here[losing], way, out=np.zeros_like(way), where=way != 0)
    first = int(shares.argmin())
    return min(max(float(shares[first]), 0.0), _BELOW_ONE), int(losing[first])


def solve_definite(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve a positive semidefinite system by Cholesky; where it is singular, with a least eigenvalue in zero's place.

    A singular system that contradicts itself thus gets a solution far away along its null space: the way to go down.
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
