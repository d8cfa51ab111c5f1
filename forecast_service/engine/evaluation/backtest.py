"""The backtest: forecasts at past origins, made only from the prices known there.

The backtest is prequential (Dawid, 1984). The fit, the volatility, the drift, the weight of Prophet's move and the
shape of the distribution at an origin use no later price. The first origins only provide errors to learn from and are
not scored.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from common.domain.prices import MIN_ROWS
from forecast_service.engine.blend import prophet_weight
from forecast_service.engine.distribution.drift import Drift
from forecast_service.engine.distribution.grid import MEDIAN
from forecast_service.engine.distribution.shape import shape_of
from forecast_service.engine.distribution.volatility import Volatility
from forecast_service.engine.prophet.array_prophet import CHANGEPOINT_SCALE, ArrayFit, History, fit_history
from forecast_service.engine.prophet.lasso import NotConverged
from forecast_service.engine.prophet.posterior import BadInput
from forecast_service.engine.prophet.prefix_fits import prefix_fits

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

    def realised_by(self, row: int) -> slice:
        """Return which of the forecasts had reached their target date by ``row``: the first ones."""
        return slice(int(np.searchsorted(self.rows, row - self.horizon, side="right")))


@dataclass(frozen=True)
class OriginForecast:
    """The forecast at one origin. Moves are of the logarithm of the price since the close at the origin.

    ``curve`` holds the quantiles of the move at the probabilities of :mod:`distribution.grid`, and ``last_price`` those
    of the last price as the forecast, with the blend's spread.
    """

    row: int
    weight: float
    curve: FloatArray
    last_price: FloatArray
    realised: float

    @property
    def move(self) -> float:
        """Return the predicted move: the median."""
        return float(self.curve[MEDIAN])


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


@dataclass(frozen=True)
class OriginFits:
    """Prophet's fits at the origins of a backtest, oldest first, and at the last row; None where no fit is found."""

    rows: IntArray
    at_origins: tuple[ArrayFit | None, ...]
    last: ArrayFit | None

    @classmethod
    def over(cls, history: History, horizon: int) -> OriginFits:
        """Fit Prophet at the origins of a backtest over ``horizon`` trading days."""
        return cls.at(history, origins_of(len(history.values), horizon).rows)

    @classmethod
    def at(cls, history: History, rows: IntArray) -> OriginFits:
        """Fit Prophet to the rows up to each of ``rows``, which ascend, and to all rows."""
        *at_origins, last = fits_at(history, np.append(rows, len(history.values) - 1))
        return cls(rows, tuple(at_origins), last)


class DriftErrors:
    """The errors of the last price plus drift over a horizon, from each day of a history, in standard deviations.

    Args:
        log_closes: logarithms of the closes, shape (N,).
        drift: the drift of a day as it was known on each day.
        volatility: the volatility of the closes.
        horizon: trading days ahead.
    """

    def __init__(self, log_closes: FloatArray, drift: Drift, volatility: Volatility, horizon: int) -> None:
        self._horizon = horizon
        origins = slice(MIN_ROWS, max(len(log_closes) - horizon, MIN_ROWS))
        moves = log_closes[MIN_ROWS + horizon :] - log_closes[origins] - horizon * drift.means[origins]
        errors = moves / drift.widen(volatility.deviations(horizon), horizon)[origins]
        self._ages = np.argsort(errors)
        self._ascending = errors[self._ages]

    def shape(self, row: int) -> FloatArray:
        """Return the shape of the errors that were realised by ``row``: see :func:`shape_of`."""
        known = self._ascending[self._ages <= row - self._horizon - MIN_ROWS]
        return shape_of(known, self._horizon, float(self._horizon))


