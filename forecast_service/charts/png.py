"""The forecast as a PNG: closes and what is predicted, what such predictions were worth, and the words around them."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from PIL import Image

from common.domain.chart_spec import WARNING, caption, footing, heading, past_of
from common.domain.results import Forecast
from forecast_service.charts.backtest_panel import draw_backtest
from forecast_service.charts.frame import DPI, HEIGHT_PX, WIDTH_PX
from forecast_service.charts.price_panel import draw_prices
from forecast_service.charts.text import TextLine, headline, write

COMPRESSION = 1
"""Of PNG; more takes longer and saves some hundredths."""
LOWEST_PX = 98
"""The bottom of the lowest panel, above the footer."""
WARNING_PITCH_PX = 19
BACKTEST_TOP_PX, PRICES_ABOVE_BACKTEST_PX = 236, 306


def draw(forecast: Forecast) -> bytes:
    """Draw ``forecast`` as a PNG of 1200 × 800 pixels."""
    figure, writings = compose(forecast)
    # Not through a canvas: it and the figure hold each other, and four megabytes of pixels until garbage is collected.
    renderer = RendererAgg(WIDTH_PX, HEIGHT_PX, DPI)  # type: ignore[no-untyped-call]
    figure.draw(renderer)
    pixels = renderer.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Image.frombuffer("RGBA", (WIDTH_PX, HEIGHT_PX), pixels).convert("RGB")
    write(image, writings)
    out = io.BytesIO()
    image.save(out, format="png", compress_level=COMPRESSION)
    return out.getvalue()


def compose(forecast: Forecast) -> tuple[Figure, list[TextLine]]:
    """Lines and words, on a figure that belongs to nobody else: no pyplot, no state between two pictures.

    Where the history was too short for a backtest, the prices take its room, and the verdict in the head says why.
    """
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
    head = _head(forecast)
    top = HEIGHT_PX - head[-1].y - 52
    writings = [*head, *_foot(forecast)]
    past = past_of(forecast)
    if past is None:
        return figure, writings + draw_prices(figure, forecast, bottom=LOWEST_PX, top=top)
    writings += draw_prices(figure, forecast, bottom=PRICES_ABOVE_BACKTEST_PX, top=top)
    writings.append(headline(caption(past), HEIGHT_PX - BACKTEST_TOP_PX - 18, 15))
    level = forecast.interval.level
    return figure, writings + draw_backtest(figure, past, level, bottom=LOWEST_PX, top=BACKTEST_TOP_PX)


def _head(forecast: Forecast) -> list[TextLine]:
    said = heading(forecast)
    lines = [headline(said.title, 30, 24, bold=True), headline(said.bounds, 62, 17), headline(said.verdict, 88, 15)]
    if said.notice:
        lines.append(headline(said.notice, 112, 15, bold=True, colour=WARNING))
    first = lines[-1].y + 24
    return lines + [
        headline(warning, first + WARNING_PITCH_PX * row, 13, colour=WARNING)
        for row, warning in enumerate(said.warnings)
    ]


def _foot(forecast: Forecast) -> list[TextLine]:
    upper, lower = footing(forecast)
    return [headline(upper, HEIGHT_PX - 42, 14), headline(lower, HEIGHT_PX - 19, 14)]
