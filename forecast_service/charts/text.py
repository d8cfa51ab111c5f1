"""The lines of text on the chart: where they stand, how wide they are, and how PNG and SVG write them.

Matplotlib's text would take three times as long as the rest of the chart. It also reads a dollar sign as the start of a
formula, and a ticker may contain one.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from forecast_service.charts.style import INK, MARGIN_PX, SMALLEST_PX, TEXT_PX, WIDTH_PX

_PILLOW_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
_BASELINE_EM = 0.346
"""The distance from the middle of a line of DejaVu Sans down to its baseline."""


@dataclass(frozen=True)
class TextLine:
    """One line of text, of which ``anchor`` stands at ``x``.

    ``x`` and ``y`` are pixels from the top left corner. ``y`` is the middle of the line.
    """

    text: str
    x: float
    y: float
    size: int = TEXT_PX
    colour: str = INK
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return the left, top, right and bottom edge of the ink, in pixels from the top left corner."""
        font = _font(self.size, bold=self.bold)
        left, top, right, bottom = font.getbbox(self.text, anchor=_PILLOW_ANCHORS[self.anchor])
        return self.x + left, self.y + top, self.x + right, self.y + bottom


def header_line(text: str, y: float, size: int, *, colour: str = INK, bold: bool = False) -> TextLine:
    """Make a line across the chart, in a smaller size where it would not fit."""
    length = width_of(text, size, bold=bold)
    fitting = int(size * min(1.0, (WIDTH_PX - 2 * MARGIN_PX) / max(length, 1.0)))
    return TextLine(text, MARGIN_PX, y, max(fitting, SMALLEST_PX), colour, bold)


def write_on_image(image: Image.Image, lines: Iterable[TextLine]) -> None:
    """Write ``lines`` on ``image``."""
    canvas = ImageDraw.Draw(image)
    for line in lines:
        font, anchor = _font(line.size, bold=line.bold), _PILLOW_ANCHORS[line.anchor]
        canvas.text((line.x, line.y), line.text, fill=line.colour, font=font, anchor=anchor)


def svg_element(line: TextLine) -> str:
    """Return ``line`` as an SVG element with selectable text."""
    weight = ' font-weight="bold"' if line.bold else ""
    place = f'x="{line.x:.1f}" y="{line.y + _BASELINE_EM * line.size:.1f}" text-anchor="{line.anchor}"'
    return f'<text {place} font-size="{line.size}" fill="{line.colour}"{weight}>{escaped(line.text)}</text>'


def escaped(text: str) -> str:
    """Escape ``text`` for XML, without the characters that XML does not allow."""
    return html.escape("".join(letter for letter in text if letter.isprintable()))


@lru_cache(maxsize=256)
def width_of(text: str, size: int = TEXT_PX, *, bold: bool = False) -> float:
    """Return the width of ``text`` in pixels."""
    return _font(size, bold=bold).getlength(text)


@lru_cache(maxsize=32)
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