class Evidence:
    """The past errors in a history: Prophet's at the origins, and those of the last price plus drift on every day.

    Args:
        history: the days and the logarithms of their closes.
        horizon: trading days ahead.
        fits: Prophet's fits, whose origins are those of this backtest. Without them, every weight is 0.
        with_drift: whether the median price drifts.
        around_last_price: whether the centre is the last price, with the spread of a price that drifts.
        origins: the origins without fits; by default those of :func:`origins_of`.
    """

    def __init__(  # noqa: PLR0913 - all but two are optional
        self,
        history: History,
        horizon: int,
        *,
        fits: OriginFits | None,
        with_drift: bool,
        around_last_price: bool = False,
        origins: Origins | None = None,
    ) -> None:
        self._values = history.values
        self._horizon = horizon
        self.volatility = history.volatility
        drift = Drift.of(history.values, self.volatility.long_run) if with_drift else Drift.none(len(history.values))
        self.drift = drift.without_mean() if around_last_price else drift
        self._deviations = drift.widen(self.volatility.deviations(horizon), horizon)
        own = Origins(fits.rows, horizon) if fits else origins
        self.origins = own or origins_of(len(history.values), horizon)
        rows = self.origins.rows
        self._realised = history.values[rows + horizon] - history.values[rows]
        self._prophet = prophet_moves(history, self.origins, fits.at_origins) if fits else np.zeros(len(rows))

    @property
    def last_row(self) -> int:
        """Return the row of the last close."""
        return len(self._values) - 1

    def weight(self, row: int) -> float:
        """Return the weight of Prophet's move, estimated from the forecasts that were realised by ``row``."""
        known = self.origins.realised_by(row)
        scale = self._deviations[self.origins.rows[known]]
        return prophet_weight(self._realised[known] / scale, self._prophet[known] / scale, self.origins.overlap)

    def centre(self, row: int, weight: float, prophet: FloatArray, days: FloatArray) -> FloatArray:
        """Return the blend's move, shape (n,): Prophet's by its weight, and the drift by the rest.

        Args:
            row: the row of the origin.
            weight: the weight of Prophet's move.
            prophet: Prophet's move, shape (n,).
            days: the trading days that it covers, shape (n,).
        """
        return np.asarray(weight * prophet + (1 - weight) * self.drift.means[row] * days, dtype=np.float64)

    def shape(self, row: int, weight: float, horizon: int | None = None) -> FloatArray:
        """Return the shape of the blend's errors as it was known at ``row``.

        The last price plus drift has an error for every day. The blend has few errors, but these are its own: they
        count for more the larger its weight is.

        Args:
            row: the row of the origin.
            weight: the weight of Prophet's move.
            horizon: trading days ahead, where they are not those of the backtest.
        """
        drift = self._errors if horizon in (None, self._horizon) else self._errors_over(horizon)
        shape = drift.shape(row)
        if weight == 0.0:
            return shape
        known = np.sort(self._blend_errors[self.origins.realised_by(row)])
        own = shape_of(known, self._horizon, self.origins.overlap, OWN_PRIOR_ERRORS)
        return (1 - weight) * shape + weight * own

    def forecasts(self) -> tuple[OriginForecast, ...]:
        """Forecast with the blend at each origin."""
        return tuple(self._forecast(index) for index in range(len(self._realised)))

    def _forecast(self, index: int) -> OriginForecast:
        row = int(self.origins.rows[index])
        weight = self.weight(row)
        spread = self._deviations[row] * self.shape(row, weight)
        centre = self._origin_centre(index, weight)
        return OriginForecast(row, weight, centre + spread, spread, float(self._realised[index]))

    def _origin_centre(self, index: int, weight: float) -> float:
        """Return the blend's move at an origin."""
        row, horizon = int(self.origins.rows[index]), np.array([self._horizon], dtype=np.float64)
        return float(self.centre(row, weight, self._prophet[[index]], horizon)[0])

    def _errors_over(self, horizon: int) -> DriftErrors:
        return DriftErrors(self._values, self.drift, self.volatility, horizon)

    @cached_property
    def _errors(self) -> DriftErrors:
        return self._errors_over(self._horizon)

    @cached_property
    def _blend_errors(self) -> FloatArray:
        """Return the blend's errors at the origins, in standard deviations, shape (origins,)."""
        rows = self.origins.rows
        centres = np.array([self._origin_centre(index, self.weight(int(row))) for index, row in enumerate(rows)])
        return np.asarray((self._realised - centres) / self._deviations[rows], dtype=np.float64)


def prophet_moves(history: History, origins: Origins, fits: Sequence[ArrayFit | None]) -> FloatArray:
    """Return Prophet's predicted move at each origin from its fit there, 0 without a fit, shape (origins,)."""
    spans = np.stack([origins.rows, origins.rows + origins.horizon], axis=1)
    return np.array([_prophet_move(fit, history, span) for fit, span in zip(fits, spans, strict=True)])


def fits_at(history: History, rows: IntArray, changepoint_scale: float = CHANGEPOINT_SCALE) -> list[ArrayFit | None]:
    """Fit Prophet to the rows up to each of ``rows``, which ascend; None where no fit is found."""
    fits = prefix_fits(history, rows + 1, changepoint_scale)
    return [fit or fit_at(history, int(row), changepoint_scale) for fit, row in zip(fits, rows, strict=True)]


def fit_at(history: History, row: int, changepoint_scale: float = CHANGEPOINT_SCALE) -> ArrayFit | None:
    """Fit Prophet to the rows up to ``row``; return None where no fit is found."""
    try:
        return fit_history(history.until(row + 1), changepoint_scale)
    except (BadInput, NotConverged):
        _log.warning("no fit at row %d of %d", row, len(history.values))
        return None


def _prophet_move(fit: ArrayFit | None, history: History, rows: IntArray) -> float:
    """Return the predicted move from the first to the second row, 0 without a fit."""
    if fit is None:
        return 0.0
    start, end = fit.predicted_rows(history, rows)
    return float(end - start)
