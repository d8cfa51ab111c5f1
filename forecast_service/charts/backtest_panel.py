"""The lower panel of the picture: what was forecast at past origins, against what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from common.domain.chart_spec import INK, PREDICTED, WARNING, change_view, judgement_of, percent
from common.domain.results import Backtest, BacktestPoint
from forecast_service.charts.frame import (
    HEIGHT_PX,
    RIGHT_PX,
    FloatArray,
    Panel,
    axis_days,
    draw_line,
    span,
)
from forecast_service.charts.text import TextLine
from forecast_service.charts.ticks import draw_grid

PALE = 0.35
"""How strong an origin is drawn that only warmed up."""
ABOVE, BELOW = 6, 7
"""Carets, as matplotlib numbers them: there is a forecast that way."""
KEY_PX, KEY_PITCH_PX = 12, 20

BAR = {"color": PREDICTED, "linewidth": 5.0}
BAR_ALPHA = 0.4
FORECAST = {"color": PREDICTED, "marker": "_", "markersize": 9.0, "markeredgewidth": 1.8, "linewidth": 0.0}
HIT = {"color": INK, "marker": "o", "markersize": 5.0, "markeredgewidth": 0.0, "linewidth": 0.0}
MISS = {"color": WARNING, "marker": "X", "markersize": 8.0, "markeredgewidth": 0.0, "linewidth": 0.0}


def draw_backtest(figure: Figure, backtest: Backtest, level: float, *, bottom: float, top: float) -> list[TextLine]:
    """Draw, at each target date, the change forecast since its origin, its interval, and the change that came.

    A hit differs from a miss in form, not in colour alone; what only warmed up is pale. Returns what is to be written.
    """
    first, last = axis_days([backtest.points[0].target, backtest.points[-1].target]).tolist()
    frame = Panel(figure, bottom, top, span(first, last), change_view(backtest))
    labels = draw_grid(frame, first, last, sign=True)
    frame.line(frame.days, [0, 0], color=INK, linewidth=0.6, alpha=0.5)
    for scored in (False, True):
        points = [point for point in backtest.points if point.scored is scored]
        if points:
            _draw_origins(frame, points, 1.0 if scored else PALE)
    return [*labels, *_key(frame, backtest, level)]


def _draw_origins(frame: Panel, points: Sequence[BacktestPoint], strength: float) -> None:
    days = axis_days([point.target for point in points])
    lower, upper, price, actual = _changes(points)
    low, high = frame.values
    held = _held(points)
    frame.bars(days, lower, upper, alpha=BAR_ALPHA * strength, **BAR)
    frame.line(days, price, alpha=strength, **FORECAST)
    for beyond, edge, mark in ((price > high, high, ABOVE), (price < low, low, BELOW)):
        frame.line(days[beyond], np.full(int(beyond.sum()), edge), alpha=strength, **FORECAST | {"marker": mark})
    frame.line(days[held], actual[held], alpha=strength, **HIT)
    frame.line(days[~held], actual[~held], alpha=strength, **MISS)


def _key(frame: Panel, backtest: Backtest, level: float) -> list[TextLine]:
    """Explain the marks beside the panel, with what they count."""
    scored = [point for point in backtest.points if point.scored]
    held, warm_up = int(_held(scored).sum()), len(backtest.points) - len(scored)
    entries: list[tuple[str, dict[str, Any]]] = [
        (f"{percent(level)} interval", BAR | {"alpha": BAR_ALPHA, "solid_capstyle": "butt"}),
        ("forecast", FORECAST),
        (f"came inside: {held} of {len(scored)}", HIT),
        (f"came outside: {len(scored) - held}", MISS),
        (f"pale: warm-up, {warm_up}", HIT | {"alpha": PALE}),
    ]
    if _beyond(frame, backtest.points):
        entries.append(("forecast out of view", FORECAST | {"marker": ABOVE}))
    writings, x = _judgement(frame, backtest, len(entries)), RIGHT_PX + 20
    for row, (label, style) in enumerate(entries):
        y = frame.top - 4 - row * KEY_PITCH_PX
        ends = ([x, x], [y - 7, y + 7]) if "marker" not in style else ([x], [y])
        draw_line(frame.figure, *ends, **style)
        writings.append(TextLine(label, x + 12, HEIGHT_PX - y, KEY_PX))
    return writings


def _judgement(frame: Panel, backtest: Backtest, row: int) -> list[TextLine]:
    """Write below the key's entries where the interval was too narrow or too wide."""
    judged = judgement_of(backtest)
    y = HEIGHT_PX - frame.top + 4 + row * KEY_PITCH_PX
    return [TextLine(f"interval {judged}", RIGHT_PX + 12, y, KEY_PX, WARNING, bold=True)] if judged else []


def _beyond(frame: Panel, points: Sequence[BacktestPoint]) -> bool:
    low, high = frame.values
    _, _, price, _ = _changes(points)
    return bool(((price < low) | (price > high)).any())


def _changes(points: Sequence[BacktestPoint]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Lower, upper, forecast and actual change since the last close at the origin, in percent: shape (n,) each."""
    prices = np.array([(p.lower, p.upper, p.price, p.actual) for p in points])
    closes = np.array([p.last_close for p in points])
    lower, upper, price, actual = 100 * (prices.T / closes - 1)
    return lower, upper, price, actual


def _held(points: Sequence[BacktestPoint]) -> npt.NDArray[np.bool_]:
    return np.array([point.held for point in points], dtype=np.bool_)
