"""Where a day and a price are in the SVG, which round ones are marked, and the elements that it is made of."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.domain.chart_spec import INK, LOG_SCALE_FROM, written

WIDTH, MARGIN = 1200, 30
LEFT, RIGHT = 88.0, 1020.0
"""The edges of both panels; to the right of them stand their labels."""
MOST_DATES, MOST_VALUES = 9, 9
_PITCH = 25.0
"""How far apart the lines of values are at least."""
_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_LETTER_EM, _WIDE_EM, _BOLD, _SMALLEST = 0.56, 1.0, 1.2, 6
"""The widths of letters in their size, on average; by how much bold ones are wider; the smallest size of a line."""
_MONDAY = date(1970, 1, 5)

Point = tuple[float, float]


@dataclass(frozen=True)
class SvgPanel:
    """A panel: its first and last day, its lowest and highest value, where it is; ``signed``: they may be negative."""

    first: date
    last: date
    low: float
    high: float
    top: float
    bottom: float
    signed: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether equal heights are equal ratios."""
        return not self.signed and self.high / self.low > LOG_SCALE_FROM

    def point(self, day: date, value: float) -> Point:
        """Where a value on a day is, in pixels from the top left corner."""
        days = max((self.last - self.first).days, 1)
        x = LEFT + (RIGHT - LEFT) * (0.02 + 0.96 * (day - self.first).days / days)
        values = (self.low, self.high, value)
        low, high, value = (math.log(max(v, 1e-12)) for v in values) if self.logarithmic else values
        share = (value - low) / (high - low) if high > low else 0.5
        # What is far outside is only less far: a browser's coordinates have ends.
        return x, self.bottom - (self.bottom - self.top) * (0.04 + 0.92 * min(max(share, -20.0), 20.0))

    def value_ticks(self) -> list[float]:
        """A few round values in view."""
        most = min(int((self.bottom - self.top) / _PITCH), MOST_VALUES)
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            ticks = [mantissa * 10.0**power for power in powers for mantissa in (1, 2, 5)]
            inside = [tick for tick in ticks if self.low <= tick <= self.high]
            return inside[:: math.ceil(len(inside) / most) or 1]
        rough = (self.high - self.low) / most or self.high / 100
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


def grid(frame: SvgPanel, write: Callable[[float], str]) -> Iterator[str]:
    """Draw a panel's axes and its lines of round days and values; ``write`` writes a value."""
    pale: dict[str, str | float] = {"stroke": INK, "stroke_opacity": 0.12, "stroke_width": 0.8}
    for day, label in frame.date_ticks():
        x, _ = frame.point(day, frame.low)
        yield element("path", d=path([(x, frame.top), (x, frame.bottom)]), **pale)
        yield text(label, x, frame.bottom + 19, 12, text_anchor="middle")
    for value in frame.value_ticks():
        _, y = frame.point(frame.first, value)
        yield element("path", d=path([(LEFT, y), (RIGHT, y)]), **pale)
        yield text(write(value), LEFT - 7, y + 4, 12, text_anchor="end")
    corner = path([(LEFT, frame.top), (LEFT, frame.bottom), (RIGHT, frame.bottom)])
    yield element("path", d=corner, fill="none", stroke=INK, stroke_width=0.9)


def clipped(frame: SvgPanel, content: Iterable[str], name: str) -> str:
    """What is seen of ``content`` in a panel; ``name`` is no other panel's."""
    room = element("rect", x=LEFT, y=frame.top, width=RIGHT - LEFT, height=frame.bottom - frame.top)
    clip = element("clipPath", room, id=name)
    return clip + element("g", "".join(content), clip_path=f"url(#{name})", fill="none")


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Heights near ``wanted``, descending from the lowest on the picture upwards, so that labels do not touch."""
    placed: list[float] = []
    for y in wanted:
        y_inside = min(max(y, top), bottom)
        placed.append(min(y_inside, placed[-1] - gap) if placed else y_inside)
    return placed


def element(name: str, content: str | None = None, /, **attributes: str | float) -> str:
    """An element with its attributes escaped; ``content`` is markup already. ``_`` in a name stands for a hyphen."""
    said = "".join(f' {key.replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{said}/>" if content is None else f"<{name}{said}>{content}</{name}>"


def text(words: str, x: float, y: float, size: int, /, **attributes: str | float) -> str:
    """A line of text, which is its characters and nothing else."""
    return element("text", escaped(words), x=x, y=y, font_size=size, **attributes)


def heading_line(words: str, y: float, size: int, /, *, bold: bool = False, **attributes: str | float) -> str:
    """A line of text across the drawing, in smaller letters where it is too long.

    The reader's font is unknown, so the width is an estimate from the letters of DejaVu Sans.
    """
    ems = sum(_WIDE_EM if letter in "WMm@%" else _LETTER_EM for letter in words) * (_BOLD if bold else 1.0)
    fitting = min(size, int((WIDTH - 2 * MARGIN) / max(ems, 1.0)))
    weight = {"font_weight": "bold"} if bold else {}
    return text(words, MARGIN, y, max(fitting, _SMALLEST), **weight, **attributes)


def escaped(words: str) -> str:
    """Text as it stands in markup; what XML does not allow at all is left out."""
    return html.escape("".join(letter for letter in words if letter.isprintable()))


def path(points: Iterable[Point], *, closed: bool = False) -> str:
    """The outline through points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")


def _attribute(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else f"{value:.10g}"
