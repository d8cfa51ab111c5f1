"""The panels of the chart as figures of a report, each an SVG of its own. The report has the words around them."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from common.domain.results import Forecast
from forecast_service.charts.panels.backtest_panel import draw_backtest
from forecast_service.charts.panels.price_panel import draw_prices
from forecast_service.charts.rendering import svg_of
from forecast_service.charts.style import DPI, HEIGHT_PX, WIDTH_PX
from forecast_service.charts.text import TextLine
from forecast_service.charts.view import shown_backtest

BOTTOM_PX = 34
"""The lower edge of a panel, above the dates."""
PRICES_TOP_PX, BACKTEST_TOP_PX = 510, 240
PRICES_HEIGHT_PX, BACKTEST_HEIGHT_PX = 560, 254
"""The heights of the figures. That of the prices has room for two rows of the key."""
LEFT_PX, RIGHT_PX = 8, 1194
"""The edges of the figures, close to the text."""


def price_figure(forecast: Forecast, title: str, description: str) -> str:
    """Return the prices and where they may end.

    Args:
        forecast: the forecast.
        title: the accessible name.
        description: the accessible description.
    """
    return _drawn(
        lambda figure: draw_prices(figure, forecast, bottom=BOTTOM_PX, top=PRICES_TOP_PX),
        PRICES_HEIGHT_PX,
        title,
        description,
    )


def backtest_figure(forecast: Forecast, title: str, description: str) -> str | None:
    """Return the past forecasts beside the actual changes; None without a backtest. The arguments are as above."""
    backtest, level = shown_backtest(forecast), forecast.interval.level
    if backtest is None:
        return None
    return _drawn(
        lambda figure: draw_backtest(figure, backtest, level, bottom=BOTTOM_PX, top=BACKTEST_TOP_PX),
        BACKTEST_HEIGHT_PX,
        title,
        description,
    )


def _drawn(draw: Callable[[Figure], list[TextLine]], height: int, title: str, description: str) -> str:
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
    lines = draw(figure)
    view = (LEFT_PX, HEIGHT_PX - height, RIGHT_PX - LEFT_PX, height)
    return svg_of(figure, lines, title, description, view)
