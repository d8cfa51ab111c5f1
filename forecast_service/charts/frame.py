"""Where a panel of the picture stands, and where a day and a value are in it.

Axes with ticks and legends are thousands of objects and most of a picture's time; two panels need none of them.
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

from common.domain.chart_spec import INK

FloatArray = npt.NDArray[np.float64]

WIDTH_PX, HEIGHT_PX, DPI = 1200, 800, 100
LEFT_PX, RIGHT_PX = 88, 1020
"""The edges of both panels; to the right of them stand their labels."""
FAR = 20.0
"""Nothing is drawn further than this many heights from the panel: the renderer counts pixels in 32 bits."""


@dataclass(frozen=True)
class Panel:
    """A panel on ``figure``: its edges in pixels from the bottom, and the first and last day and value in view."""

    figure: Figure
    bottom: float
    top: float
    days: tuple[float, float]
    values: tuple[float, float]
    logarithmic: bool = False

    def x(self, days: Sequence[float] | FloatArray) -> FloatArray:
        """Where days stand, in pixels from the left."""
        first, last = self.days
        return LEFT_PX + (RIGHT_PX - LEFT_PX) * (np.asarray(days, dtype=np.float64) - first) / (last - first)

    def y(self, values: Sequence[float] | FloatArray) -> FloatArray:
        """Where values stand, in pixels from the bottom; what is far outside is only less far."""
        scale = np.log if self.logarithmic else np.asarray
        low, high = scale(np.array(self.values))
        shares = (scale(np.asarray(values, dtype=np.float64)) - low) / (high - low)
        return np.asarray(self.bottom + (self.top - self.bottom) * np.clip(shares, -FAR, FAR), dtype=np.float64)

    def line(self, days: Sequence[float] | FloatArray, values: Sequence[float] | FloatArray, **style: Any) -> None:
        """Draw a line or marks through points, no further than the panel reaches."""
        draw_line(self.figure, self.x(days), self.y(values), clip_box=self._room, **style)

    def bars(self, days: FloatArray, lower: FloatArray, upper: FloatArray, **style: Any) -> None:
        """Draw upright bars."""
        x = self.x(days)
        ends = np.stack([np.stack([x, self.y(lower)], axis=1), np.stack([x, self.y(upper)], axis=1)], axis=1)
        self._collect(ends, **style)

    def band(self, days: FloatArray, lower: Sequence[float], upper: Sequence[float], **style: Any) -> None:
        """Fill what is between two lines."""
        x = np.concatenate([self.x(days), self.x(days)[::-1]])
        y = np.concatenate([self.y(lower), self.y(upper)[::-1]])
        outline = np.stack([x, np.clip(y, self.bottom - 1, self.top + 1)], axis=1)
        fill = Polygon(outline, linewidth=0, transform=IdentityTransform(), clip_box=self._room, **style)
        self.figure.add_artist(fill)

    def grid(self, days: FloatArray, values: FloatArray) -> None:
        """Draw pale lines at round days and values, and the two axes."""
        upright = [[(x, self.bottom), (x, self.top)] for x in self.x(days)]
        level = [[(LEFT_PX, y), (RIGHT_PX, y)] for y in self.y(values)]
        self._collect([*upright, *level], color=INK, alpha=0.12, linewidth=0.8)
        corner = ([LEFT_PX, LEFT_PX, RIGHT_PX], [self.top, self.bottom, self.bottom])
        draw_line(self.figure, *corner, color=INK, linewidth=0.9)

    @property
    def _room(self) -> Bbox:
        return Bbox.from_extents(LEFT_PX, self.bottom, RIGHT_PX, self.top)

    def _collect(self, segments: Any, **style: Any) -> None:
        lines = LineCollection(segments, transform=IdentityTransform(), clip_box=self._room, **style)
        self.figure.add_artist(lines)


def draw_line(figure: Figure, x: Sequence[float] | FloatArray, y: Sequence[float] | FloatArray, **style: Any) -> None:
    """Draw a line or marks through points in pixels from the bottom left corner."""
    figure.add_artist(Line2D(x, y, transform=IdentityTransform(), **style))


def axis_days(days: Sequence[date]) -> FloatArray:
    """Turn dates into days since 1970: plain numbers, which need no converting."""
    return np.array(days, dtype="datetime64[D]").astype(np.float64)


def span(first: float, last: float) -> tuple[float, float]:
    """The days from ``first`` to ``last`` with a margin on both sides."""
    margin = max(0.02 * (last - first), 0.5)
    return first - margin, last + margin
