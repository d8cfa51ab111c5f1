"""The forecast as an SVG, drawn from the stored result with plain shapes: the PNG at any size."""

from __future__ import annotations

from collections.abc import Iterator

from common.domain.chart_spec import (
    INK,
    LAST_CLOSE,
    PREDICTED,
    PROPHET,
    WARNING,
    Heading,
    beside_by_prophet,
    end_labels,
    footing,
    heading,
    model_label,
    past_of,
    percent,
    price_label,
    price_view,
    thinned,
)
from common.domain.currencies import unit_words
from common.domain.results import Forecast
from webserver.svg.backtest_panel import BELOW_PRICES, draw_backtest
from webserver.svg.frame import (
    MARGIN,
    RIGHT,
    WIDTH,
    SvgPanel,
    clipped,
    element,
    escaped,
    grid,
    heading_line,
    path,
    spread,
    text,
)

TOP, BOTTOM = 168.0, 494.0
"""The edges of the panel of the prices."""
LABEL_GAP = 18.0
_FOOT = 114
_WARNING_PITCH = 19.0


def draw_svg(forecast: Forecast) -> bytes:
    """Draw ``forecast``; where the history was too short for a backtest, the verdict in the head says why."""
    frame = SvgPanel(forecast.series[0].date, forecast.target_date, *price_view(forecast), top=TOP, bottom=BOTTOM)
    past, foot, head = past_of(forecast), footing(forecast), heading(forecast)
    lower = _room_for_warnings(head)
    height = BOTTOM + (BELOW_PRICES if past else 0) + _FOOT
    parts = [
        element("title", escaped(head.title)),
        element("desc", escaped(" ".join([head.bounds + ".", forecast.verdict, *forecast.data.flags, *foot]))),
        element("rect", width=WIDTH, height=height + lower, fill="#ffffff"),
        *_head(head),
        f'<g transform="translate(0 {lower:g})">' if lower else "",
        *_axes(frame, forecast),
        clipped(frame, [*_interval(frame, forecast), *_lines(frame, forecast)], "prices"),
        *_marks(frame, forecast),
        *_key(forecast),
        *_ends(frame, forecast),
        *(draw_backtest(past, percent(forecast.interval.level), below=BOTTOM) if past else ()),
        *(text(line, MARGIN, height - 42 + 23 * n, 14) for n, line in enumerate(foot)),
        "</g>" if lower else "",
    ]
    drawing = element(
        "svg",
        "\n".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height + lower:.0f}",
        role="img",
        font_family="DejaVu Sans, Verdana, sans-serif",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing}\n'.encode()


def _head(said: Heading) -> Iterator[str]:
    yield heading_line(said.title, 38, 24, bold=True)
    yield heading_line(said.bounds, 68, 17)
    yield heading_line(said.verdict, 93, 15)
    if said.notice:
        yield heading_line(said.notice, 117, 15, bold=True, fill=WARNING)
    first = 141 if said.notice else 117
    for row, warning in enumerate(said.warnings):
        yield heading_line(warning, first + row * _WARNING_PITCH, 13, fill=WARNING)


def _room_for_warnings(said: Heading) -> float:
    """Return by how much the panels move down; one line has its room in any case."""
    lines = len(said.warnings) + (said.notice is not None)
    return _WARNING_PITCH * max(lines - 1, 0) + 5 * bool(said.notice and said.warnings)


def _axes(frame: SvgPanel, forecast: Forecast) -> Iterator[str]:
    yield from grid(frame, price_label)
    scale = ", logarithmic scale" if frame.logarithmic else ""
    yield text(f"Price ({unit_words(forecast.currency)}{scale})", MARGIN, frame.top - 14, 13)


def _interval(frame: SvgPanel, forecast: Forecast) -> Iterator[str]:
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


def _lines(frame: SvgPanel, forecast: Forecast) -> Iterator[str]:
    closes = [frame.point(point.date, point.close) for point in forecast.series]
    yield element("path", d=path(closes), stroke=INK, stroke_width=1.1)
    line = thinned(beside_by_prophet(forecast))
    beside = [frame.point(point.date, point.prophet) for point in line if point.prophet is not None]
    if beside:
        x, y = beside[-1]
        yield element("path", d=path(beside), stroke=PROPHET, stroke_width=1.2, stroke_dasharray="5 2")
        yield element("rect", x=x - 3, y=y - 3, width=6, height=6, fill=PROPHET)
    start = [] if forecast.model.name == "prophet" else [frame.point(forecast.as_of, forecast.last_close)]
    predicted = [frame.point(point.date, point.price) for point in thinned(forecast.forecast)]
    yield element("path", d=path([*start, *predicted]), stroke=PREDICTED, stroke_width=2)


def _marks(frame: SvgPanel, forecast: Forecast) -> Iterator[str]:
    yield _diamond(*frame.point(forecast.as_of, forecast.last_close))
    x, y = frame.point(forecast.target_date, forecast.predicted_price)
    yield element("circle", cx=x, cy=y, r=5.5, fill=PREDICTED, stroke="#ffffff")


def _diamond(x: float, y: float) -> str:
    outline = path([(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], closed=True)
    return element("path", d=outline, fill=LAST_CLOSE, stroke=INK)


def _key(forecast: Forecast) -> Iterator[str]:
    """Explain the lines, above the panel, where no line is covered."""
    y = TOP - 18

    def stroke(x: float, **style: str | float) -> str:
        return element("path", d=path([(x, y), (x + 26, y)]), **style)

    entries = [
        (300.0, "Close", stroke(300, stroke=INK, stroke_width=1.1)),
        (385.0, "Last close", _diamond(398, y)),
        (500.0, model_label(forecast), stroke(500, stroke=PREDICTED, stroke_width=2)),
        (
            755.0,
            f"{percent(forecast.interval.level)} interval",
            stroke(755, stroke=PREDICTED, stroke_width=10, stroke_opacity=0.25),
        ),
    ]
    if beside_by_prophet(forecast):
        handle = stroke(895, stroke=PROPHET, stroke_width=1.2, stroke_dasharray="5 2")
        entries.append((895.0, "Prophet alone", handle))
    for x, label, handle in entries:
        yield handle
        yield text(label, x + 34, y + 5, 13)


def _ends(frame: SvgPanel, forecast: Forecast) -> Iterator[str]:
    """Write the last day's prices beside the panel, in their order, at their height where there is room."""
    end, labels = forecast.forecast[-1], end_labels(forecast)
    wanted = [frame.point(end.date, label.price)[1] for label in labels]
    for label, y, placed in zip(labels, wanted, spread(wanted, LABEL_GAP, TOP, BOTTOM), strict=True):
        arrow = " ↑" if y < TOP else " ↓" if y > BOTTOM else ""
        weight = "bold" if label.bold else "normal"
        yield text(label.text + arrow, RIGHT + 10, placed + 5, 14, fill=label.colour, font_weight=weight)
