"""Round days and values for the axes of the chart, with their labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import LogLocator, MaxNLocator

from forecast_service.charts.panels.panel import FloatArray, Panel
from forecast_service.charts.style import HEIGHT_PX, LABEL_PX, LEFT_PX
from forecast_service.charts.text import TextLine
from forecast_service.charts.wording import change_label, date_label, value_label

MOST_DATES, MOST_VALUES = 9, 9
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
DAYS_A_MONTH = 30.44
A_MONDAY = 4
"""Days from the first of January 1970 to a Monday."""
VALUE_PITCH_PX = 25
"""The least distance between two grid lines of values."""


def draw_grid(panel: Panel, first: float, last: float, *, of_changes: bool = False, unit: str = "") -> list[TextLine]:
    """Draw the grid of a panel; return its labels.

    Args:
        panel: the panel.
        first: the first labelled day, in days since 1970.
        last: the last labelled day, likewise.
        of_changes: whether the values are changes in percent and not prices or volumes.
        unit: the unit of the values.
    """
    days, dates = date_ticks(first, last)
    most = min(int((panel.top - panel.bottom) / VALUE_PITCH_PX), MOST_VALUES)
    values = value_ticks(*panel.values, most, logarithmic=panel.logarithmic)
    panel.grid(days, values)
    below = HEIGHT_PX - panel.bottom + 13
    numbers = [change_label(value) if of_changes else value_label(value, unit) for value in values.tolist()]
    heights = (HEIGHT_PX - panel.y(values)).tolist()
    return [
        *(
            TextLine(text, x, below, LABEL_PX, anchor="middle")
            for x, text in zip(panel.x(days).tolist(), dates, strict=True)
        ),
        *(TextLine(text, LEFT_PX - 7, y, LABEL_PX, anchor="end") for y, text in zip(heights, numbers, strict=True)),
    ]


def date_ticks(first: float, last: float) -> tuple[FloatArray, list[str]]:
    """Return a few round days from ``first`` to ``last``, in days since 1970, and their labels."""
    for step in DAY_STEPS:
        if (last - first) / step <= MOST_DATES:
            days = _multiples(first - A_MONDAY, last - A_MONDAY, step) + A_MONDAY
            return days.astype(np.float64), [date_label(day) for day in days.astype("datetime64[D]").tolist()]
    length = (last - first) / DAYS_A_MONTH
    step = next((step for step in MONTH_STEPS if length / step <= MOST_DATES), MONTH_STEPS[-1])
    began, ended = np.array([first - 1, last]).astype("datetime64[D]").astype("datetime64[M]").astype(int)
    months = _multiples(began + 1, ended, step).astype("datetime64[M]")
    pattern = "%Y" if step % 12 == 0 else "%b %Y"
    return months.astype("datetime64[D]").astype(np.float64), [f"{month:{pattern}}" for month in months.tolist()]


def value_ticks(low: float, high: float, most: int, *, logarithmic: bool) -> FloatArray:
    """Return about ``most`` round values from ``low`` to ``high``, shape (n,)."""
    if logarithmic:
        ticks = LogLocator(subs=(1, 2, 5) if high / low < 1000 else (1,), numticks=most).tick_values(low, high)
    else:
        ticks = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    inside: FloatArray = np.asarray(ticks, dtype=np.float64)
    return inside[(low <= inside) & (inside <= high)]


def _multiples(first: float, last: float, step: int) -> npt.NDArray[np.int64]:
    return np.arange(int(np.ceil(first / step)), int(last // step) + 1, dtype=np.int64) * step
