"""Where a day and a price are in the SVG, which round ones are marked, and the elements that it is made of."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

WIDTH, HEIGHT = 1200, 680
LEFT, RIGHT, TOP, BOTTOM = 88.0, 1020.0, 168.0, 566.0
INK = "#000000"
MOST_DATES, MOST_PRICES, MOST_POINTS = 9, 9, 400
LOG_SCALE_FROM = 8.0
"""Above this ratio of the highest to the lowest price in view, a linear axis would press the past flat."""
_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONDAY = date(1970, 1, 5)

Point = tuple[float, float]
T = TypeVar("T")


@dataclass(frozen=True)
class Frame:
    """The panel: the first and last day and the lowest and highest price in view."""

    first: date
    last: date
    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether equal heights are equal ratios."""
        return self.high / self.low > LOG_SCALE_FROM

    def point(self, day: date, price: float) -> Point:
        """Where a price on a day is, in pixels from the top left corner."""
        days = max((self.last - self.first).days, 1)
        x = LEFT + (RIGHT - LEFT) * (0.02 + 0.96 * (day - self.first).days / days)
        low, high, value = (math.log(v) if self.logarithmic else v for v in (self.low, self.high, max(price, 1e-12)))
        share = (value - low) / (high - low) if high > low else 0.5
        # What is far outside is only less far: a browser's coordinates have ends.
        return x, BOTTOM - (BOTTOM - TOP) * (0.04 + 0.92 * min(max(share, -20.0), 20.0))

    def price_ticks(self) -> list[float]:
        """A few round prices in view."""
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            ticks = [mantissa * 10.0**power for power in powers for mantissa in (1, 2, 5)]
            inside = [tick for tick in ticks if self.low <= tick <= self.high]
            return inside[:: math.ceil(len(inside) / MOST_PRICES) or 1]
        rough = (self.high - self.low) / (MOST_PRICES - 1) or self.high / 100
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
        return [n * step for n in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]

    def date_ticks(self) -> list[tuple[date, str]]:
        """A few round days in view, and how they are written."""
        length = (self.last - self.first).days
        for step in _DAY_STEPS:
            if length / step <= MOST_DATES:
                begun = self.first + timedelta(days=-(self.first - _MONDAY).days % step)
                days = (begun + timedelta(days=n * step) for n in range(length // step + 1))
                return [(day, written(day)) for day in days if day <= self.last]
        wanted = (step for step in _MONTH_STEPS if length / 30.44 / step <= MOST_DATES)
        step = next(wanted, _MONTH_STEPS[-1])
        first, last = (day.year * 12 + day.month - 1 for day in (self.first, self.last))
        months = (month for month in range(first + 1, last + 1) if month % step == 0)
        pattern = "%Y" if step % 12 == 0 else "%b %Y"
        return [(day, f"{day:{pattern}}") for day in (date(month // 12, month % 12 + 1, 1) for month in months)]


def thinned(points: Sequence[T]) -> list[T]:
    """At most :data:`MOST_POINTS` of ``points``, the ends among them: more cost bytes and nobody sees them."""
    most = min(len(points), MOST_POINTS)
    return [points[round(n * (len(points) - 1) / max(most - 1, 1))] for n in range(most)]


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Heights near ``wanted``, descending from the lowest on the picture upwards, so that labels do not touch."""
    placed: list[float] = []
    for y in wanted:
        y_inside = min(max(y, TOP), BOTTOM)
        placed.append(min(y_inside, placed[-1] - gap) if placed else y_inside)
    return placed


def element(name: str, content: str | None = None, /, **attributes: str | float) -> str:
    """An element with its attributes escaped; ``content`` is markup already. ``_`` in a name stands for a hyphen."""
    said = "".join(f' {key.replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{said}/>" if content is None else f"<{name}{said}>{content}</{name}>"


def text(words: str, x: float, y: float, size: int, /, **attributes: str | float) -> str:
    """A line of text, which is its characters and nothing else."""
    return element("text", escaped(words), x=x, y=y, font_size=size, **attributes)


def escaped(words: str) -> str:
    """Text as it stands in markup; what XML does not allow at all is left out."""
    return html.escape("".join(letter for letter in words if letter.isprintable()))


def path(points: Iterable[Point], *, closed: bool = False) -> str:
    """The outline through points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")


def written(day: date) -> str:
    """Write a day, in an order that nobody reads wrongly."""
    return f"{day.day} {day:%b %Y}"


def _attribute(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else f"{value:.10g}"
