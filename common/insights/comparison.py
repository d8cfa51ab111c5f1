"""How unusual the newest value of a series is against all earlier ones, as a fact."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np

from common.domain.formats import format_count, format_days
from common.insights.fact import Fact
from common.insights.history import Floats, History
from common.insights.values import LeftOut

LEAST_COMPARED = 60
"""With fewer earlier values, a percentile means little."""
_DIGITS = 6


Finding = Fact | LeftOut


def compare(  # noqa: PLR0913, PLR0917 - the fields of a fact
    history: History, fact_id: str, name: str, values: Floats, unit: str, write: Callable[[float], str], reason: str
) -> Finding:
    """Return the newest value of a series as a fact, with its percentile among the earlier ones.

    Args:
        history: the prices.
        fact_id: the fact's id.
        name: the fact's name for people.
        values: the value at each row, from prices up to that row; NaN where it is unknown.
        unit: the unit of the values.
        write: returns the text of a value.
        reason: why the newest value is missing, where it is.
    """
    if not len(values) or not math.isfinite(values[-1]):
        return LeftOut(id=fact_id, name=name, reason=reason)
    past = values[:-1][np.isfinite(values[:-1])]
    if len(past) < LEAST_COMPARED:
        few = f"There are {len(past)} earlier days to compare with, and {LEAST_COMPARED} are needed."
        return LeftOut(id=fact_id, name=name, reason=few)
    value = round(float(values[-1]), _DIGITS)
    return Fact(
        id=fact_id,
        name=name,
        value=value,
        unit=unit,
        text=write(value),
        date=history.last_day,
        percentile=percentile_among(past, float(values[-1])),
        days_compared=len(past),
        source=history.source,
    )


def state(  # noqa: PLR0913, PLR0917 - the fields of a fact
    history: History, fact_id: str, name: str, value: float | str, unit: str, text: str
) -> Fact:
    """Return a value of the newest day as a fact that is not compared."""
    rounded = round(value, _DIGITS) if isinstance(value, float) else value
    return uncompared(fact_id, name, rounded, unit, text, history.last_day, history.source)


def uncompared(  # noqa: PLR0913, PLR0917 - the fields of a fact
    fact_id: str, name: str, value: float | str, unit: str, text: str, day: date, source: str
) -> Fact:
    """Return a fact that is not compared with other days."""
    return Fact(
        id=fact_id,
        name=name,
        value=value,
        unit=unit,
        text=text,
        date=day,
        percentile=None,
        days_compared=None,
        source=source,
    )


def percentile_among(past: Floats, value: float) -> float:
    """Return the share of values below ``value`` in percent, as if equal ones were nearer to the middle than it.

    Above 50, it is the share of smaller values; below 50, 100 less the share of larger ones. It is 50 where neither
    share is a majority. So a sentence may say "higher than on 97 % of the days" where many are equal. It is rounded
    towards the middle: 0 and 100 mean that no earlier value is as low or as high.
    """
    equal = np.isclose(past, value, rtol=1e-9, atol=1e-12)
    below, above = (100 * float((side & ~equal).mean()) for side in (past < value, past > value))
    percent = below if below > 50 else 100 - above if above > 50 else 50.0
    rounded = math.floor(100 * percent) if percent >= 50 else math.ceil(100 * percent)
    return rounded / 100


def rank_words(fact: Fact, higher: str = "higher", lower: str = "lower") -> str:
    """Return how unusual a fact is, such as ``higher than on 97 % of 2340 earlier days``; empty if not compared.

    Args:
        fact: the fact.
        higher: the comparative of a value that is higher than most.
        lower: the comparative of one that is lower than most.
    """
    if fact.percentile is None or fact.days_compared is None:
        return ""
    days = f"{format_count(fact.days_compared)} earlier days"
    if fact.percentile == 50:
        return f"neither {higher} nor {lower} than on most of {days}"
    word = higher if fact.percentile > 50 else lower
    share = max(fact.percentile, 100 - fact.percentile)
    if share == 100:
        return f"{word} than on each of {days}"
    percent = f"{math.floor(share)}" if share < 99 else f"{math.floor(10 * share) / 10:g}"
    return f"{word} than on {percent} % of {days}"


def age_words(days: int) -> str:
    """Return when something was, by the number of days before the last close."""
    return f"{format_days(days)} before the last close" if days else "on the day of the last close"
