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
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.transforms import Bbox, IdentityTransform

from forecast_service.charts.style import AXIS, GRID, LEFT_PX, RIGHT_PX

FloatArray = npt.NDArray[np.float64]

MOST_HEIGHTS = 20.0
"""Points further than this many heights from the panel are moved nearer: the renderer counts pixels in 32 bits."""
STRAIGHT_PX, MOST_PASSES = 0.15, 6
"""The edge of a band loses points that lie so near to a straight line, in so many passes at most."""
DECIMALS = 2
"""A hundredth of a pixel is exact enough, and shorter in the SVG."""


@dataclass(frozen=True)
class Panel:
    """A panel on ``figure``, with the first and last day and the lowest and highest value in view.

    ``bottom`` and ``top`` are pixels from the bottom of the figure. Days are counted since 1970; the last one is at
    ``right``, in pixels from the left. The grid and the axis always extend to the same right edge.
    """

    figure: Figure
    bottom: float
    top: float
    days: tuple[float, float]
    values: tuple[float, float]
    logarithmic: bool = False
    right: float = RIGHT_PX

    def x(self, days: Sequence[float] | FloatArray) -> FloatArray:
        """Return the positions of days, in pixels from the left."""
        first, last = self.days
        positions = LEFT_PX + (self.right - LEFT_PX) * (np.asarray(days, dtype=np.float64) - first) / (last - first)
        return np.round(positions, DECIMALS)

    def y(self, values: Sequence[float] | FloatArray) -> FloatArray:
        """Return the positions of values, in pixels from the bottom."""
        scale = np.log if self.logarithmic else np.asarray
        low, high = scale(np.array(self.values))
        heights = (scale(np.asarray(values, dtype=np.float64)) - low) / (high - low)
        clipped = np.clip(heights, -MOST_HEIGHTS, MOST_HEIGHTS)
        return np.asarray(np.round(self.bottom + (self.top - self.bottom) * clipped, DECIMALS), dtype=np.float64)

    def line(self, days: Sequence[float] | FloatArray, values: Sequence[float] | FloatArray, **style: Any) -> None:
        """Draw a line or marks through points, clipped to the panel."""
        draw_line(self.figure, self.x(days), self.y(values), clip_box=self._box, **style)

    def bars(self, days: FloatArray, lower: FloatArray, upper: FloatArray, **style: Any) -> None:
        """Draw a vertical bar on each day."""
        x = self.x(days)
        self._segments(x, self.y(lower), x, self.y(upper), clip_box=self._box, **style)

    def band(self, days: FloatArray, lower: Sequence[float], upper: Sequence[float], **style: Any) -> None:
        """Fill the area between two lines."""
        x, below, above = self.x(days), self._clipped(lower), self._clipped(upper)
        kept_below, kept_above = kept_points(x, below), kept_points(x, above)[::-1]
        outline = np.stack(
            [
                np.concatenate([x[kept_below], x[kept_above]]),
                np.concatenate([below[kept_below], above[kept_above]]),
            ],
            axis=1,
        )
        fill = Polygon(outline, linewidth=0, transform=IdentityTransform(), clip_box=self._box, **style)
        self.figure.add_artist(fill)

    def grid(self, days: FloatArray, values: FloatArray) -> None:
        """Draw the grid lines at ``days`` and ``values``, and the two axes."""
        x, y = self.x(days), self.y(values)
        self._segments(x, np.full_like(x, self.bottom), x, np.full_like(x, self.top), **GRID)
        self._segments(np.full_like(y, LEFT_PX), y, np.full_like(y, RIGHT_PX), y, **GRID)
        draw_line(self.figure, [LEFT_PX, LEFT_PX, RIGHT_PX], [self.top, self.bottom, self.bottom], **AXIS)

    @property
    def _box(self) -> Bbox:
        return Bbox.from_extents(LEFT_PX, self.bottom, self.right, self.top)

    def _clipped(self, values: Sequence[float]) -> FloatArray:
        return np.clip(self.y(values), self.bottom - 1, self.top + 1)

    def _segments(self, x0: FloatArray, y0: FloatArray, x1: FloatArray, y1: FloatArray, **style: Any) -> None:
        """Draw separate lines as one, which is faster than a collection: NaN lies between them."""
        gap = np.full_like(x0, np.nan)
        x, y = np.stack([x0, x1, gap], axis=1).ravel(), np.stack([y0, y1, gap], axis=1).ravel()
        draw_line(self.figure, x, y, solid_capstyle="butt", **style)


def draw_line(figure: Figure, x: Sequence[float] | FloatArray, y: Sequence[float] | FloatArray, **style: Any) -> None:
    """Draw a line or marks through points, in pixels from the bottom left corner."""
    figure.add_artist(Line2D(x, y, transform=IdentityTransform(), **style))


def kept_points(x: FloatArray, y: FloatArray) -> npt.NDArray[np.int64]:
    """Return the indices of the points that a line needs: it is nearly straight between them.

    Each pass leaves out those of every second point that lie on the line between their neighbours.

    Args:
        x: the positions in pixels, ascending, shape (n,).
        y: the heights in pixels, shape (n,).
    """
    kept = np.arange(len(x))
    for _ in range(MOST_PASSES):
        left, middle, right = (kept[first : len(kept) - 2 + first : 2] for first in range(3))
        height = y[left] + (y[right] - y[left]) * (x[middle] - x[left]) / (x[right] - x[left])
        straight = np.abs(y[middle] - height) < STRAIGHT_PX
        if not straight.any():
            break
        is_kept = np.ones(len(kept), dtype=np.bool_)
        is_kept[1:-1:2] = ~straight
        kept = kept[is_kept]
    return kept


def days_since_1970(days: Sequence[date]) -> FloatArray:
    """Turn dates into days since 1970, shape (n,)."""
    return np.array(days, dtype="datetime64[D]").astype(np.float64)


def days_with_margin(first: float, last: float) -> tuple[float, float]:
    """Return ``first`` and ``last`` with a margin on both sides."""
    margin = max(0.02 * (last - first), 0.5)
    return first - margin, last + margin
