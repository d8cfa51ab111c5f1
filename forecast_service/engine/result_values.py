"""The values of a result: moves since the last value turned into prices or volumes, and the past values beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.domain.errors import ForecastFailed
from common.domain.results import (
    QUANTILE_LEVELS,
    Components,
    Distribution,
    FuturePrice,
    PastClose,
    SamplePaths,
)
from forecast_service.engine.distribution.grid import quantiles_at
from forecast_service.engine.distribution.interval import interval_bounds
from forecast_service.engine.distribution.paths import Paths
from forecast_service.engine.prophet.array_prophet import ArrayFit
from forecast_service.engine.prophet.components import components_of
from forecast_service.engine.risk import end_percentiles, highest_percentiles, lowest_percentiles

FloatArray = npt.NDArray[np.float64]

SIGNIFICANT_DIGITS = 8
"""Enough for cents up to 999999.99. More would double the JSON of 10000 days."""
MOST_DECIMALS = 300
"""Ten to the power of more decimals is no finite number."""
SHOWN_YEARS = 2


@dataclass(frozen=True)
class ResultValues:
    """The known values of the field by trading day, the trading days ahead, and the distribution on each of them.

    ``curves`` are moves of the logarithm since the last value, shape (days, len(grid.PROBABILITIES)).
    """

    values: pd.Series[float]
    days: pd.DatetimeIndex
    curves: FloatArray

    def future(self, level: float, prophet: FloatArray | None) -> list[FuturePrice]:
        """Return the forecast of each day, with Prophet's own prediction, shape (days,), where it was fitted."""
        bounds = interval_bounds(self.curves, level)
        columns = np.column_stack([bounds, quantiles_at(self.curves, np.array(QUANTILE_LEVELS))])
        lines = [None] * len(self.days) if prophet is None else self._of(prophet)
        rows = zip(self.days.date, self._of(columns), lines, strict=True)
        return [
            FuturePrice(
                date=day,
                price=quantiles[QUANTILE_LEVELS.index(0.5)],
                lower=lower,
                upper=upper,
                prophet=line,
                quantiles=quantiles,
            )
            for day, (lower, upper, *quantiles), line in rows
        ]

    def distribution(self, paths: Paths | None) -> Distribution:
        """Return the percentiles on the target date, and of the highest and the lowest value until then."""
        end = self.curves[-1]
        return Distribution(
            end=self._of(end_percentiles(end)),
            highest=self._of(highest_percentiles(paths, end)) if paths else [],
            lowest=self._of(lowest_percentiles(paths, end)) if paths else [],
        )

    def sample_paths(self, paths: Paths) -> SamplePaths:
        """Return the sample paths."""
        return SamplePaths(dates=self.days[paths.days].date.tolist(), prices=self._of(paths.samples))

    def components(self, fit: ArrayFit | None) -> Components | None:
        """Return the components of Prophet's fit, if there is one."""
        if fit is None:
            return None
        last, target = self.values.index[-1].date(), self.days[-1].date()
        return components_of(fit, float(self.values.iloc[-1]), last, target)

    def past(self) -> list[PastClose]:
        """Return the values of the last two years."""
        days = pd.DatetimeIndex(self.values.index)
        first = days.searchsorted(days[-1] - pd.DateOffset(years=SHOWN_YEARS), side="right")
        shown = _significant(np.asarray(self.values[first:], dtype=np.float64)).tolist()
        return [PastClose(date=day, close=close) for day, close in zip(days[first:].date, shown, strict=True)]

    def _of(self, moves: FloatArray) -> Any:
        """Turn moves since the last value into values, as lists of the same shape.

        Raises:
            ForecastFailed: a value is not a finite positive number.
        """
        with np.errstate(over="ignore", under="ignore"):
            values = float(self.values.iloc[-1]) * np.exp(moves)
        if not (np.isfinite(values) & (values > 0)).all():
            raise ForecastFailed("The model's prices left every sensible range; a shorter horizon may work.")
        return _significant(values).tolist()


def _significant(values: FloatArray) -> FloatArray:
    """Round to :data:`SIGNIFICANT_DIGITS`."""
    decimals = np.minimum(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(values)), MOST_DECIMALS)
    return np.asarray(np.round(values * 10.0**decimals) / 10.0**decimals, dtype=np.float64)
