"""The range of prices and of changes that the chart shows."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Literal, TypeVar

from common.domain.results import Backtest, Forecast, FuturePrice

MOST_POINTS = 400
"""One for two or three pixels. More would cost time and bytes without a visible difference."""
LOG_SCALE_FROM = 8.0
"""The ratio of the highest to the lowest price in view from which the price axis is logarithmic."""
_MOST_INTERVAL_RATIO = 30.0
"""The view cuts an interval off at this multiple of the closes and the predicted prices."""
_PROPHET_STRETCH = 1 / 3
"""The fraction of its height by which the view may grow to show Prophet's own line."""
_CHANGE_STRETCH = 1.5
"""The view cuts past intervals and forecasts off at this multiple of the largest actual change."""

T = TypeVar("T")


def price_view(forecast: Forecast) -> tuple[float, float]:
    """Return the lowest and the highest price in view.

    The view contains all closes and all predicted prices. It contains the interval and the bands, unless these would
    press them flat.
    It contains Prophet's own line only where that is near, because the line is there for comparison.
    """
    future = thinned(forecast.forecast)
    lines = [point.close for point in forecast.series] + [point.price for point in future]
    low, high = min(lines), max(lines)
    low, high = (
        max(min(low, *_bounds(future, 0)), low / _MOST_INTERVAL_RATIO),
        min(max(high, *_bounds(future, -1)), high * _MOST_INTERVAL_RATIO),
    )
    prophet = [point.prophet for point in thinned(prophet_line(forecast)) if point.prophet is not None]
    lowest, highest = _stretched(low, high)
    near = [price for price in (min(prophet), max(prophet)) if lowest <= price <= highest] if prophet else []
    return min(low, high, *near), max(low, high, *near)


def prophet_line(forecast: Forecast) -> list[FuturePrice]:
    """Return the days for which Prophet's price is drawn as a second line beside the forecast."""
    if forecast.model.name == "prophet":
        return []
    return [point for point in forecast.forecast if point.prophet is not None]


def shown_backtest(forecast: Forecast) -> Backtest | None:
    """Return the backtest where it has points to draw, else None."""
    return forecast.backtest if forecast.backtest and forecast.backtest.points else None


def change_view(backtest: Backtest) -> tuple[float, float]:
    """Return the lowest and the highest change in view, in percent.

    The view contains all actual changes. It cuts off forecasts and intervals that are far larger than these.
    """
    points = backtest.points
    actual = [point.change_pct(point.actual) for point in points]
    lower = [point.change_pct(min(point.lower, point.price)) for point in points]
    upper = [point.change_pct(max(point.upper, point.price)) for point in points]
    usual_width = median(point.change_pct(point.upper) - point.change_pct(point.lower) for point in points)
    most = _CHANGE_STRETCH * max(*map(abs, actual), usual_width / 2)
    low, high = min(*actual, max(min(lower), -most)), max(*actual, min(max(upper), most))
    margin = 0.08 * (high - low) or 1.0
    return low - margin, high + margin


def thinned(points: Sequence[T]) -> list[T]:
    """Return at most :data:`MOST_POINTS` of ``points``, evenly chosen, with the first and the last one."""
    most = min(len(points), MOST_POINTS)
    return [points[round(n * (len(points) - 1) / max(most - 1, 1))] for n in range(most)]


def _bounds(points: Sequence[FuturePrice], end: Literal[0, -1]) -> list[float]:
    """Return the lower (0) or the upper (-1) bounds of the interval and of the widest band."""
    interval = [(point.lower, point.upper)[end] for point in points]
    return interval + [point.quantiles[end] for point in points if point.quantiles]


def _stretched(low: float, high: float) -> tuple[float, float]:
    if high / low > LOG_SCALE_FROM:
        factor = (high / low) ** _PROPHET_STRETCH
        return low / factor, high * factor
    more = _PROPHET_STRETCH * (high - low)
    return low - more, high + more
