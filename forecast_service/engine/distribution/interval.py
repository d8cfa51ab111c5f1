"""The interval of each day ahead: the distribution of the move on that day, and its bounds at any level.

A quantile is the centre plus the volatility times the shape: the predicted move, the standard deviation of moves over
so many days, and the quantile of past errors in standard deviations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_service.engine.distribution.grid import MEDIAN, quantiles_at

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def anchor_horizons(days: int) -> IntArray:
    """Return the horizons at which the shape is computed: 1, ``days``, and a few between them."""
    return np.unique(np.geomspace(1, days, num=2 + int(np.log2(days))).round().astype(np.int64))


def curves_ahead(centres: FloatArray, deviations: FloatArray, anchors: IntArray, shapes: FloatArray) -> FloatArray:
    """Return the distribution of the move on each day ahead, shape (days, len(grid.PROBABILITIES)).

    The shape is interpolated between the anchors. No quantile comes nearer to the median from one day to the next.

    Args:
        centres: the predicted move of each day, shape (days,).
        deviations: the standard deviation of the move over so many days, shape (days,).
        anchors: the horizons of the shapes, ascending, the last one ``days``.
        shapes: the quantiles of past errors in standard deviations, shape (len(anchors), len(grid.PROBABILITIES)).
    """
    ahead = np.arange(1.0, len(centres) + 1)
    offsets = _interpolated(np.log(ahead), np.log(anchors), shapes) * deviations[:, None]
    lower, upper = offsets[:, :MEDIAN], offsets[:, MEDIAN + 1 :]
    np.minimum.accumulate(lower, axis=0, out=lower)
    np.maximum.accumulate(upper, axis=0, out=upper)
    return centres[:, None] + offsets


def interval_probabilities(level: float) -> FloatArray:
    """Return the probabilities of the two bounds of an interval of ``level``, shape (2,)."""
    return np.array([(1 - level) / 2, (1 + level) / 2])


def interval_bounds(curves: FloatArray, level: float) -> FloatArray:
    """Return the lower and the upper bound of the interval of ``level`` of each curve, shape (n, 2).

    Args:
        curves: one curve a row, shape (n, len(grid.PROBABILITIES)).
        level: the probability of the interval.
    """
    return quantiles_at(curves, interval_probabilities(level))


def _interpolated(points: FloatArray, anchors: FloatArray, rows: FloatArray) -> FloatArray:
    """Return the rows that lie linearly between those of ``anchors``, shape (len(points), rows.shape[1])."""
    if len(anchors) == 1:
        return np.repeat(rows, len(points), axis=0)
    after = np.clip(np.searchsorted(anchors, points), 1, len(anchors) - 1)
    fraction = ((points - anchors[after - 1]) / (anchors[after] - anchors[after - 1]))[:, None]
    return np.asarray(rows[after - 1] * (1 - fraction) + rows[after] * fraction, dtype=np.float64)
