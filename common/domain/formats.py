"""The text of dates, prices and numbers of days."""

from __future__ import annotations

from datetime import date

_HUGE = 1e9


def format_date(day: date) -> str:
    """Format a date as ``Tue 2 Apr 2013`` in every locale."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{weekday} {day.day} {month} {day.year}"


def format_price(value: float) -> str:
    """Format a price with two decimals, or with four significant digits below 1 and from 1e9 on."""
    return f"{value:,.2f}" if 1 <= abs(value) < _HUGE else f"{value:.4g}"


def format_days(days: int) -> str:
    """Format a number of days."""
    return "1 day" if days == 1 else f"{days} days"
