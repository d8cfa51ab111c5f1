"""The key of a panel: a row of handles, each with its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from forecast_service.charts.panels.panel import draw_line
from forecast_service.charts.style import HEIGHT_PX
from forecast_service.charts.text import TextLine, width_of

HANDLE_PX, HANDLE_GAP_PX, ENTRY_GAP_PX = 26, 9, 22
"""The width of an entry's handle, and the gaps after the handle and after the label."""
UPRIGHT_PX = 12


@dataclass(frozen=True)
class KeyEntry:
    """An entry of the key.

    ``strokes`` are styles of lines, drawn from the left to the right of the handle. Each one is a step narrower than
    the one before, as the bands are. A stroke with a marker is one mark, or a bar where ``upright`` is true.
    """

    label: str
    strokes: tuple[dict[str, Any], ...]
    upright: bool = False

    @property
    def width(self) -> float:
        """Return the width of the entry, in pixels."""
        return HANDLE_PX + HANDLE_GAP_PX + width_of(self.label)


def row_width(entries: Sequence[KeyEntry]) -> float:
    """Return the width of a row of entries, in pixels."""
    return sum(entry.width for entry in entries) + ENTRY_GAP_PX * (len(entries) - 1)


def draw_key_row(figure: Figure, entries: Sequence[KeyEntry], *, right: float, y: float) -> list[TextLine]:
    """Draw entries in a row that ends at ``right``, ``y`` pixels from the bottom; return their labels."""
    x = right - row_width(entries)
    lines = []
    for entry in entries:
        lines.append(draw_key_entry(figure, entry, x, y))
        x += entry.width + ENTRY_GAP_PX
    return lines


def draw_key_entry(figure: Figure, entry: KeyEntry, x: float, y: float) -> TextLine:
    """Draw one entry that begins at ``x``, ``y`` pixels from the bottom; return its label."""
    for number, stroke in enumerate(entry.strokes):
        inset = number * HANDLE_PX / (2 * len(entry.strokes))
        xs, ys = [x + inset, x + HANDLE_PX - inset], [y, y]
        if entry.upright:
            xs, ys = [x + HANDLE_PX / 2] * 2, [y - UPRIGHT_PX / 2, y + UPRIGHT_PX / 2]
        elif "marker" in stroke:
            xs, ys = [x + HANDLE_PX / 2], [y]
        draw_line(figure, xs, ys, **stroke)
    return TextLine(entry.label, x + HANDLE_PX + HANDLE_GAP_PX, HEIGHT_PX - y)
