"""The embedded chart as SVG inside its document: it is as wide as its frame, and its letters keep their size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from webserver.embedding.models import ShownForecast
from webserver.embedding.words import escaped, sentence

HEIGHT_PX, _TOP_PX, _BOTTOM_PX = 230, 8, 24
_PLOT_PX = HEIGHT_PX - _TOP_PX - _BOTTOM_PX
_PLOT_PERCENT = 84
"""The part of the width that the plot takes. The labels of the prices stand to the right of it."""
_LABEL_PERCENT = 16
"""The part of the width that a date takes in a narrow frame."""
_UNITS = 1000
"""Width and height of the plot in its own units."""
_MOST_LABELS = 5
_LOGARITHMIC_FROM = 4.0
"""The ratio of the highest to the lowest price from which the axis is logarithmic."""
_DAYS_WITH_YEAR = 330
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class _Scales:
    """The places of days and prices, in units of the plot from its top left corner."""

    first: date
    last: date
    lowest: float
    highest: float

    def x(self, day: date) -> float:
        """Return the place of a day."""
        return _UNITS * (day - self.first).days / max((self.last - self.first).days, 1)

    def y(self, price: float) -> float:
        """Return the place of a price."""
        scaled: Callable[[float], float] = math.log if self.highest > _LOGARITHMIC_FROM * self.lowest else float
        low, high = scaled(self.lowest), scaled(self.highest)
        return _UNITS * (high - scaled(price)) / (high - low)

    def pairs(self, points: Iterable[tuple[date, float]]) -> str:
        """Return the places of points as SVG lists them."""
        return " ".join(f"{self.x(day):.1f},{self.y(price):.1f}" for day, price in points)


def chart(forecast: ShownForecast) -> str:
    """Return the chart of a forecast: its past closes, its range and its median."""
    scales, start = _scales(forecast), forecast.closes[-1]
    ahead = forecast.ahead
    lower = [start, *((day.day, day.lower) for day in ahead)]
    upper = [start, *((day.day, day.upper) for day in ahead)]
    middle = [start, *((day.day, day.price) for day in ahead)]
    labels = _labels(scales.lowest, scales.highest)
    now = scales.x(forecast.as_of)
    grid = "".join(f'<path class="grid" d="M0,{scales.y(price):.1f}H{_UNITS}"/>' for price in labels)
    return "".join(
        (
            f'<svg class="chart" width="100%" height="{HEIGHT_PX}" role="img" ',
            f'aria-label="{escaped(sentence(forecast))}">',
            f'<svg y="{_TOP_PX}" width="{_PLOT_PERCENT}%" height="{_PLOT_PX}" viewBox="0 0 {_UNITS} {_UNITS}" '
            'preserveAspectRatio="none">',
            grid,
            f'<path class="now" d="M{now:.1f},0V{_UNITS}"/>',
            f'<polygon class="band" points="{scales.pairs([*lower, *reversed(upper)])}"/>',
            f'<polyline class="middle" points="{scales.pairs(middle)}"/>',
            f'<polyline class="past" points="{scales.pairs(forecast.closes)}"/>',
            "</svg>",
            *(_price_label(scales, price, labels) for price in labels),
            *_day_labels(scales, forecast),
            "</svg>",
        )
    )


def _scales(forecast: ShownForecast) -> _Scales:
    prices = [price for _, price in forecast.closes]
    prices += [price for day in forecast.ahead for price in (day.lower, day.upper)]
    lowest, highest = min(prices), max(prices)
    room = 0.05 * (highest - lowest) or 0.05 * highest
    return _Scales(forecast.closes[0][0], forecast.target, max(lowest - room, lowest / 2), highest + room)


def _labels(lowest: float, highest: float) -> list[float]:
    """Return round prices between two others."""
    size = 10 ** math.floor(math.log10((highest - lowest) / _MOST_LABELS))
    step = next(size * factor for factor in (1, 2, 5, 10, 20) if (highest - lowest) / (size * factor) <= _MOST_LABELS)
    return [step * number for number in range(math.ceil(lowest / step), math.floor(highest / step) + 1)]


def _price_label(scales: _Scales, price: float, labels: Sequence[float]) -> str:
    step = labels[1] - labels[0] if len(labels) > 1 else price
    decimals = min(max(-math.floor(math.log10(step) + 1e-9), 0), 8)
    y = _TOP_PX + _PLOT_PX * scales.y(price) / _UNITS + 4
    return f'<text x="{_PLOT_PERCENT + 1}%" y="{y:.0f}">{price:,.{decimals}f}</text>'


def _day_labels(scales: _Scales, forecast: ShownForecast) -> list[str]:
    is_long = (scales.last - scales.first).days > _DAYS_WITH_YEAR
    now = _PLOT_PERCENT * scales.x(forecast.as_of) / _UNITS
    places = [(0.0, "start", scales.first), (now, "end", forecast.as_of), (_PLOT_PERCENT, "end", scales.last)]
    if not _PLOT_PERCENT - _LABEL_PERCENT >= now >= 2 * _LABEL_PERCENT:
        del places[1]  # it would cover another one, and the words above the chart have it
    return [
        f'<text x="{percent:.1f}%" y="{HEIGHT_PX - 6}" text-anchor="{anchor}">{_day(day, is_long)}</text>'
        for percent, anchor, day in places
    ]


def _day(day: date, is_long: bool) -> str:
    month = _MONTHS[day.month - 1]
    return f"{month} {day.year}" if is_long else f"{day.day} {month}"
