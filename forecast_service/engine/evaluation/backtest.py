"""What forecasts like this one would have said at past origins, and what came.

Prequential (Dawid, 1984): at each origin only what was known then is used, for the fit, the volatility, the share of
Prophet's move and the reach of the interval; the first origins only warm up. So the scores are those of forecasts, and
nothing that is scored chose anything.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from common.domain.prices import MIN_ROWS
from forecast_service.engine.blend import earned_share
from forecast_service.engine.calibration import multiplier
from forecast_service.engine.prophet.array_prophet import ArrayFit, History, fit_history
from forecast_service.engine.prophet.lasso import NotConverged
from forecast_service.engine.prophet.posterior import BadInput
from forecast_service.engine.volatility import Volatility

_log = logging.getLogger(__name__)
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ORIGINS = 40
WARM_UP = 20
LEAST_ORIGINS = 4
OWN_PRIOR_ERRORS = 10.0
"""The blend's own errors convince sooner: a share above 0 says already that this series is not like other stocks."""
LONGEST_START = 504
"""Two years: where the history is long, no origin has less behind it."""


@dataclass(frozen=True)
class Origins:
    """The rows at which a backtest stands, oldest first, and how far it looks ahead."""

    rows: IntArray
    horizon: int

    @property
    def overlap(self) -> float:
        """How many of the forecasts cover the same day."""
        gaps = np.diff(self.rows)
        return max(1.0, self.horizon / float(gaps.mean())) if len(gaps) else 1.0

    def realised_by(self, row: int) -> npt.NDArray[np.bool_]:
        """Which of the forecasts had come to their end by ``row``."""
        return self.rows + self.horizon <= row


@dataclass(frozen=True)
class OriginForecast:
    """What was forecast at one origin, as moves of the logarithm of the price from the close there."""

    row: int
    share: float
    move: float
    lower: float
    upper: float
    realised: float


@dataclass(frozen=True)
class PastForecasts:
    """The forecasts at all origins, oldest first; the first ``warm_up`` of them are not scored."""

    horizon: int
    overlap: float
    warm_up: int
    forecasts: tuple[OriginForecast, ...]

    @property
    def scored(self) -> tuple[OriginForecast, ...]:
        """Those that were made with errors of earlier ones to learn from."""
        return self.forecasts[self.warm_up :]


def origins_of(rows: int, horizon: int) -> Origins:
    """Where a history of ``rows`` rows is tested ``horizon`` trading days ahead, without overlap if it is long enough.

    Fewer than :data:`ORIGINS` where it is short, and none where fewer than :data:`LEAST_ORIGINS` would fit.
    """
    last = rows - 1 - horizon
    first = max(MIN_ROWS, min(LONGEST_START, rows // 4))
    if last - first + 1 < LEAST_ORIGINS:
        return Origins(np.zeros(0, dtype=np.int64), horizon)
    step = min(horizon, max(1, (last - first) // (ORIGINS - 1)))
    return Origins(np.arange(last, first - 1, -step, dtype=np.int64)[:ORIGINS][::-1], horizon)


class Evidence:
    """What a history of closes says about forecasts of it: Prophet's past moves, the errors of the last price.

    Args:
        history: the days and the logarithms of their closes.
        horizon: trading days ahead.
        with_prophet: whether Prophet's past moves are wanted; without them no share is ever earned.
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

    def share(self, row: int) -> float:
        """The share of Prophet's move that forecasts realised by ``row`` have earned."""
        known = self.origins.realised_by(row)
        scale = self._deviations[self.origins.rows[known]]
        return earned_share(self._realised[known] / scale, self._prophet[known] / scale, self.origins.overlap)

    def reach(self, row: int, share: float, level: float) -> float:
        """How many deviations an interval of ``level`` must reach at ``row``.

        The errors of the last price are many, one for each day; those of the blend are few, but its own: the larger
        the share of Prophet's move, the more they count.
        """
        plain = self.last_price_reach(row, level, self._horizon)
        if share == 0.0:
            return plain
        known = self._blend_errors[self.origins.realised_by(row)]
        own = multiplier(known, level, self._horizon, self.origins.overlap, OWN_PRIOR_ERRORS)
        return (1 - share) * plain + share * own

    def last_price_reach(self, row: int, level: float, horizon: int) -> float:
        """The same for the last price alone, at any horizon, from every day whose error was realised by ``row``."""
        first, end = MIN_ROWS, row + 1 - horizon
        if end <= first:
            return multiplier(np.zeros(0), level, horizon, 1.0)
        moves = self._values[first + horizon : row + 1] - self._values[first:end]
        deviations = self.volatility.deviations(horizon)[first:end]
        return multiplier(moves / deviations, level, horizon, float(horizon))

    def forecasts(self, level: float) -> tuple[OriginForecast, ...]:
        """The blend at each origin, made of what was known there."""
        return tuple(self._forecast(index, level) for index in range(len(self._realised)))

    def _forecast(self, index: int, level: float) -> OriginForecast:
        row = int(self.origins.rows[index])
        share = self.share(row)
        move = share * float(self._prophet[index])
        width = self.reach(row, share, level) * float(self._deviations[row])
        return OriginForecast(row, share, move, move - width, move + width, float(self._realised[index]))

    @cached_property
    def _blend_errors(self) -> FloatArray:
        """What the blend at each origin was off by, in deviations: shape (origins,)."""
        rows = self.origins.rows
        shares = np.array([self.share(int(row)) for row in rows])
        return np.asarray((self._realised - shares * self._prophet) / self._deviations[rows], dtype=np.float64)


def prophet_moves(history: History, origins: Origins) -> FloatArray:
    """Prophet's move from each origin to ``horizon`` rows later, fitted on what was known at the origin: shape (n,)."""
    return np.array([_prophet_move(history, int(row), origins.horizon) for row in origins.rows])


def fit_at(history: History, row: int) -> ArrayFit | None:
    """Fit Prophet to what was known at ``row``; None where no fit is found."""
    try:
        return fit_history(history.until(row + 1))
    except (BadInput, NotConverged):
        _log.warning("no fit at row %d of %d", row, len(history.values))
        return None


def _prophet_move(history: History, row: int, horizon: int) -> float:
    """Where no fit is found Prophet has said nothing: no move."""
    fit = fit_at(history, row)
    if fit is None:
        return 0.0
    start, end = fit.predicted(history.days[[row, row + horizon]])
    return float(end - start)
