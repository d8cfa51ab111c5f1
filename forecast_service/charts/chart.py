"""The chart of a forecast: prices and prediction above, the backtest below, words around both."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from common.domain.results import Forecast
from forecast_service.charts.panels.backtest_panel import draw_backtest
from forecast_service.charts.panels.price_panel import draw_prices
from forecast_service.charts.rendering import gzipped_svg_of, png_of
from forecast_service.charts.style import (
    DPI,
    FOOTER_PX,
    HEADER_PX,
    HEIGHT_PX,
    SUBTITLE_PX,
    TITLE_PX,
    WARNING,
    WARNING_PX,
    WIDTH_PX,
)
from forecast_service.charts.text import TextLine, header_line
from forecast_service.charts.view import shown_backtest
from forecast_service.charts.wording import backtest_caption, description, footer, header

LOWEST_PANEL_PX = 98
"""The bottom edge of the lowest panel, above the footer."""
BACKTEST_TOP_PX, PRICES_ABOVE_BACKTEST_PX = 236, 306
HEADER_GAP_PX = 64
"""The distance from the last line of the header to the upper panel."""
WARNING_PITCH_PX = 19


@dataclass(frozen=True)
class Chart:
    """The files of one chart: a PNG, and an SVG that is compressed by gzip."""

    png: bytes
    svg_gzip: bytes


def draw_chart(forecast: Forecast) -> Chart:
    """Draw ``forecast`` once, and render it in both formats."""
    figure, lines = compose(forecast)
    svg = gzipped_svg_of(figure, lines, header(forecast).title, description(forecast))
    return Chart(png_of(figure, lines), svg)


def compose(forecast: Forecast) -> tuple[Figure, list[TextLine]]:
    """Lay out the chart: lines and marks on a figure of its own, and the text.

    Without a backtest, the upper panel takes the room of both.
    """
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
    head = _header_lines(forecast)
    top = HEIGHT_PX - head[-1].y - HEADER_GAP_PX
    lines = [*head, *_footer_lines(forecast)]
    backtest = shown_backtest(forecast)
    if backtest is None:
        return figure, lines + draw_prices(figure, forecast, bottom=LOWEST_PANEL_PX, top=top)
    lines += draw_prices(figure, forecast, bottom=PRICES_ABOVE_BACKTEST_PX, top=top)
    lines.append(
        header_line(
            backtest_caption(backtest, of_volume=forecast.is_of_volume), HEIGHT_PX - BACKTEST_TOP_PX - 18, HEADER_PX
        )
    )
    level = forecast.interval.level
    return figure, lines + draw_backtest(figure, backtest, level, bottom=LOWEST_PANEL_PX, top=BACKTEST_TOP_PX)


def _header_lines(forecast: Forecast) -> list[TextLine]:
    words = header(forecast)
    lines = [
        header_line(words.title, 30, TITLE_PX, bold=True),
        header_line(words.bounds, 62, SUBTITLE_PX),
        header_line(words.summary, 88, HEADER_PX),
    ]
    if words.notice:
        lines.append(header_line(words.notice, 112, HEADER_PX, bold=True, colour=WARNING))
    first = lines[-1].y + 24
    return lines + [
        header_line(warning, first + WARNING_PITCH_PX * row, WARNING_PX, colour=WARNING)
        for row, warning in enumerate(words.warnings)
    ]


def _footer_lines(forecast: Forecast) -> list[TextLine]:
    upper, lower = footer(forecast)
    return [header_line(upper, HEIGHT_PX - 42, FOOTER_PX), header_line(lower, HEIGHT_PX - 19, FOOTER_PX)]
