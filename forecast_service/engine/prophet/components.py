"""The components of a fit: its trend as prices, its yearly season in percent, and its changepoints."""

from __future__ import annotations

from datetime import date

import numpy as np

from common.domain.errors import ForecastFailed
from common.domain.results import Changepoint, Components, SeasonPoint, TrendPoint
from forecast_service.engine.prophet.array_prophet import SEASON_DAYS, ArrayFit, DayArray, FloatArray

TREND_STEP_DAYS, SEASON_STEP_DAYS = 28, 5
TREND_DIGITS = 6
"""Significant digits: a tenth of a cent for a price of a hundred."""
PERCENT_DECIMALS = 2


def components_of(fit: ArrayFit, last_close: float, last: date, target: date) -> Components:
    """Return the components of a fit to logarithms of closes divided by ``last_close``.

    Args:
        fit: the fit.
        last_close: the close on the day ``last``, in the unit of the trend.
        last: the last day of the history.
        target: the last day of the trend.

    Raises:
        ForecastFailed: the trend left the range of numbers.
    """
    bends = _changepoints(fit)
    return Components(
        trend=_trend(fit, last_close, [*(bend.date for bend in bends), last, target]),
        yearly=_yearly(fit, last.year) if fit.seasonal else None,
        changepoints=bends,
    )


def _changepoints(fit: ArrayFit) -> list[Changepoint]:
    """Return the changepoints whose change of growth is not 0 in :data:`PERCENT_DECIMALS`."""
    a_year = 100 * fit.scale * SEASON_DAYS / fit.span
    changes = np.round(fit.delta * a_year, PERCENT_DECIMALS)
    days = _dates((fit.first_day + fit.changepoints * fit.span).round().astype(np.int64))
    bends = zip(days, changes.tolist(), strict=True)
    return [Changepoint(date=day, rate_change_pct=change) for day, change in bends if change]


def _trend(fit: ArrayFit, last_close: float, nodes: list[date]) -> list[TrendPoint]:
    own = np.array(nodes, dtype="datetime64[D]").astype(np.int64)
    days = np.union1d(np.arange(fit.first_day, own.max(), TREND_STEP_DAYS), own)
    with np.errstate(over="ignore"):
        prices = last_close * np.exp(fit.trend(days))
    if not np.isfinite(prices).all():
        raise ForecastFailed("The model's trend left every sensible range; a shorter horizon may work.")
    points = zip(_dates(days), prices.tolist(), strict=True)
    return [TrendPoint(date=day, price=float(f"{price:.{TREND_DIGITS}g}")) for day, price in points]


def _yearly(fit: ArrayFit, year: int) -> list[SeasonPoint]:
    first, end = np.array([date(year, 1, 1), date(year + 1, 1, 1)], dtype="datetime64[D]").astype(np.int64)
    days = np.arange(first, end, SEASON_STEP_DAYS)
    effects: FloatArray = np.round(100 * np.expm1(fit.season(days)), PERCENT_DECIMALS)
    points = zip(_dates(days), effects.tolist(), strict=True)
    return [SeasonPoint(date=day, effect_pct=effect) for day, effect in points]


def _dates(days: DayArray) -> list[date]:
    dates: list[date] = days.astype("datetime64[D]").tolist()
    return dates
