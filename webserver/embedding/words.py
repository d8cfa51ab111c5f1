"""The sentences of charts and badges."""

from __future__ import annotations

from html import escape

from common.domain.formats import format_date, format_days, format_price
from webserver.embedding.models import ShownForecast

PENDING = "being made"


def range_words(forecast: ShownForecast) -> str:
    """Return the range with its unit, such as ``195.20 to 231.40 USD``."""
    return f"{format_price(forecast.end.lower)} to {format_price(forecast.end.upper)} {forecast.currency}"


def level_words(forecast: ShownForecast) -> str:
    """Return the level of the range in percent."""
    return f"{100 * forecast.level:g} %"


def date_words(forecast: ShownForecast) -> str:
    """Return the days of the forecast and of the last close."""
    old = ", an old close" if forecast.is_stale else ""
    return (
        f"{format_days(forecast.days)} ahead, to {format_date(forecast.target)}, from the close of "
        f"{format_date(forecast.as_of)}{old}"
    )


def sentence(forecast: ShownForecast) -> str:
    """Return the whole forecast in words."""
    return (
        f"{forecast.ticker}: {range_words(forecast)} ({level_words(forecast)}), {date_words(forecast)}. "
        f"Prices: {forecast.source}. Not investment advice."
    )


def escaped(text: str) -> str:
    """Escape a text for HTML and XML, without the characters that XML does not allow."""
    return escape("".join(letter for letter in text if letter.isprintable()))
