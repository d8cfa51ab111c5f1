"""The text of a forecast."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cli.output.terminal import Paint
from common.domain.currencies import format_currency
from common.domain.results import DataUsed, Forecast

_HUGE = 1e9


def format_date(day: date) -> str:
    """Format a date as ``Tue 2 Apr 2013`` in every locale."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{weekday} {day.day} {month} {day.year}"


def format_price(value: float) -> str:
    """Format a price with two decimals, or with four significant digits below 1 and from 1e9 on."""
    return f"{value:,.2f}" if 1 <= abs(value) < _HUGE else f"{value:.4g}"


def format_forecast(forecast: Forecast, chart: Path, paint: Paint) -> str:
    """Return the report: the price with its date, the interval, the source, the summary and the warnings."""
    interval, currency = forecast.interval, format_currency(forecast.currency)
    price, lower, upper = map(format_price, (forecast.predicted_price, interval.lower, interval.upper))
    rows = {
        f"{interval.level * 100:g} % interval": f"{lower} to {upper} {currency}",
        "last close": f"{format_price(forecast.last_close)} {currency} on {format_date(forecast.as_of)}",
        "counted from": f"{format_date(forecast.counted_from)}, {format_days(forecast.days)} ahead",
        "source": _source(forecast.data),
        "chart": str(chart),
    }
    head = f"{forecast.ticker} on {format_date(forecast.target_date)}: {price} {currency}"
    lines = [paint.bold(head), *(f"  {name:<14} {value}" for name, value in rows.items())]
    return "\n".join([*lines, forecast.verdict, *price_warnings(forecast, paint)])


def _source(data: DataUsed) -> str:
    return f"{data.source_name}, {data.rows} daily prices from {format_date(data.first)} to {format_date(data.last)}"


def price_warnings(forecast: Forecast, paint: Paint) -> list[str]:
    """Return the flags of the prices, and a warning if they are a sample or old."""
    return [paint.yellow(words) for words in (*forecast.data.flags, *_age_warnings(forecast))]


def _age_warnings(forecast: Forecast) -> list[str]:
    last = format_date(forecast.as_of)
    if forecast.data.source == "sample":
        sample = f"These are old sample prices that end on {last}"
        return [f"{sample}. The forecast is an example and says nothing about today's market."]
    if forecast.data.stale:
        return [f"The prices are old: the last close is of {last}, and the forecast starts there."]
    return []


def format_days(days: int) -> str:
    """Format a number of days."""
    return "1 day" if days == 1 else f"{days} days"
