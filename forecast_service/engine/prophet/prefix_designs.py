"""The designs of fits to the first rows of one history, for many numbers of rows at once.

A fit needs the products of its columns alone. The sums over rows behind them are cumulative: those of a hinge
max(t - s, 0) with any column are sums from its changepoint on, and those of two hinges begin at the later one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_service.engine.prophet.array_prophet import (
    CHANGEPOINT_SCALE,
    SEASON_SCALE,
    FloatArray,
    History,
    IntArray,
    changepoint_rows,
)
from forecast_service.engine.prophet.posterior import TREND_SCALE


@dataclass(frozen=True)
class PrefixDesigns:
    """The data of several fits: the arrays of :class:`Design`, with one fit in each row.

    The columns are those of :class:`Design` for y and t from 0 to 1. ``spans``, ``offsets`` and ``scales`` turn t into
    days and y into values.
    """

    gram: FloatArray
    """Z'Z, shape (fits, parameters, parameters)."""
    projected: FloatArray
    """Z'y, shape (fits, parameters)."""
    energy: FloatArray
    """y'y, shape (fits,)."""
    rows: IntArray
    precisions: FloatArray
    """1 / s^2 of each parameter's normal prior; 0 for a Laplace prior, shape (parameters,)."""
    changepoints: FloatArray
    """The times of the changepoints, shape (fits, changepoints)."""
    spans: FloatArray
    offsets: FloatArray
    scales: FloatArray
    magnitude: FloatArray
    """y'y before its offset was subtracted, shape (fits,). The rounding errors of the products are a fraction of it."""
    tau: float
    """The scale of the Laplace prior."""

    @property
    def size(self) -> int:
        """Return the number of changepoints, whose parameters come first."""
        return int(self.changepoints.shape[1])


def prefix_designs(
    history: History, rows: IntArray, *, seasonal: bool, changepoint_scale: float = CHANGEPOINT_SCALE
) -> PrefixDesigns:
    """Return the designs of the fits to the first ``rows`` rows of a history.

    Args:
        history: the days and values.
        rows: the numbers of rows, ascending, shape (fits,). Each is large enough for all changepoints.
        seasonal: whether the fits have a yearly season.
        changepoint_scale: the scale of the changepoints' prior.
    """
    days = (history.days - history.days[0]).astype(np.float64)
    features = history.season if seasonal else history.season[:, :0]
    values = history.values - history.values[0]
    columns = np.column_stack([days, np.ones(len(days)), features, values])
    bends = np.array([changepoint_rows(int(each)) for each in rows])
    products = _products(columns, days, rows, bends)
    size, ends = bends.shape[1], rows - 1
    lowest, highest = (each.accumulate(values)[ends] for each in (np.minimum, np.maximum))
    scales = np.where(highest > lowest, highest - lowest, 1.0)
    magnitude = products[:, -1, -1] / scales**2
    # y is (value - lowest) / scale: the last column minus a multiple of that of ones.
    products[:, -1] -= lowest[:, None] * products[:, size + 1]
    products[:, :, -1] -= lowest[:, None] * products[:, :, size + 1]
    units = np.ones(products.shape[:2])
    units[:, : size + 1] /= days[ends][:, None]
    units[:, -1] /= scales
    products *= units[:, :, None] * units[:, None]
    precisions = np.repeat([0.0, TREND_SCALE**-2, SEASON_SCALE**-2], [size, 2, features.shape[1]])
    return PrefixDesigns(
        gram=products[:, :-1, :-1],
        projected=products[:, :-1, -1],
        energy=products[:, -1, -1],
        rows=rows,
        precisions=precisions,
        changepoints=days[bends] / days[ends][:, None],
        spans=days[ends],
        offsets=lowest + history.values[0],
        scales=scales,
        magnitude=magnitude,
        tau=changepoint_scale,
    )


def _products(columns: FloatArray, days: FloatArray, rows: IntArray, bends: IntArray) -> FloatArray:
    """Return the products of all columns of each fit, the hinges first, in days and without scales.

    Args:
        columns: the columns without hinges, of which the first holds the days and the second ones.
        days: days since the first one, shape (N,).
        rows: the numbers of rows, ascending, shape (fits,).
        bends: the rows of the changepoints, shape (fits, changepoints).
    """
    plain, by_day = _sums_before(columns), _sums_before(columns * days[:, None])
    starts = days[bends]
    hinged = by_day[rows][:, None] - by_day[bends] - starts[..., None] * (plain[rows][:, None] - plain[bends])
    number = np.arange(bends.shape[1])
    earlier, later = np.minimum.outer(number, number), np.maximum.outer(number, number)
    hinges = hinged[:, later, 0] - starts[:, earlier] * hinged[:, later, 1]
    others = np.cumsum([part.T @ part for part in np.split(columns, rows)[:-1]], axis=0)
    return np.concatenate(
        [np.concatenate([hinges, hinged], axis=2), np.concatenate([hinged.swapaxes(1, 2), others], axis=2)], axis=1
    )


def _sums_before(columns: FloatArray) -> FloatArray:
    """Return the sums of the rows before each row and before the end, shape (N + 1, columns)."""
    return np.concatenate([np.zeros((1, columns.shape[1])), columns.cumsum(axis=0)])
