"""A model for evaluations: the next move is like the past ones over as many days."""

from typing import Any

import numpy as np


def usual_move(past: Any, horizon: int) -> Any:
    """Return the quantiles of the move of the logarithm over ``horizon`` trading days."""
    values = np.log(past.values.to_numpy())
    moves = values[horizon:] - values[:-horizon]
    return np.quantile(moves, past.probabilities)
