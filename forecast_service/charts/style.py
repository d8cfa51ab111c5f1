"""The colours, sizes and line styles of the PNG and SVG. The page's chart has its own in static/styles/colours.css."""

from __future__ import annotations

from typing import Any

WIDTH_PX, HEIGHT_PX = 1200, 800
DPI = 72
"""One point is then one pixel, so that every width and size below is in pixels."""
MARGIN_PX = 30
"""The space at the left and the right of the header and the footer."""
LEFT_PX, RIGHT_PX = 88, 1020
"""The edges of both panels. Labels stand to the right of them."""
PRICES_RIGHT_PX = 888
"""The right edge of the price panel where the dots stand between it and the labels."""

INK, PREDICTED, PROPHET, LAST_CLOSE, WARNING = "#000000", "#0072B2", "#009E73", "#E69F00", "#D55E00"
"""From the palette of Okabe and Ito, which people with any kind of colour vision can tell apart."""
BACKGROUND = "#ffffff"

TITLE_PX, SUBTITLE_PX, HEADER_PX, FOOTER_PX = 24, 17, 15, 14
WARNING_PX, TEXT_PX, LABEL_PX = 13, 13, 12
SMALLEST_PX = 6
"""A header line that is too long is written smaller, down to this size."""
END_LABEL_PX, END_LABEL_PITCH_PX = 14, 18.0

AXIS: dict[str, Any] = {"color": INK, "linewidth": 1.25}
GRID: dict[str, Any] = {"color": INK, "alpha": 0.12, "linewidth": 1.1}
ZERO: dict[str, Any] = {"color": INK, "alpha": 0.5, "linewidth": 0.8}

CLOSES: dict[str, Any] = {"color": INK, "linewidth": 1.5}
LAST: dict[str, Any] = {
    "color": LAST_CLOSE,
    "marker": "D",
    "markersize": 9.7,
    "markeredgecolor": INK,
    "markeredgewidth": 1.4,
    "linewidth": 0.0,
}
PREDICTION: dict[str, Any] = {"color": PREDICTED, "linewidth": 2.8}
PREDICTION_END: dict[str, Any] = {
    "color": PREDICTED,
    "marker": "o",
    "markersize": 11.0,
    "markeredgecolor": BACKGROUND,
    "markeredgewidth": 1.4,
}
BAND: dict[str, Any] = {"color": PREDICTED, "alpha": 0.25}
BANDS: tuple[dict[str, Any], ...] = tuple({"color": PREDICTED, "alpha": alpha} for alpha in (0.15, 0.22, 0.33))
"""The styles of the bands, the widest first. A narrower one lies on the wider ones, so that they add up."""
WHISKERS: dict[str, Any] = {
    "color": PREDICTED,
    "linewidth": 1.7,
    "marker": "_",
    "markersize": 15.0,
    "markeredgewidth": 1.4,
}
DOT_ABOVE: dict[str, Any] = {
    "color": PREDICTED,
    "marker": "o",
    "markersize": 9.0,
    "markeredgecolor": PREDICTED,
    "markeredgewidth": 1.4,
    "linewidth": 0.0,
}
DOT_BELOW: dict[str, Any] = DOT_ABOVE | {"markerfacecolor": BACKGROUND}
LAST_CLOSE_LINE: dict[str, Any] = {"color": LAST_CLOSE, "linewidth": 2.0}
PROPHET_LINE: dict[str, Any] = {"color": PROPHET, "linewidth": 1.7, "linestyle": "--"}
PROPHET_END: dict[str, Any] = {"color": PROPHET, "marker": "s", "markersize": 5.6, "markeredgewidth": 1.4}

_EVENT: dict[str, Any] = {"color": INK, "alpha": 0.55, "linewidth": 0.0}
EVENTS: dict[str, dict[str, Any]] = {
    "dividend": _EVENT | {"marker": "^", "markersize": 6.5, "markeredgewidth": 0.0},
    "split": _EVENT | {"marker": "s", "markersize": 6.0, "markeredgewidth": 0.0},
    "report": _EVENT | {"marker": "|", "markersize": 9.0, "markeredgewidth": 1.4},
}
"""The marks of dividends, splits and reports, at the foot of the panel."""
EVENTS_PX = 8
"""The distance of these marks from the foot of the panel."""

BAR: dict[str, Any] = {"color": PREDICTED, "linewidth": 7.0}
BAR_ALPHA = 0.4
WARM_UP_ALPHA = 0.35
"""The opacity of the forecasts that only adjust the model and are not scored."""
FORECAST: dict[str, Any] = {
    "color": PREDICTED,
    "marker": "_",
    "markersize": 12.5,
    "markeredgewidth": 2.5,
    "linewidth": 0.0,
}
HIT: dict[str, Any] = {"color": INK, "marker": "o", "markersize": 7.0, "markeredgewidth": 0.0, "linewidth": 0.0}
MISS: dict[str, Any] = {"color": WARNING, "marker": "X", "markersize": 11.0, "markeredgewidth": 0.0, "linewidth": 0.0}
CARET_UP, CARET_DOWN = 6, 7
"""Matplotlib's numbers of the markers that stand for a forecast above or below the view."""
