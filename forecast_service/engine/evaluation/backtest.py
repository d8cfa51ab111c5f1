"""The backtest: forecasts at past origins, made only from the prices known there.

The backtest is prequential (Dawid, 1984). The fit, the volatility, the weight of Prophet's move and the width of the
interval at an origin use no later price. The first origins only provide errors to learn from and are not scored.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from common.domain.prices import MIN_ROWS
from forecast_service.engine.blend import prophet_weight
from forecast_service.engine.interval import interval_multiplier
from forecast_service.engine.prophet.array_prophet import ArrayFit, History, fit_history
from forecast_service.engine.prophet.lasso import NotConverged
from forecast_service.engine.prophet.posterior import BadInput
from forecast_service.engine.volatility import Volatility

_log = logging.getLogger(__name__)
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ORIGINS = 40
WARM_UP = 20
"""The number of first origins that are not scored."""
LEAST_ORIGINS = 4
OWN_PRIOR_ERRORS = 10.0
"""The prior counts for less in the blend's own errors: a weight above 0 shows that the series differs from others."""
LONGEST_START = 504
"""Two years of rows: in a long history, every origin has at least as many before it."""


@dataclass(frozen=True)
class Origins:
    """The rows of a history from which the backtest forecasts, oldest first, and the horizon in trading days."""

    rows: IntArray
    horizon: int

    @property
    def overlap(self) -> float:
        """Return the number of forecasts that cover the same day."""
        gaps = np.diff(self.rows)
        return max(1.0, self.horizon / float(gaps.mean())) if len(gaps) else 1.0

    def realised_by(self, row: int) -> npt.NDArray[np.bool_]:
        """Return which of the forecasts had reached their target date by ``row``, shape (n,)."""
        return self.rows + self.horizon <= row


@dataclass(frozen=True)
class OriginForecast:
    """The forecast at one origin. Moves are of the logarithm of the price since the close at the origin."""

    row: int
    weight: float
    move: float
    lower: float
    upper: float
    realised: float


@dataclass(frozen=True)
class PastForecasts:
    """The forecasts at all origins, oldest first. The first ``warm_up`` of them are not scored."""

    horizon: int
    overlap: float
    warm_up: int
    forecasts: tuple[OriginForecast, ...]

    @property
    def scored(self) -> tuple[OriginForecast, ...]:
        """Return the forecasts that count."""
        return self.forecasts[self.warm_up :]


def origins_of(rows: int, horizon: int) -> Origins:
    """Choose the origins in a history.

    The forecasts do not overlap where the history is long enough. There are fewer than :data:`ORIGINS` where it is
    short, and none where it has no room for :data:`LEAST_ORIGINS`.

    Args:
        rows: the length of the history.
        horizon: trading days ahead.
    """
    last = rows - 1 - horizon
    first = max(MIN_ROWS, min(LONGEST_START, rows // 4))
    if last - first + 1 < LEAST_ORIGINS:
        return Origins(np.zeros(0, dtype=np.int64), horizon)
    step = min(horizon, max(1, (last - first) // (ORIGINS - 1)))
    return Origins(np.arange(last, first - 1, -step, dtype=np.int64)[:ORIGINS][::-1], horizon)


class Evidence:
    """The past errors in a history: Prophet's at the origins, and the last price's on every day.

    Args:
        history: the days and the logarithms of their closes.
        horizon: trading days ahead.
        with_prophet: whether to fit Prophet at the origins. Without that, every weight is 0.
    """

    def __init__(self, history: History, horizon: int, *, with_prophet: bool) -> None:
        self._values = history.values
        self._horizon = horizon
        self.volatility = Volatility(history.values)
        self._deviations = self.volatility.deviations(horizon)
        self.origins = origins_of(len(history.values), horizon)
        rows = self.origins.rows
        self._realised = history.values[rows + horizon] - history.values[rows]
        self._prophet = prophet_moves(history, self.origins) if with_prophet else np.zeros(len(rows))

    def weight(self, row: int) -> float:
        """Return the weight of Prophet's move, estimated from the forecasts that were realised by ``row``."""
        known = self.origins.realised_by(row)
        scale = self._deviations[self.origins.rows[known]]
        return prophet_weight(self._realised[known] / scale, self._prophet[known] / scale, self.origins.overlap)

    def multiplier(self, row: int, weight: float, level: float) -> float:
        """Return the half-width at ``row`` of the blend's interval, in standard deviations.

        The last price has an error for every day. The blend has few errors, but these are its own: they count for more
        the larger its weight is.
        """
        last_price = self.last_price_multiplier(row, level, self._horizon)
        if weight == 0.0:
            return last_price
        known = self._blend_errors[self.origins.realised_by(row)]
        own = interval_multiplier(known, level, self._horizon, self.origins.overlap, OWN_PRIOR_ERRORS)
        return (1 - weight) * last_price + weight * own

    def last_price_multiplier(self, row: int, level: float, horizon: int) -> float:
        """Return the same for the last price at any horizon, from all errors that were realised by ``row``."""
        first, end = MIN_ROWS, row + 1 - horizon
        if end <= first:
            return interval_multiplier(np.zeros(0), level, horizon, 1.0)
        moves = self._values[first + horizon : row + 1] - self._values[first:end]
        deviations = self.volatility.deviations(horizon)[first:end]
        return interval_multiplier(moves / deviations, level, horizon, float(horizon))

    def forecasts(self, level: float) -> tuple[OriginForecast, ...]:
        """Forecast with the blend at each origin."""
        return tuple(self._forecast(index, level) for index in range(len(self._realised)))

    def _forecast(self, index: int, level: float) -> OriginForecast:
        row = int(self.origins.rows[index])
        weight = self.weight(row)
        move = weight * float(self._prophet[index])
        width = self.multiplier(row, weight, level) * float(self._deviations[row])
        return OriginForecast(row, weight, move, move - width, move + width, float(self._realised[index]))

    @cached_property
    def _blend_errors(self) -> FloatArray:
        """Return the blend's errors at the origins, in standard deviations, shape (origins,)."""
        rows = self.origins.rows
        weights = np.array([self.weight(int(row)) for row in rows])
        return np.asarray((self._realised - weights * self._prophet) / self._deviations[rows], dtype=np.float64)


def prophet_moves(history: History, origins: Origins) -> FloatArray:
    """Return Prophet's predicted move at each origin, fitted on the rows up to it, shape (origins,)."""
    return np.array([_prophet_move(history, int(row), origins.horizon) for row in origins.rows])


def fit_at(history: History, row: int) -> ArrayFit | None:
    """Fit Prophet to the rows up to ``row``; return None where no fit is found."""
    try:
        return fit_history(history.until(row + 1))
    except (BadInput, NotConverged):
        _log.warning("no fit at row %d of %d", row, len(history.values))
        return None


def _prophet_move(history: History, row: int, horizon: int) -> float:
    """Return the predicted move, 0 where no fit is found."""
    fit = fit_at(history, row)
    if fit is None:
        return 0.0
    start, end = fit.predicted(history.days[[row, row + horizon]])
    return float(end - start)
