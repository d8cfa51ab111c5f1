"""The usual daily move of a stock, from prices known at the time."""

from __future__ import annotations

import numpy as np

from forecast_service.patterns.occurrences import Floats

MEMORY_DAYS = 250
FEWEST_MOVES = 20


def usual_moves(logs: Floats) -> Floats:
    """Return the mean size of the daily moves in the last 250 days, up to and with each day.

    Args:
        logs: logarithms of closes, a series in each row.

    Returns:
        Moves of the logarithm; NaN on days with too few moves before them.
    """
    sizes = np.zeros_like(logs)
    np.abs(np.diff(logs, axis=-1), out=sizes[..., 1:])
    sums = np.cumsum(sizes, axis=-1)
    totals = sums.copy()
    totals[..., MEMORY_DAYS:] -= sums[..., :-MEMORY_DAYS]
    counts = np.minimum(np.arange(logs.shape[-1]), MEMORY_DAYS).astype(float)
    counts[:FEWEST_MOVES] = np.nan
    return np.asarray(totals / counts)
