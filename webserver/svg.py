"""The forecast as an SVG, drawn from the stored result with plain shapes: the PNG at any size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from common.results import Forecast, FuturePrice
from webserver.svg_backtest import BELOW_PRICES, draw_backtest
from webserver.svg_frame import (
    INK,
    LAST_CLOSE,
    LOG_SCALE_FROM,
    MARGIN,
    PREDICTED,
    PROPHET,
    RIGHT,
    WARNING,
    WIDTH,
    Frame,
    clipped,
    element,
    escaped,
    grid,
    path,
    spread,
    text,
    thinned,
    written,
)

TOP, BOTTOM = 168.0, 494.0
"""The edges of the panel of the prices."""
SOURCES = {"sample": "sample data, public-domain Quandl WIKI"}
MODELS = {"last_price": "last price", "prophet": "Prophet alone"}
VIEW_FACTOR = 30.0
"""The interval may leave the view where it is this far beyond every close and every predicted price."""
PROPHET_STRETCH = 1 / 3
"""By this much of its height the view may grow for Prophet's own line; one that goes further leaves the view."""
LABEL_GAP = 18.0
_FOOT = 114


def draw_svg(forecast: Forecast) -> bytes:
    """Draw ``forecast``; where the history was too short for a backtest, the verdict in the head says why."""
    frame = Frame(forecast.series[0].date, forecast.target_date, *_view(forecast), top=TOP, bottom=BOTTOM)
    past = forecast.backtest if forecast.backtest and forecast.backtest.points else None
    height = BOTTOM + (BELOW_PRICES if past else 0) + _FOOT
    parts = [
        element("title", escaped(_title(forecast))),
        element("desc", escaped(" ".join([_bounds(forecast), forecast.verdict, *_foot(forecast)]))),
        element("rect", width=WIDTH, height=height, fill="#ffffff"),
        *_head(forecast),
        *_axes(frame, forecast),
        clipped(frame, [*_interval(frame, forecast), *_lines(frame, forecast)], "prices"),
        *_marks(frame, forecast),
        *_key(forecast),
        *_ends(frame, forecast),
        *(draw_backtest(past, _level(forecast), below=BOTTOM) if past else ()),
        *(text(line, MARGIN, height - 42 + 23 * n, 14) for n, line in enumerate(_foot(forecast))),
    ]
    drawing = element(
        "svg",
        "\n".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        font_family="DejaVu Sans, Verdana, sans-serif",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing}\n'.encode()


def _view(forecast: Forecast) -> tuple[float, float]:
    """The lowest and the highest price in view: all closes and predictions, and of the rest what leaves them seen."""
    known = [point.close for point in forecast.series] + [point.price for point in forecast.forecast]
    low, high = min(known), max(known)
    low, high = (
        max(min(low, *(point.lower for point in forecast.forecast)), low / VIEW_FACTOR),
        min(max(high, *(point.upper for point in forecast.forecast)), high * VIEW_FACTOR),
    )
    if high / low > LOG_SCALE_FROM:
        factor = (high / low) ** PROPHET_STRETCH
        lowest, highest = low / factor, high * factor
    else:
        more = PROPHET_STRETCH * (high - low)
        lowest, highest = low - more, high + more
    near = [point.prophet for point in _beside(forecast) if point.prophet and lowest <= point.prophet <= highest]
    return min(low, high, *near), max(low, high, *near)


def _beside(forecast: Forecast) -> list[FuturePrice]:
    """The days on which Prophet has a line of its own beside the model's."""
    if forecast.model.name == "prophet":
        return []
    return [point for point in thinned(forecast.forecast) if point.prophet is not None]


def _head(forecast: Forecast) -> Iterator[str]:
    verdict = forecast.verdict.partition(". ")[0].removesuffix(".") + "."
    last = f"last close {_price(forecast.last_close)} {forecast.currency} on {_long(forecast.as_of)}"
    yield text(_title(forecast), MARGIN, 38, 24, font_weight="bold")
    yield text(f"{_bounds(forecast)}; {last}", MARGIN, 68, 17)
    yield text(verdict, MARGIN, 93, 15)
    if forecast.data.stale:
        notice = f"Old prices: the days are counted from the last close, {_long(forecast.as_of)}, not from today."
        yield text(notice, MARGIN, 117, 15, font_weight="bold", fill=WARNING)


def _title(forecast: Forecast) -> str:
    price = f"{_price(forecast.predicted_price)} {forecast.currency}"
    return f"{forecast.ticker}: {price} predicted for {_long(forecast.target_date)}"


def _bounds(forecast: Forecast) -> str:
    interval = forecast.interval
    return f"{_level(forecast)} interval {_price(interval.lower)} to {_price(interval.upper)} {forecast.currency}"


def _foot(forecast: Forecast) -> list[str]:
    source = SOURCES.get(forecast.data.source, forecast.data.source)
    fetched = written(forecast.data.fetched_at)
    return [
        f"As of {written(forecast.as_of)} · Source: {source} · fetched {fetched}",
        f"{_level(forecast)} interval as far as the model knows · Engine: {forecast.model.version}, "
        f"model {forecast.model.name} · Not investment advice",
    ]


