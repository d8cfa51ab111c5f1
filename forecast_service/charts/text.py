"""The words of the picture. Matplotlib would spend half of its time on them; Pillow writes them in a few milliseconds.

A text is its characters and nothing else: no dollar sign starts a formula, no ticker can be one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from common.domain.chart_spec import INK
from forecast_service.charts.frame import WIDTH_PX

MARGIN_PX = 30
SMALLEST_PX = 6


@dataclass(frozen=True)
class TextLine:
    """One line of text at ``x``, ``y`` in pixels from the top left corner; ``anchor`` is Pillow's."""

    text: str
    x: float
    y: float
    size: int = 13
    colour: str = INK
    bold: bool = False
    anchor: str = "lm"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom of what is inked."""
        left, top, right, bottom = _font(self.size, bold=self.bold).getbbox(self.text, anchor=self.anchor)
        return self.x + left, self.y + top, self.x + right, self.y + bottom


def headline(text: str, y: float, size: int, *, colour: str = INK, bold: bool = False) -> TextLine:
    """One line across the picture, smaller where it would not fit."""
    length = _font(size, bold=bold).getlength(text)
    fitting = int(size * min(1.0, (WIDTH_PX - 2 * MARGIN_PX) / max(length, 1.0)))
    return TextLine(text, MARGIN_PX, y, max(fitting, SMALLEST_PX), colour, bold)


def write(image: Image.Image, writings: Iterable[TextLine]) -> None:
    """Put ``writings`` on ``image``."""
    canvas = ImageDraw.Draw(image)
    for one in writings:
        font = _font(one.size, bold=one.bold)
        canvas.text((one.x, one.y), one.text, fill=one.colour, font=font, anchor=one.anchor)


def width_of(text: str, size: int = 13, *, bold: bool = False) -> float:
    """How wide ``text`` will be, in pixels."""
    return _font(size, bold=bold).getlength(text)


@lru_cache(maxsize=32)
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
