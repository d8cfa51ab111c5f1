"""The lower panel of the SVG: what was forecast at past origins, against what came."""

from __future__ import annotations

from collections.abc import Iterator

from common.domain.chart_spec import INK, PREDICTED, WARNING, caption, change_label, change_view, judgement_of
from common.domain.results import Backtest, BacktestPoint
from webserver.svg.frame import MARGIN, RIGHT, Point, SvgPanel, clipped, element, grid, path, text

BELOW_PRICES = 192.0
"""The height that the panel takes below that of the prices, its title and its dates included."""
_TITLE, _TOP, _BOTTOM = 52.0, 70.0, 208.0
_PALE = 0.35
"""How strong an origin is drawn that only warmed up."""
_BAR = 0.4
_KEY_PITCH = 20.0


def draw_backtest(backtest: Backtest, level: str, *, below: float) -> Iterator[str]:
    """Draw, at each target date, the change forecast since its origin, its interval, and the change that came.

    A hit differs from a miss in form, not in colour alone; what only warmed up is pale. ``level`` is the interval's,
    as it is written; the panel of the prices ends at ``below``.
    """
    points = backtest.points
    frame = SvgPanel(
        points[0].target,
        points[-1].target,
        *change_view(backtest),
        top=below + _TOP,
        bottom=below + _BOTTOM,
        signed=True,
    )
    yield text(caption(backtest), MARGIN, below + _TITLE, 15)
    yield from grid(frame, change_label)
    zero = [frame.point(day, 0) for day in (frame.first, frame.last)]
    line = element("path", d=path(zero), stroke=INK, stroke_width=0.6, stroke_opacity=0.5)
    origins = [element("g", "".join(_origin(frame, point)), opacity=_strength(point)) for point in points]
    yield clipped(frame, [line, *origins], "past")
    yield from _key(frame, backtest, level)


def _strength(point: BacktestPoint) -> float:
    return 1.0 if point.scored else _PALE


def _origin(frame: SvgPanel, point: BacktestPoint) -> Iterator[str]:
    def at(price: float) -> Point:
        return frame.point(point.target, point.change(price))

    (x, top), (_, bottom) = at(point.upper), at(point.lower)
    yield element("rect", x=x - 3, y=top, width=6, height=bottom - top, fill=PREDICTED, fill_opacity=_BAR)
    yield _forecast(frame, *at(point.price))
    yield _came(*at(point.actual), held=point.held)


def _forecast(frame: SvgPanel, x: float, y: float) -> str:
    """A dash where the forecast is, or a caret on the edge behind which it is."""
    if _in_view(frame, y):
        return _dash(x, y)
    return _caret(x, frame.bottom, 6) if y > frame.bottom else _caret(x, frame.top, -6)


def _in_view(frame: SvgPanel, y: float) -> bool:
    return frame.top <= y <= frame.bottom


def _dash(x: float, y: float) -> str:
    return element("path", d=path([(x - 5, y), (x + 5, y)]), stroke=PREDICTED, stroke_width=1.8)


def _caret(x: float, tip: float, height: float) -> str:
    return element(
        "path", d=path([(x - 5, tip - height), (x + 5, tip - height), (x, tip)], closed=True), fill=PREDICTED
    )


def _came(x: float, y: float, *, held: bool) -> str:
    if held:
        return element("circle", cx=x, cy=y, r=3.4, fill=INK)
    cross = path([(x - 4, y - 4), (x + 4, y + 4)]) + path([(x - 4, y + 4), (x + 4, y - 4)])
    return element("path", d=cross, stroke=WARNING, stroke_width=3)


def _key(frame: SvgPanel, backtest: Backtest, level: str) -> Iterator[str]:
    """Explain the marks beside the panel, with what they count and how that is judged."""
    points = backtest.points
    scored = [point for point in points if point.scored]
    held = sum(point.held for point in scored)
    x = RIGHT + 20
    bar = element("rect", x=x - 3, y=-7, width=6, height=14, fill=PREDICTED, fill_opacity=_BAR)
    entries = [
        (f"{level} interval", bar),
        ("forecast", _dash(x, 0)),
        (f"came inside: {held} of {len(scored)}", _came(x, 0, held=True)),
        (f"came outside: {len(scored) - held}", _came(x, 0, held=False)),
        (f"pale: warm-up, {len(points) - len(scored)}", element("g", _came(x, 0, held=True), opacity=_PALE)),
    ]
    if not all(_in_view(frame, frame.point(point.target, point.change(point.price))[1]) for point in points):
        entries.append(("forecast out of view", _caret(x, -3, -6)))
    for row, (label, mark) in enumerate(entries):
        y = frame.top + 4 + row * _KEY_PITCH
        yield element("g", mark, transform=f"translate(0 {y:g})")
        yield text(label, x + 12, y + 4, 12)
    judged = judgement_of(backtest)
    if judged:
        y = frame.top + 8 + len(entries) * _KEY_PITCH
        yield text(f"interval {judged}", RIGHT + 12, y, 12, fill=WARNING, font_weight="bold")
