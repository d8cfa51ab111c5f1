"""Runs of marked rows in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Run:
    """Rows ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.last - self.first + 1


def notable_run(marked: npt.NDArray[np.bool_], least: int, least_at_end: int) -> Run | None:
    """Return the run of marked rows at the end where it is long enough, else the longest one that is."""
    edges = np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    runs = [Run(int(first), int(last)) for first, last in zip(starts, ends, strict=True)]
    if runs and runs[-1].last == len(marked) - 1 and runs[-1].rows >= least_at_end:
        return runs[-1]
    return max((run for run in runs if run.rows >= least), key=lambda run: run.rows, default=None)
