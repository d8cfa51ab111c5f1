"""Round days and values for the axes of the picture, few enough to be read, with their labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import LogLocator, MaxNLocator

from common.domain.chart_spec import change_label, price_label, written
from forecast_service.charts.frame import HEIGHT_PX, LEFT_PX, FloatArray, Panel
from forecast_service.charts.text import TextLine

MOST_DATES = 9
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
A_MONDAY = 4
"""Days from the first of January 1970 to a Monday."""
LABEL_PX, PITCH_PX, MOST_VALUES = 12, 25, 9
"""The size of a label, and how far apart the lines of values are at least."""


def draw_grid(frame: Panel, first: float, last: float, *, sign: bool = False) -> list[TextLine]:
    """Draw the grid from day ``first`` to day ``last``, and return its labels; ``sign``: values are changes."""
    days, dates = date_ticks(first, last)
    most = min(int((frame.top - frame.bottom) / PITCH_PX), MOST_VALUES)
    values = value_ticks(*frame.values, most, logarithmic=frame.logarithmic)
    frame.grid(days, values)
    below = HEIGHT_PX - frame.bottom + 13
    writings = [
        TextLine(text, float(x), below, LABEL_PX, anchor="mm") for x, text in zip(frame.x(days), dates, strict=True)
    ]
    numbers = [change_label(value) if sign else price_label(value) for value in values.tolist()]
    heights = (HEIGHT_PX - frame.y(values)).tolist()
    return writings + [
        TextLine(text, LEFT_PX - 7, y, LABEL_PX, anchor="rm") for y, text in zip(heights, numbers, strict=True)
    ]


def date_ticks(first: float, last: float) -> tuple[FloatArray, list[str]]:
    """A few round days from ``first`` to ``last``, in days since 1970, and how they are written."""
    for step in DAY_STEPS:
        if (last - first) / step <= MOST_DATES:
            days = _multiples(first - A_MONDAY, last - A_MONDAY, step) + A_MONDAY
            return days.astype(np.float64), [written(day) for day in days.astype("datetime64[D]").tolist()]
    length = (last - first) / 30.44
    step = next((step for step in MONTH_STEPS if length / step <= MOST_DATES), MONTH_STEPS[-1])
    began, ended = np.array([first - 1, last]).astype("datetime64[D]").astype("datetime64[M]").astype(int)
    months = _multiples(began + 1, ended, step).astype("datetime64[M]")
    pattern = "%Y" if step % 12 == 0 else "%b %Y"
    return months.astype("datetime64[D]").astype(np.float64), [f"{month:{pattern}}" for month in months.tolist()]


def value_ticks(low: float, high: float, most: int, *, logarithmic: bool) -> FloatArray:
    """A few round values from ``low`` to ``high``."""
    if logarithmic:
        ticks = LogLocator(subs=(1, 2, 5) if high / low < 1000 else (1,), numticks=most).tick_values(low, high)
    else:
        ticks = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    inside: FloatArray = np.asarray(ticks, dtype=np.float64)
    return inside[(low <= inside) & (inside <= high)]


def _multiples(first: float, last: float, step: int) -> npt.NDArray[np.int64]:
    return np.arange(int(np.ceil(first / step)), int(last // step) + 1, dtype=np.int64) * step
