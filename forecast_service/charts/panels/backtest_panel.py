"""The lower panel of the chart: past forecasts with their intervals, and the actual changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from common.domain.results import Backtest, BacktestPoint
from forecast_service.charts.panels.panel import FloatArray, Panel, days_since_1970, days_with_margin, draw_line
from forecast_service.charts.panels.ticks import draw_grid
from forecast_service.charts.style import (
    BAR,
    BAR_ALPHA,
    CARET_DOWN,
    CARET_UP,
    FORECAST,
    HEIGHT_PX,
    HIT,
    LABEL_PX,
    MISS,
    RIGHT_PX,
    WARM_UP_ALPHA,
    WARNING,
    ZERO,
)
from forecast_service.charts.text import TextLine
from forecast_service.charts.view import change_view
from forecast_service.engine.evaluation.summary import percent

KEY_PITCH_PX = 20


def draw_backtest(figure: Figure, backtest: Backtest, level: float, *, bottom: float, top: float) -> list[TextLine]:
    """Draw the predicted change, its interval and the actual change at each target date; return the panel's text.

    Hits and misses differ in shape as well as in colour. Forecasts that are not scored are pale.

    Args:
        figure: the figure to draw on.
        backtest: the past forecasts.
        level: the probability of the intervals.
        bottom: the lower edge of the panel, in pixels from the bottom of the figure.
        top: the upper edge of the panel, likewise.
    """
    first, last = days_since_1970([backtest.points[0].target, backtest.points[-1].target]).tolist()
    panel = Panel(figure, bottom, top, days_with_margin(first, last), change_view(backtest))
    labels = draw_grid(panel, first, last, of_changes=True)
    panel.line(panel.days, [0, 0], **ZERO)
    for scored in (False, True):
        points = [point for point in backtest.points if point.scored is scored]
        if points:
            _draw_points(panel, points, 1.0 if scored else WARM_UP_ALPHA)
    return [*labels, *_draw_key(panel, backtest, level)]


def _draw_points(panel: Panel, points: Sequence[BacktestPoint], alpha: float) -> None:
    days = days_since_1970([point.target for point in points])
    lower, upper, price, actual = _changes(points)
    low, high = panel.values
    held = _held(points)
    panel.bars(days, lower, upper, alpha=BAR_ALPHA * alpha, **BAR)
    panel.line(days, price, alpha=alpha, **FORECAST)
    for is_beyond, edge, caret in ((price > high, high, CARET_UP), (price < low, low, CARET_DOWN)):
        edges = np.full(int(is_beyond.sum()), edge)
        panel.line(days[is_beyond], edges, alpha=alpha, **FORECAST | {"marker": caret})
    panel.line(days[held], actual[held], alpha=alpha, **HIT)
    panel.line(days[~held], actual[~held], alpha=alpha, **MISS)


def _draw_key(panel: Panel, backtest: Backtest, level: float) -> list[TextLine]:
    """Draw the key at the right of the panel; return its labels, which count the marks."""
    scored = [point for point in backtest.points if point.scored]
    held, warm_up = int(_held(scored).sum()), len(backtest.points) - len(scored)
    entries: list[tuple[str, dict[str, Any]]] = [
        (f"{percent(level)} interval", BAR | {"alpha": BAR_ALPHA, "solid_capstyle": "butt"}),
        ("forecast", FORECAST),
        (f"came inside: {held} of {len(scored)}", HIT),
        (f"came outside: {len(scored) - held}", MISS),
        (f"pale: warm-up, {warm_up}", HIT | {"alpha": WARM_UP_ALPHA}),
    ]
    if _any_prediction_out_of_view(panel, backtest.points):
        entries.append(("forecast out of view", FORECAST | {"marker": CARET_UP}))
    lines, x = _miscalibration_lines(panel, backtest, len(entries)), RIGHT_PX + 20
    for row, (label, style) in enumerate(entries):
        y = panel.top - 4 - row * KEY_PITCH_PX
        ends = ([x, x], [y - 7, y + 7]) if "marker" not in style else ([x], [y])
        draw_line(panel.figure, *ends, **style)
        lines.append(TextLine(label, x + 12, HEIGHT_PX - y, LABEL_PX))
    return lines


def _miscalibration_lines(panel: Panel, backtest: Backtest, row: int) -> list[TextLine]:
    """Return a line for the key's ``row`` where the interval was too narrow or too wide."""
    if backtest.miscalibration is None:
        return []
    y = HEIGHT_PX - panel.top + 4 + row * KEY_PITCH_PX
    return [TextLine(f"interval {backtest.miscalibration}", RIGHT_PX + 12, y, LABEL_PX, WARNING, bold=True)]


def _any_prediction_out_of_view(panel: Panel, points: Sequence[BacktestPoint]) -> bool:
    low, high = panel.values
    _, _, price, _ = _changes(points)
    return bool(((price < low) | (price > high)).any())


def _changes(points: Sequence[BacktestPoint]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the lower, upper, predicted and actual change since the origin, in percent, shape (n,) each."""
    prices = np.array([(p.lower, p.upper, p.price, p.actual) for p in points])
    closes = np.array([p.last_close for p in points])
    lower, upper, price, actual = 100 * (prices.T / closes - 1)
    return lower, upper, price, actual


def _held(points: Sequence[BacktestPoint]) -> npt.NDArray[np.bool_]:
    return np.array([point.contains_actual for point in points], dtype=np.bool_)
