"""A panel of the chart: its place on the figure, and the position of days and values in it.

Matplotlib's own axes would make a chart four times as slow. A panel draws the few lines that the chart needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.transforms import Bbox, IdentityTransform

from forecast_service.charts.style import AXIS, GRID, LEFT_PX, RIGHT_PX

FloatArray = npt.NDArray[np.float64]

MOST_HEIGHTS = 20.0
"""Points further than this many heights from the panel are moved nearer: the renderer counts pixels in 32 bits."""


@dataclass(frozen=True)
class Panel:
    """A panel on ``figure``, with the first and last day and the lowest and highest value in view.

    ``bottom`` and ``top`` are pixels from the bottom of the figure. Days are counted since 1970.
    """

    figure: Figure
    bottom: float
    top: float
    days: tuple[float, float]
    values: tuple[float, float]
    logarithmic: bool = False

    def x(self, days: Sequence[float] | FloatArray) -> FloatArray:
        """Return the positions of days, in pixels from the left."""
        first, last = self.days
        return LEFT_PX + (RIGHT_PX - LEFT_PX) * (np.asarray(days, dtype=np.float64) - first) / (last - first)

    def y(self, values: Sequence[float] | FloatArray) -> FloatArray:
        """Return the positions of values, in pixels from the bottom."""
        scale = np.log if self.logarithmic else np.asarray
        low, high = scale(np.array(self.values))
        heights = (scale(np.asarray(values, dtype=np.float64)) - low) / (high - low)
        clipped = np.clip(heights, -MOST_HEIGHTS, MOST_HEIGHTS)
        return np.asarray(self.bottom + (self.top - self.bottom) * clipped, dtype=np.float64)

    def line(self, days: Sequence[float] | FloatArray, values: Sequence[float] | FloatArray, **style: Any) -> None:
        """Draw a line or marks through points, clipped to the panel."""
        draw_line(self.figure, self.x(days), self.y(values), clip_box=self._box, **style)

    def bars(self, days: FloatArray, lower: FloatArray, upper: FloatArray, **style: Any) -> None:
        """Draw a vertical bar on each day."""
        x = self.x(days)
        ends = np.stack([np.stack([x, self.y(lower)], axis=1), np.stack([x, self.y(upper)], axis=1)], axis=1)
        self._collect(ends, **style)

    def band(self, days: FloatArray, lower: Sequence[float], upper: Sequence[float], **style: Any) -> None:
        """Fill the area between two lines."""
        x = np.concatenate([self.x(days), self.x(days)[::-1]])
        y = np.concatenate([self.y(lower), self.y(upper)[::-1]])
        outline = np.stack([x, np.clip(y, self.bottom - 1, self.top + 1)], axis=1)
        fill = Polygon(outline, linewidth=0, transform=IdentityTransform(), clip_box=self._box, **style)
        self.figure.add_artist(fill)

    def grid(self, days: FloatArray, values: FloatArray) -> None:
        """Draw the grid lines at ``days`` and ``values``, and the two axes."""
        vertical = [[(x, self.bottom), (x, self.top)] for x in self.x(days)]
        horizontal = [[(LEFT_PX, y), (RIGHT_PX, y)] for y in self.y(values)]
        self._collect([*vertical, *horizontal], **GRID)
        draw_line(self.figure, [LEFT_PX, LEFT_PX, RIGHT_PX], [self.top, self.bottom, self.bottom], **AXIS)

    @property
    def _box(self) -> Bbox:
        return Bbox.from_extents(LEFT_PX, self.bottom, RIGHT_PX, self.top)

    def _collect(self, segments: Any, **style: Any) -> None:
        lines = LineCollection(segments, transform=IdentityTransform(), clip_box=self._box, **style)
        self.figure.add_artist(lines)


def draw_line(figure: Figure, x: Sequence[float] | FloatArray, y: Sequence[float] | FloatArray, **style: Any) -> None:
    """Draw a line or marks through points, in pixels from the bottom left corner."""
    figure.add_artist(Line2D(x, y, transform=IdentityTransform(), **style))


def days_since_1970(days: Sequence[date]) -> FloatArray:
    """Turn dates into days since 1970, shape (n,)."""
    return np.array(days, dtype="datetime64[D]").astype(np.float64)


def days_with_margin(first: float, last: float) -> tuple[float, float]:
    """Return ``first`` and ``last`` with a margin on both sides."""
    margin = max(0.02 * (last - first), 0.5)
    return first - margin, last + margin
