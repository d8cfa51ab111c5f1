"""The forecast as a PNG: closes and what is predicted, what such predictions were worth, and the words around them."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from PIL import Image

from common.results import Forecast
from forecast_service.picture_backtest import draw_backtest
from forecast_service.picture_frame import DPI, HEIGHT_PX, WARNING, WIDTH_PX
from forecast_service.picture_prices import draw_prices
from forecast_service.picture_text import Writing, headline, percent, write, written

SOURCES = {"sample": "sample data, public-domain Quandl WIKI"}
COMPRESSION = 1
"""Of PNG; more takes longer and saves some hundredths."""
LOWEST_PX = 98
"""The bottom of the lowest panel, above the footer."""
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


def compose(forecast: Forecast) -> tuple[Figure, list[Writing]]:
    """Lines and words, on a figure that belongs to nobody else: no pyplot, no state between two pictures.

    Where the history was too short for a backtest, the prices take its room, and the verdict in the head says why.
    """
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
    head = _head(forecast)
    top = HEIGHT_PX - head[-1].y - 52
    writings = [*head, *_foot(forecast)]
    backtest = forecast.backtest
    if not backtest or not backtest.points:
        return figure, writings + draw_prices(figure, forecast, bottom=LOWEST_PX, top=top)
    writings += draw_prices(figure, forecast, bottom=PRICES_ABOVE_BACKTEST_PX, top=top)
    writings.append(headline(backtest.caption, HEIGHT_PX - BACKTEST_TOP_PX - 18, 15))
    level = forecast.interval.level
    return figure, writings + draw_backtest(figure, backtest, level, bottom=LOWEST_PX, top=BACKTEST_TOP_PX)


def _head(forecast: Forecast) -> list[Writing]:
    interval, currency = forecast.interval, forecast.currency
    as_of = f"{forecast.as_of:%a} {written(forecast.as_of)}"
    target = f"{forecast.target_date:%a} {written(forecast.target_date)}"
    title = f"{forecast.ticker}: {_price(forecast.predicted_price)} {currency} predicted for {target}"
    bounds = f"{percent(interval.level)} interval {_price(interval.lower)} to {_price(interval.upper)} {currency}"
    last = f"last close {_price(forecast.last_close)} {currency} on {as_of}"
    lines = [
        headline(title, 30, 24, bold=True),
        headline(f"{bounds}; {last}", 62, 17),
        headline(_first_sentence(forecast.verdict), 88, 15),
    ]
    if forecast.data.stale:
        notice = f"Old prices: the days are counted from the last close, {as_of}, not from today."
        lines.append(headline(notice, 112, 15, bold=True, colour=WARNING))
    return lines


def _foot(forecast: Forecast) -> list[Writing]:
    data, model = forecast.data, forecast.model
    source = SOURCES.get(data.source, data.source)
    dates = f"As of {written(forecast.as_of)} · Source: {source} · fetched {written(data.fetched_at)}"
    level = f"{percent(forecast.interval.level)} interval as far as the model knows"
    engine = f"Engine: {model.version}, model {model.name}"
    return [
        headline(dates, HEIGHT_PX - 42, 14),
        headline(f"{level} · {engine} · Not investment advice", HEIGHT_PX - 19, 14),
    ]


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".") + "."


def _price(price: float) -> str:
    return f"{price:,.2f}" if 1 <= price < 1e9 else f"{price:.4g}"