def _axes(frame: Frame, forecast: Forecast) -> Iterator[str]:
    yield from grid(frame, lambda price: f"{price:,.8g}")
    scale = ", logarithmic scale" if frame.logarithmic else ""
    yield text(f"Price ({forecast.currency}{scale})", MARGIN, frame.top - 14, 13)


def _interval(frame: Frame, forecast: Forecast) -> Iterator[str]:
    end = forecast.forecast[-1]
    start = [] if forecast.model.name == "prophet" else [frame.point(forecast.as_of, forecast.last_close)]
    shown = thinned(forecast.forecast)
    upper = [frame.point(point.date, point.upper) for point in shown]
    lower = [frame.point(point.date, point.lower) for point in reversed(shown)]
    yield element("path", d=path([*start, *upper, *lower], closed=True), fill=PREDICTED, fill_opacity=0.25)
    # A horizon of a few days is a hair on this axis; whiskers with caps show its interval all the same.
    (x, top), (_, bottom) = frame.point(end.date, end.upper), frame.point(end.date, end.lower)
    caps = path([(x - 6, top), (x + 6, top), (x, top), (x, bottom), (x - 6, bottom), (x + 6, bottom)])
    yield element("path", d=caps, stroke=PREDICTED, stroke_width=1.2)


def _lines(frame: Frame, forecast: Forecast) -> Iterator[str]:
    closes = [frame.point(point.date, point.close) for point in forecast.series]
    yield element("path", d=path(closes), stroke=INK, stroke_width=1.1)
    beside = [frame.point(point.date, point.prophet) for point in _beside(forecast) if point.prophet is not None]
    if beside:
        x, y = beside[-1]
        yield element("path", d=path(beside), stroke=PROPHET, stroke_width=1.2, stroke_dasharray="5 2")
        yield element("rect", x=x - 3, y=y - 3, width=6, height=6, fill=PROPHET)
    start = [] if forecast.model.name == "prophet" else [frame.point(forecast.as_of, forecast.last_close)]
    predicted = [frame.point(point.date, point.price) for point in thinned(forecast.forecast)]
    yield element("path", d=path([*start, *predicted]), stroke=PREDICTED, stroke_width=2)


def _marks(frame: Frame, forecast: Forecast) -> Iterator[str]:
    yield _diamond(*frame.point(forecast.as_of, forecast.last_close))
    x, y = frame.point(forecast.target_date, forecast.predicted_price)
    yield element("circle", cx=x, cy=y, r=5.5, fill=PREDICTED, stroke="#ffffff")


def _diamond(x: float, y: float) -> str:
    outline = path([(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], closed=True)
    return element("path", d=outline, fill=LAST_CLOSE, stroke=INK)


def _key(forecast: Forecast) -> Iterator[str]:
    """Explain the lines, above the panel, where no line is covered."""
    name = forecast.model.name
    model = MODELS.get(name, f"{name}, {100 * forecast.model.prophet_weight:.0f} % Prophet")
    y = TOP - 18

    def stroke(x: float, **style: str | float) -> str:
        return element("path", d=path([(x, y), (x + 26, y)]), **style)

    entries = [
        (300.0, "Close", stroke(300, stroke=INK, stroke_width=1.1)),
        (385.0, "Last close", _diamond(398, y)),
        (500.0, f"Forecast ({model})", stroke(500, stroke=PREDICTED, stroke_width=2)),
        (755.0, f"{_level(forecast)} interval", stroke(755, stroke=PREDICTED, stroke_width=10, stroke_opacity=0.25)),
    ]
    if _beside(forecast):
        handle = stroke(895, stroke=PROPHET, stroke_width=1.2, stroke_dasharray="5 2")
        entries.append((895.0, "Prophet alone", handle))
    for x, label, handle in entries:
        yield handle
        yield text(label, x + 34, y + 5, 13)


def _ends(frame: Frame, forecast: Forecast) -> Iterator[str]:
    """Write the last day's prices beside the panel, in their order, at their height where there is room."""
    end = forecast.forecast[-1]
    labels = [(price, _price(price), PREDICTED, price == end.price) for price in (end.lower, end.price, end.upper)]
    if _beside(forecast) and end.prophet is not None:
        labels.append((end.prophet, f"{_price(end.prophet)} Prophet", PROPHET, False))
    labels.sort(key=lambda label: label[0])
    wanted = [frame.point(end.date, price)[1] for price, *_ in labels]
    for (_, words, colour, bold), y, placed in zip(labels, wanted, spread(wanted, LABEL_GAP, TOP, BOTTOM), strict=True):
        arrow = " ↑" if y < TOP else " ↓" if y > BOTTOM else ""
        yield text(words + arrow, RIGHT + 10, placed + 5, 14, fill=colour, font_weight="bold" if bold else "normal")


def _level(forecast: Forecast) -> str:
    return f"{forecast.interval.level * 100:.10g} %"


def _long(day: date) -> str:
    return f"{day:%a} {written(day)}"


def _price(price: float) -> str:
    if 1e5 <= price < 1e9:
        return f"{price:,.0f}"
    return f"{price:,.2f}" if 1 <= price < 1e5 else f"{price:.4g}"
