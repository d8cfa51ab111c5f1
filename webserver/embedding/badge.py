"""A badge as SVG: a label, and the range of the forecast."""

from __future__ import annotations

from common.domain.errors import Failure
from common.domain.formats import format_days
from webserver.embedding.models import ShownForecast
from webserver.embedding.words import PENDING, escaped, level_words, range_words, sentence

_HEIGHT, _PADDING = 20, 7
_NARROW, _WIDE = frozenset("iIjlftr.,:;'|!()[] 1"), frozenset("mMwWGOQ%@")
_NARROW_PX, _USUAL_PX, _WIDE_PX = 4.6, 7.0, 9.6
"""The widths of letters of Verdana at 11 pixels. ``textLength`` corrects what another font makes of them."""
_LABEL, _VALUE, _WAITING, _WRONG = "#3a4350", "#1d4f91", "#5b6573", "#9a3412"


def badge(ticker: str, days: int, forecast: ShownForecast | None) -> str:
    """Return the badge of a forecast; without one, a badge that says that it is being made."""
    label = f"{ticker}, {format_days(days)}"
    if forecast is None:
        return _drawn(label, PENDING, _WAITING, f"{label}: the forecast is {PENDING}.")
    return _drawn(label, f"{range_words(forecast)} ({level_words(forecast)})", _VALUE, sentence(forecast))


def failure_badge(label: str, failure: Failure) -> str:
    """Return the badge of a failure."""
    return _drawn(label, failure.code.replace("_", " "), _WRONG, f"{label}: {failure.detail}")


def _drawn(label: str, value: str, colour: str, title: str) -> str:
    label_px, value_px = _width(label), _width(value)
    left, whole = label_px + 2 * _PADDING, label_px + value_px + 4 * _PADDING
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escaped(title)}">',
        f"<title>{escaped(title)}</title>",
        f'<clipPath id="r"><rect width="{whole}" height="{_HEIGHT}" rx="4"/></clipPath>',
        f'<g clip-path="url(#r)"><rect width="{left}" height="{_HEIGHT}" fill="{_LABEL}"/>'
        f'<rect x="{left}" width="{whole - left}" height="{_HEIGHT}" fill="{colour}"/></g>',
        '<g fill="#ffffff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">',
        f'<text x="{_PADDING}" y="14" textLength="{label_px}">{escaped(label)}</text>',
        f'<text x="{left + _PADDING}" y="14" textLength="{value_px}">{escaped(value)}</text></g></svg>',
    )
    return "".join(parts)


def _width(text: str) -> int:
    return round(sum(_NARROW_PX if c in _NARROW else _WIDE_PX if c in _WIDE else _USUAL_PX for c in text))
