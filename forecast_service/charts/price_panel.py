"""The upper panel of the picture: two years of closes, and what is predicted of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from common.domain.chart_spec import (
    INK,
    LAST_CLOSE,
    LOG_SCALE_FROM,
    PREDICTED,
    PROPHET,
    beside_by_prophet,
    end_labels,
    model_label,
    percent,
    price_view,
    thinned,
)
from common.domain.currencies import unit_words
from common.domain.results import Forecast
from forecast_service.charts.frame import (
    HEIGHT_PX,
    RIGHT_PX,
    FloatArray,
    Panel,
    axis_days,
    draw_line,
    span,
)
from forecast_service.charts.text import MARGIN_PX, TextLine, width_of
from forecast_service.charts.ticks import draw_grid

LABEL_PX, LABEL_GAP_PX = 14, 18.0
HANDLE_PX, HANDLE_GAP_PX, ENTRY_GAP_PX = 26, 9, 22

CLOSES = {"color": INK, "linewidth": 1.1}
BAND = {"color": PREDICTED, "alpha": 0.25}
PREDICTION = {"color": PREDICTED, "linewidth": 2.0}
BESIDE = {"color": PROPHET, "linewidth": 1.2, "linestyle": "--"}
LAST = {"color": LAST_CLOSE, "marker": "D", "markersize": 7.0, "markeredgecolor": INK, "linewidth": 0.0}


def draw_prices(figure: Figure, forecast: Forecast, *, bottom: float, top: float) -> list[TextLine]:
    """Draw closes, the prediction with its interval, Prophet's own line where it is another, and the last close.

    Returns what is to be written on and around it.
    """
    first, last = axis_days([forecast.series[0].date, forecast.target_date]).tolist()
    low, high = price_view(forecast)
    logarithmic = high / low > LOG_SCALE_FROM
    values = _with_margin(low, high, logarithmic=logarithmic)
    frame = Panel(figure, bottom, top, span(first, last), values, logarithmic)
    labels = draw_grid(frame, first, last)
    _draw_interval(frame, forecast)
    _draw_closes(frame, forecast)
    _draw_prophet(frame, forecast)
    _draw_prediction(frame, forecast)
    scale = ", logarithmic scale" if logarithmic else ""
    unit = TextLine(f"Price ({unit_words(forecast.currency)}{scale})", MARGIN_PX, HEIGHT_PX - top - 17)
    return [*labels, unit, *_key(frame, forecast), *_ends(frame, forecast)]


def _with_margin(low: float, high: float, *, logarithmic: bool) -> tuple[float, float]:
    if logarithmic:
        factor = (high / low) ** 0.03
        return low / factor, high * factor
    margin = max(0.05 * (high - low), 1e-3 * high)
    return low - margin, high + margin


def _draw_interval(frame: Panel, forecast: Forecast) -> None:
    path, interval = thinned(forecast.forecast), forecast.interval
    days = axis_days([*_start(forecast), *(point.date for point in path)])
    start = [forecast.last_close] * len(_start(forecast))
    lower, upper = [*start, *(point.lower for point in path)], [*start, *(point.upper for point in path)]
    frame.band(days, lower, upper, **BAND)
    # A horizon of a few days is a hair on this axis; whiskers with caps show its interval all the same.
    bounds = [interval.lower, interval.upper]
    frame.line([days[-1]] * 2, bounds, color=PREDICTED, linewidth=1.2, marker="_", markersize=11)


def _draw_closes(frame: Panel, forecast: Forecast) -> None:
    frame.line(axis_days([p.date for p in forecast.series]), [p.close for p in forecast.series], **CLOSES)


def _draw_prophet(frame: Panel, forecast: Forecast) -> None:
    line = thinned(beside_by_prophet(forecast))
    if line:
        days, prices = axis_days([point.date for point in line]), np.array([point.prophet for point in line])
        frame.line(days, prices, **BESIDE)
        frame.line(days[-1:], prices[-1:], color=PROPHET, marker="s", markersize=4)


def _draw_prediction(frame: Panel, forecast: Forecast) -> None:
    path = thinned(forecast.forecast)
    days = axis_days([*_start(forecast), *(point.date for point in path)])
    prices = [*[forecast.last_close] * len(_start(forecast)), *(point.price for point in path)]
    frame.line(days, prices, **PREDICTION)
    frame.line(axis_days([forecast.as_of]), [forecast.last_close], **LAST)
    frame.line(days[-1:], prices[-1:], color=PREDICTED, marker="o", markeredgecolor="white", markersize=8)


def _start(forecast: Forecast) -> list[date]:
    """The last close's day, where the prediction starts; Prophet's starts where its line happens to be."""
    return [] if forecast.model.name == "prophet" else [forecast.as_of]


def _key(frame: Panel, forecast: Forecast) -> list[TextLine]:
    """Explain the lines, above the panel, where no line is covered."""
    entries: list[tuple[str, dict[str, Any]]] = [
        ("Close", CLOSES),
        ("Last close", LAST),
        (model_label(forecast), PREDICTION),
        (f"{percent(forecast.interval.level)} interval", BAND | {"linewidth": 8.0, "solid_capstyle": "butt"}),
    ]
    if beside_by_prophet(forecast):
        entries.append(("Prophet alone", BESIDE))
    x, y, writings = float(RIGHT_PX), frame.top + 17, []
    for label, style in reversed(entries):
        x -= width_of(label)
        writings.append(TextLine(label, x, HEIGHT_PX - y))
        right = x - HANDLE_GAP_PX
        ends = [right - HANDLE_PX / 2] if "marker" in style else [right - HANDLE_PX, right]
        draw_line(frame.figure, ends, [y] * len(ends), **style)
        x = right - HANDLE_PX - ENTRY_GAP_PX
    return writings


def _ends(frame: Panel, forecast: Forecast) -> list[TextLine]:
    """Write the last day's prices beside the panel, in their order, at their height where there is room."""
    labels = end_labels(forecast)
    wanted = frame.y([label.price for label in labels])
    heights = HEIGHT_PX - spread(wanted, frame.bottom, frame.top)
    arrows = np.where(wanted > frame.top, " ↑", np.where(wanted < frame.bottom, " ↓", ""))
    return [
        TextLine(label.text + arrow, RIGHT_PX + 10, y, LABEL_PX, label.colour, label.bold)
        for label, arrow, y in zip(labels, arrows.tolist(), heights.tolist(), strict=True)
    ]


def spread(wanted: FloatArray, lowest: float, highest: float) -> FloatArray:
    """Heights near the ascending ``wanted`` ones, from ``lowest`` to ``highest``, so that labels do not touch."""
    steps = LABEL_GAP_PX * np.arange(len(wanted))
    risen = np.maximum.accumulate(np.clip(wanted, lowest, highest) - steps)
    return np.asarray(np.minimum(risen, highest - steps[-1]) + steps, dtype=np.float64)
