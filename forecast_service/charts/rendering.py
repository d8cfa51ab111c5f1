"""The chart as a PNG and as an SVG, both from one figure and one list of text lines."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable

import matplotlib as mpl
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from PIL import Image

from forecast_service.charts.palette import with_palette
from forecast_service.charts.style import DPI, HEIGHT_PX, WIDTH_PX
from forecast_service.charts.text import TextLine, escaped, svg_element, write_on_image

PNG_LEVEL, GZIP_LEVEL = 3, 6
"""The next level of PNG takes twice as long and saves a sixth."""
WHOLE = (0, 0, WIDTH_PX, HEIGHT_PX)
"""The view of the whole chart."""
_STYLE = re.compile(r' style="([^"]*)"')

# The renderers are used without a canvas. A canvas and its figure refer to each other, so that four megabytes of pixels
# would stay in memory until the next garbage collection.


def png_of(figure: Figure, lines: Iterable[TextLine]) -> bytes:
    """Render the chart as a PNG of 1200 × 800 pixels."""
    renderer = RendererAgg(WIDTH_PX, HEIGHT_PX, DPI)  # type: ignore[no-untyped-call]
    figure.draw(renderer)
    pixels = renderer.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Image.frombytes("RGB", (WIDTH_PX, HEIGHT_PX), pixels, "raw", "RGBX")  # every pixel is opaque
    write_on_image(image, lines)
    out = io.BytesIO()
    with_palette(image).save(out, format="png", compress_level=PNG_LEVEL)
    return out.getvalue()


def gzipped_svg_of(figure: Figure, lines: Iterable[TextLine], title: str, description: str) -> bytes:
    """Render the chart as an SVG, compressed by gzip. The arguments are those of :func:`svg_of`."""
    return gzip.compress(svg_of(figure, lines, title, description).encode(), GZIP_LEVEL, mtime=0)


def svg_of(
    figure: Figure, lines: Iterable[TextLine], title: str, description: str, view: tuple[int, int, int, int] = WHOLE
) -> str:
    """Render the chart as an SVG.

    The SVG contains no style sheet and no style attribute, because a content security policy may forbid both.

    Args:
        figure: the lines and marks.
        lines: the text.
        title: the accessible name.
        description: the accessible description.
        view: the left and upper edge, the width and the height of the part that is shown, in pixels.
    """
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "stockcast"}):  # equal charts get equal identifiers
        renderer = RendererSVG(WIDTH_PX, HEIGHT_PX, out, image_dpi=DPI)  # type: ignore[no-untyped-call]
        figure.draw(renderer)
        renderer.finalize()  # type: ignore[no-untyped-call]
    drawn = out.getvalue()
    drawing = _STYLE.sub(_attributes, drawn[drawn.index("</defs>") + len("</defs>") : drawn.rindex("</svg>")])
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            f'viewBox="{" ".join(map(str, view))}" font-family="DejaVu Sans, Verdana, sans-serif" '
            'stroke-linejoin="round">',
            f"<title>{escaped(title)}</title>",
            f"<desc>{escaped(description)}</desc>",
            drawing.strip(),
            *map(svg_element, lines),
            "</svg>\n",
        ]
    )


def _attributes(style: re.Match[str]) -> str:
    """Turn a style attribute into presentation attributes."""
    pairs = (part.split(":", 1) for part in style[1].split(";") if part.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
