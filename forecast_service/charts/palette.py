"""The colours of the PNG. With at most 256 of them, the file is half as large and written in a quarter of the time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain

from PIL import Image, ImageColor

from forecast_service.charts.style import BACKGROUND, BANDS, GRID, INK, LAST_CLOSE, PREDICTED, PROPHET, WARNING

Colour = tuple[int, int, int]

_EDGES = (
    (BACKGROUND, INK, 48),
    (BACKGROUND, PREDICTED, 48),
    (BACKGROUND, PROPHET, 24),
    (BACKGROUND, LAST_CLOSE, 24),
    (BACKGROUND, WARNING, 24),
    (PREDICTED, INK, 16),
    (LAST_CLOSE, INK, 8),
)
"""Two colours that meet at smooth edges, or of which one is transparent, and the number of their mixtures."""
_BAND_EDGES = 8
"""The number of mixtures of a band with the ink of lines that cross it."""
_COARSE = 0b11111100
"""The bits of a channel that Pillow compares."""


def with_palette(image: Image.Image) -> Image.Image:
    """Return an RGB image with a palette. Each pixel gets the nearest of its colours."""
    coarse, colours = _palettes()
    found = image.quantize(palette=coarse, dither=Image.Dither.NONE)
    found.putpalette(colours)
    return found


@cache
def _palettes() -> tuple[Image.Image, list[int]]:
    """Return the palette as Pillow compares it, in an image of its own, and the true colours in the same order.

    Pillow rounds the channels of the pixels down, but not those of the palette. White would become a grey.
    """
    colours = {_coarse(colour): colour for colour in _colours()}
    image = Image.new("P", (1, 1))
    image.putpalette(list(chain.from_iterable(colours)))
    return image, list(chain.from_iterable(colours.values()))


def _colours() -> Iterator[Colour]:
    """Yield the colours; the ones of whole areas and lines come last and take the place of similar ones."""
    areas = list(_areas())
    for area in areas:
        yield from _mixtures(area, _rgb(INK), _BAND_EDGES)
    for first, second, count in _EDGES:
        yield from _mixtures(_rgb(first), _rgb(second), count)
    yield from areas
    yield _mixed(_rgb(BACKGROUND), _rgb(GRID["color"]), GRID["alpha"])
    yield from map(_rgb, (BACKGROUND, INK, PREDICTED, PROPHET, LAST_CLOSE, WARNING))


def _areas() -> Iterator[Colour]:
    """Yield the colours of the bands, which lie on each other."""
    colour = _rgb(BACKGROUND)
    for band in BANDS:
        colour = _mixed(colour, _rgb(band["color"]), band["alpha"])
        yield colour


def _mixtures(first: Colour, second: Colour, count: int) -> Iterator[Colour]:
    return (_mixed(first, second, step / (count - 1)) for step in range(count))


def _mixed(back: Colour, front: Colour, alpha: float) -> Colour:
    red, green, blue = (round(b + (f - b) * alpha) for b, f in zip(back, front, strict=True))
    return red, green, blue


def _coarse(colour: Colour) -> Colour:
    red, green, blue = (channel & _COARSE for channel in colour)
    return red, green, blue


def _rgb(name: str) -> Colour:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue
