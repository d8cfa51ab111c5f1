"""The upper panel of the chart: two years of closes, the prediction, its bands and its interval."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from common.domain.results import Forecast
from forecast_service.charts.outcomes import has_bands
from forecast_service.charts.panels.dot_plot import draw_outcomes
from forecast_service.charts.panels.key import ENTRY_GAP_PX, KeyEntry, draw_key_row, row_width
from forecast_service.charts.panels.panel import FloatArray, Panel, days_since_1970, days_with_margin, draw_line
from forecast_service.charts.panels.ticks import draw_grid
from forecast_service.charts.style import (
    BAND,
    BANDS,
    CLOSES,
    END_LABEL_PITCH_PX,
    END_LABEL_PX,
    EVENTS,
    EVENTS_PX,
    HEIGHT_PX,
    LAST,
    MARGIN_PX,
    PREDICTION,
    PREDICTION_END,
    PRICES_RIGHT_PX,
    PROPHET_END,
    PROPHET_LINE,
    RIGHT_PX,
    WHISKERS,
)
from forecast_service.charts.text import TextLine, width_of
from forecast_service.charts.view import LOG_SCALE_FROM, price_view, prophet_line, thinned
from forecast_service.charts.wording import axis_title, end_labels, event_labels, model_label, past_labels
from forecast_service.engine.evaluation.summary import percent

UPPER_KEY_PX, LOWER_KEY_PX = 36, 17
"""The distances of the key's rows from the panel."""
KEY_RIGHT_PX, DOT_KEY_PX = 840, 38
"""The right end of the key where the words about the dots stand beside it, and the room for a dot before the words."""
SWATCH: dict[str, Any] = {"linewidth": 11.0, "solid_capstyle": "butt"}


def draw_prices(figure: Figure, forecast: Forecast, *, bottom: float, top: float) -> list[TextLine]:
    """Draw the panel between ``bottom`` and ``top``, in pixels from the bottom of the figure; return its text."""
    first, last = days_since_1970([forecast.series[0].date, forecast.target_date]).tolist()
    low, high = price_view(forecast)
    logarithmic = high / low > LOG_SCALE_FROM
    values = _with_margin(low, high, logarithmic=logarithmic)
    right = RIGHT_PX if forecast.distribution is None else PRICES_RIGHT_PX
    panel = Panel(figure, bottom, top, days_with_margin(first, last), values, logarithmic, right)
    labels = draw_grid(panel, first, last, unit=forecast.value_unit)
    _draw_interval(panel, forecast)
    _draw_closes(panel, forecast)
    _draw_prophet(panel, forecast)
    _draw_prediction(panel, forecast)
    _draw_events(panel, forecast)
    unit = TextLine(axis_title(forecast, logarithmic=logarithmic), MARGIN_PX, HEIGHT_PX - top - UPPER_KEY_PX)
    key = _draw_key(panel, forecast, MARGIN_PX + width_of(unit.text))
    return [*labels, unit, *key, *_end_lines(panel, forecast)]


def spread(wanted: FloatArray, lowest: float, highest: float) -> FloatArray:
    """Move ascending heights apart so that their labels do not touch.

    Args:
        wanted: the heights of the prices, in pixels, shape (n,).
        lowest: the lowest height of a label.
        highest: the highest height of a label.

    Returns:
        The heights of the labels, shape (n,).
    """
    steps = END_LABEL_PITCH_PX * np.arange(len(wanted))
    raised = np.maximum.accumulate(np.clip(wanted, lowest, highest) - steps)
    return np.asarray(np.minimum(raised, highest - steps[-1]) + steps, dtype=np.float64)


def _with_margin(low: float, high: float, *, logarithmic: bool) -> tuple[float, float]:
    if logarithmic:
        factor = (high / low) ** 0.03
        return low / factor, high * factor
    margin = max(0.05 * (high - low), 1e-3 * high)
    return low - margin, high + margin


def _draw_interval(panel: Panel, forecast: Forecast) -> None:
    points, interval = thinned(forecast.forecast), forecast.interval
    days = days_since_1970([*_start(forecast), *(point.date for point in points)])
    start = [forecast.last_close] * len(_start(forecast))
    bounds = [point.quantiles for point in points] if has_bands(forecast) else [[p.lower, p.upper] for p in points]
    styles = BANDS if has_bands(forecast) else (BAND,)
    for number, style in enumerate(styles):
        lower, upper = ([*start, *(row[end] for row in bounds)] for end in (number, -1 - number))
        panel.band(days, lower, upper, **style)
    # The band of a few days is hardly wider than a line. The whiskers show the interval in that case too.
    panel.line([days[-1]] * 2, [interval.lower, interval.upper], **WHISKERS)


