"""The path of a lasso over its penalty, for many small problems at once.

From the largest penalty down, the solution is linear in the penalty until a variable becomes active or inactive. Each
step goes to the next such point. The table of a problem has A_SS^-1 of its active set S in its place, which one sweep
per change keeps up to date.

Sources: Osborne, Presnell & Turlach, A New Approach to Variable Selection in Least Squares Problems, IMA Journal of
Numerical Analysis 20 (2000), for the path; Goodnight, A Tutorial on the SWEEP Operator, The American Statistician 33
(1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

APART = 1e-9
"""Two changes of an active set are at penalties that differ by more than this fraction. A check of the result finds the
few problems in which they do not."""


@dataclass
class LassoPath:
    """The lassos x'Ax/2 - b'x + penalty |x|_1 at the same step of their paths.

    ``tables`` has the shape (problems, n + 1, n + 1), first [[A, b], [b', y'y]]. ``signs`` are those of the active
    variables, shape (problems, n), and ``penalties`` those where the present segment begins, shape (problems,). On the
    segment, active variables fall by their ``slopes`` times the penalty, and so do the gradients of inactive ones.
    """

    tables: FloatArray
    signs: FloatArray
    penalties: FloatArray
    slopes: FloatArray

    @classmethod
    def start(cls, quadratic: FloatArray, linear: FloatArray, energy: FloatArray) -> LassoPath:
        """Start at an infinite penalty, where no variable is active."""
        edge = np.concatenate([linear, energy[:, None]], axis=1)
        tables = np.concatenate([np.concatenate([quadratic, linear[:, None]], axis=1), edge[:, :, None]], axis=2)
        return cls(tables, np.zeros_like(linear), np.full(len(linear), np.inf), np.zeros_like(linear))

    @property
    def least_rss(self) -> FloatArray:
        """Return RSS of the active variables without a penalty, shape (problems,)."""
        return self.tables[:, -1, -1]

    def next_change(self) -> tuple[FloatArray, IntArray, FloatArray]:
        """Return where the segments end: the penalties, the variables that change, and their new signs.

        A penalty of 0 ends the path.
        """
        constant, active = self.tables[:, :-1, -1], self.signs != 0
        # An inactive variable's gradient ends at its constant, so it can only meet the penalty with that sign.
        signs = np.where(active, 0.0, np.sign(constant))
        with np.errstate(divide="ignore", invalid="ignore"):
            penalties = constant / (self.slopes + signs)
        is_ahead = (penalties > 0) & (penalties < self.penalties[:, None] * (1 - APART))
        penalties = np.where(is_ahead, penalties, 0.0)
        number, variables = np.arange(len(penalties)), penalties.argmax(axis=1)
        return penalties[number, variables], variables, signs[number, variables]

    def change(self, penalties: FloatArray, variables: IntArray, signs: FloatArray) -> None:
        """Go to the next segments."""
        self.penalties = penalties
        self.signs[np.arange(len(variables)), variables] = signs
        _sweep(self.tables, variables)
        self.slopes = (self.tables[:, :-1, :-1] @ self.signs[:, :, None])[:, :, 0]


def _sweep(tables: FloatArray, pivots: IntArray) -> None:
    """Sweep each table on its pivot, in place. A second sweep undoes the first."""
    number = np.arange(len(tables))
    columns = tables[number, :, pivots]
    tables[number, :, pivots] = 0.0
    rows = tables[number, pivots]
    rows[number, pivots] = 1.0
    rows /= columns[number, pivots][:, None]
    tables -= columns[:, :, None] * rows[:, None]
    tables[number, pivots] = rows
