"""The dot plot beside the price panel: twenty equally likely outcomes on the target date, on the same price axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from common.domain.results import Forecast
from forecast_service.charts.outcomes import outcomes_of
from forecast_service.charts.panels.panel import FloatArray, Panel, draw_line
from forecast_service.charts.style import (
    CARET_DOWN,
    CARET_UP,
    DOT_ABOVE,
    DOT_BELOW,
    HEIGHT_PX,
    LAST_CLOSE_LINE,
    MARGIN_PX,
    RIGHT_PX,
    WIDTH_PX,
)
from forecast_service.charts.text import TextLine, width_of
from forecast_service.charts.wording import outcome_words

PITCHES_PX = (12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0)
"""The possible heights of a price bin, which are also the distances between the dots in it."""
FEWEST_BINS = 20
"""The height of the panel has room for at least so many bins."""
GAP_PX, DOT_GAP_PX, KEY_GAP_PX = 4, 2.5, 14
"""The distances from the price panel to the dots, between two dots, and from the key's mark to its label."""


def draw_outcomes(panel: Panel, forecast: Forecast, key_heights: tuple[float, float]) -> list[TextLine]:
    """Draw the dots at the right of ``panel``, hollow below the last close; return the labels of their key.

    An outcome out of view is a caret at the edge of the view.

    Args:
        panel: the price panel, which leaves room at its right.
        forecast: the forecast.
        key_heights: the heights of the key's two rows, in pixels from the bottom.
    """
    prices = outcomes_of(forecast)
    if prices is None:
        return []
    (low, high), left = panel.values, panel.right + GAP_PX
    is_below, last_close = prices < forecast.reference, float(panel.y([forecast.reference])[0])
    room = RIGHT_PX - left, panel.top - panel.bottom
    x, y, pitch = stacked(panel.y(np.clip(prices, low, high)), is_below, last_close, room)
    draw_line(panel.figure, [panel.right, RIGHT_PX], [last_close, last_close], **LAST_CLOSE_LINE)
    labels = outcome_words(forecast)
    key_x = WIDTH_PX - MARGIN_PX - max(map(width_of, labels))
    size = {"markersize": pitch - DOT_GAP_PX}
    inside, above, below = (low <= prices) & (prices <= high), prices > high, prices < low
    for has_style, style, height in zip((~is_below, is_below), (DOT_ABOVE, DOT_BELOW), key_heights, strict=True):
        dots = has_style & inside
        # The mark of the key is one more dot of the same line, which is faster than a line of its own.
        places = [*(left + x[dots]), key_x - KEY_GAP_PX], [*y[dots], height]
        draw_line(panel.figure, *places, **style | size)
        for marker, is_beyond in ((CARET_UP, above & has_style), (CARET_DOWN, below & has_style)):
            if is_beyond.any():
                draw_line(panel.figure, left + x[is_beyond], y[is_beyond], **style | size | {"marker": marker})
    return [TextLine(label, key_x, HEIGHT_PX - y) for label, y in zip(labels, key_heights, strict=True)]


def stacked(
    heights: FloatArray, is_below: npt.NDArray[np.bool_], last_close: float, room: tuple[float, float]
) -> tuple[FloatArray, FloatArray, float]:
    """Stack dots in bins of equal height, so that the widest stack fits.

    A bin begins at the last close. Each dot is thus on the right side of it.

    Args:
        heights: the heights of the prices in pixels, the lowest first, shape (n,).
        is_below: whether a price is below the last close, shape (n,).
        last_close: the height of the last close.
        room: the width of the widest possible stack, and the height of the panel, in pixels.

    Returns:
        The distance of each dot from the left, shape (n,), its height, shape (n,), and the height of a bin.
    """
    width, height = room
    for pitch in PITCHES_PX:
        bins = np.floor((heights - last_close) / pitch)
        bins = np.where(is_below, np.minimum(bins, -1.0), np.maximum(bins, 0.0))
        places = np.arange(len(bins), dtype=np.float64) - np.searchsorted(bins, bins)
        if (places.max() + 1) * pitch <= width and FEWEST_BINS * pitch <= height:
            break
    return (places + 0.5) * pitch, last_close + (bins + 0.5) * pitch, pitch
