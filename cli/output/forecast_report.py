"""A forecast in words, for a terminal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cli.output.terminal import Paint
from common.domain.currencies import currency_words
from common.domain.results import DataUsed, Forecast

_HUGE = 1e9


def written_date(day: date) -> str:
    """Write a date like ``Tue 2 Apr 2013``, whatever the machine's language."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{weekday} {day.day} {month} {day.year}"


def written_price(value: float) -> str:
    """Write a price with two decimals; with four significant digits where it is below 1, or too large for a stock."""
    return f"{value:,.2f}" if 1 <= abs(value) < _HUGE else f"{value:.4g}"


def written_forecast(forecast: Forecast, picture: Path, paint: Paint) -> str:
    """Write the whole report: the price with its date first, then how sure it is and what it rests on."""
    interval, currency = forecast.interval, currency_words(forecast.currency)
    price, lower, upper = map(written_price, (forecast.predicted_price, interval.lower, interval.upper))
    rows = {
        f"{interval.level * 100:g} % interval": f"{lower} to {upper} {currency}",
        "last close": f"{written_price(forecast.last_close)} {currency} on {written_date(forecast.as_of)}",
        "counted from": f"{written_date(forecast.counted_from)}, {written_days(forecast.days)} ahead",
        "source": _source(forecast.data),
        "picture": str(picture),
    }
    head = f"{forecast.ticker} on {written_date(forecast.target_date)}: {price} {currency}"
    lines = [paint.bold(head), *(f"  {name:<14} {value}" for name, value in rows.items())]
    return "\n".join([*lines, forecast.verdict, *warnings_on(forecast, paint)])


def _source(data: DataUsed) -> str:
    return f"{data.source_name}, {data.rows} daily prices from {written_date(data.first)} to {written_date(data.last)}"


def warnings_on(forecast: Forecast, paint: Paint) -> list[str]:
    """Return what a reader has to know about the prices: what is unusual, and that they are a sample, or old."""
    return [paint.yellow(words) for words in (*forecast.data.flags, *_age_warnings(forecast))]


def _age_warnings(forecast: Forecast) -> list[str]:
    last = written_date(forecast.as_of)
    if forecast.data.source == "sample":
        sample = f"These are old sample prices that end on {last}"
        return [f"{sample}: the forecast is an example, not about today's market."]
    if forecast.data.stale:
        return [f"The prices are old: the newest known close is of {last}, and the forecast starts there."]
    return []


def written_days(days: int) -> str:
    """Write a number of days."""
    return "1 day" if days == 1 else f"{days} days"