def _draw_closes(panel: Panel, forecast: Forecast) -> None:
    closes = forecast.series
    panel.line(days_since_1970([point.date for point in closes]), [point.close for point in closes], **CLOSES)


def _draw_prophet(panel: Panel, forecast: Forecast) -> None:
    line = thinned(prophet_line(forecast))
    if line:
        days, prices = days_since_1970([point.date for point in line]), np.array([point.prophet for point in line])
        panel.line(days, prices, **PROPHET_LINE)
        panel.line(days[-1:], prices[-1:], **PROPHET_END)


def _draw_prediction(panel: Panel, forecast: Forecast) -> None:
    points = thinned(forecast.forecast)
    days = days_since_1970([*_start(forecast), *(point.date for point in points)])
    prices = [*[forecast.last_close] * len(_start(forecast)), *(point.price for point in points)]
    panel.line(days, prices, **PREDICTION)
    panel.line(days_since_1970([forecast.as_of]), [forecast.last_close], **LAST)
    panel.line(days[-1:], prices[-1:], **PREDICTION_END)


def _start(forecast: Forecast) -> list[date]:
    """Return the day of the last value, where the prediction starts; none where its line starts elsewhere.

    Prophet's line starts on its trend, and that of volume at the level.
    """
    return [] if forecast.model.name == "prophet" or forecast.is_of_volume else [forecast.as_of]


def _draw_events(panel: Panel, forecast: Forecast) -> None:
    """Mark dividends, splits and reports at the foot of the panel, where they cover no price."""
    for kind, style in EVENTS.items():
        days = [event.date for event in forecast.events if event.kind == kind]
        if days:
            x = panel.x(days_since_1970(days))
            draw_line(panel.figure, x, np.full_like(x, panel.bottom + EVENTS_PX), **style)


def _draw_key(panel: Panel, forecast: Forecast, title_px: float) -> list[TextLine]:
    """Draw the key above the panel, where it covers no line; return its labels.

    The marks of events have entries where these fit beside the axis title, which ends at ``title_px``.
    """
    past, last = past_labels(forecast)
    upper = [KeyEntry(past, (CLOSES,)), KeyEntry(last, (LAST,))]
    if prophet_line(forecast):
        upper.append(KeyEntry("Prophet alone", (PROPHET_LINE,)))
    lower = [KeyEntry(model_label(forecast), (PREDICTION,))]
    level = percent(forecast.interval.level)
    if has_bands(forecast):
        lower.append(KeyEntry("50, 80, 95 % bands", tuple(band | SWATCH for band in BANDS)))
        lower.append(KeyEntry(f"{level} interval", (WHISKERS | {"markersize": 11.0},), upright=True))
    else:
        lower.append(KeyEntry(f"{level} interval", (BAND | SWATCH,)))
    heights = panel.top + UPPER_KEY_PX, panel.top + LOWER_KEY_PX
    lines = draw_outcomes(panel, forecast, heights)
    right = min(KEY_RIGHT_PX, lines[0].x - DOT_KEY_PX) if lines else RIGHT_PX
    events = [KeyEntry(label, (EVENTS[kind],)) for kind, label in event_labels(forecast).items()]
    if right - row_width([*upper, *events]) > title_px + ENTRY_GAP_PX:
        upper += events
    for entries, y in zip((upper, lower), heights, strict=True):
        lines += draw_key_row(panel.figure, entries, right=right, y=y)
    return lines


def _end_lines(panel: Panel, forecast: Forecast) -> list[TextLine]:
    """Return the labels of the last day's prices, with an arrow where a price is out of view."""
    labels = end_labels(forecast)
    wanted = panel.y([label.price for label in labels])
    heights = HEIGHT_PX - spread(wanted, panel.bottom, panel.top)
    arrows = np.where(wanted > panel.top, " ↑", np.where(wanted < panel.bottom, " ↓", ""))
    return [
        TextLine(label.text + arrow, RIGHT_PX + 10, y, END_LABEL_PX, label.colour, label.bold)
        for label, arrow, y in zip(labels, arrows.tolist(), heights.tolist(), strict=True)
    ]
