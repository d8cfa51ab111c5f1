"""Facts on where the price stands: its extremes, its drawdown, its trend, the size of its moves, and the volume."""

from __future__ import annotations

import numpy as np

from common.domain.formats import format_date
from common.insights.comparison import Finding, age_words, compare, percentile_among, state
from common.insights.fact import Fact
from common.insights.history import FORTY_WEEKS, HALF_YEAR, MONTH, SEASON, TEN_WEEKS, YEAR, Floats, History
from common.insights.moves import percent, size_text
from common.insights.rolling import rolling_highest, rolling_mean, rolling_median, rolling_size
from common.insights.values import LeftOut

LEAST_IN_WINDOW = 10
"""The fewest moves that tell a volatility."""
_ROUNDING = 1e-12
"""Two means of one constant price may differ by less."""
_YEAR_REASON = "The prices reach back less than 52 weeks."
_DAYS_A_YEAR = 365.25


def level_facts(history: History) -> list[Finding]:
    """Return the facts on levels, the trend, the volatility and the volume."""
    return [_volatility(history), *_extremes(history), *_drawdown(history), *_trend(history), _volume(history)]


def extreme_positions(history: History) -> tuple[Floats, Floats]:
    """Return how far each close is from the highest and the lowest of its last 52 weeks, in logarithms.

    Returns:
        Distances of at most 0 from the high, and of at least 0 from the low; NaN in the first 52 weeks.
    """
    logs, days = history.logs, history.days
    return logs - rolling_highest(logs, days, YEAR), logs + rolling_highest(-logs, days, YEAR)


def trend_gaps(history: History) -> Floats:
    """Return the mean close of ten weeks over that of forty weeks, in logarithms; NaN in the first forty weeks."""
    short = rolling_mean(history.closes, history.rows_of(TEN_WEEKS))
    long = rolling_mean(history.closes, history.rows_of(FORTY_WEEKS))
    gaps = np.log(short) - np.log(long)
    return np.where(np.abs(gaps) < _ROUNDING, 0.0, gaps)


def _volatility(history: History) -> Finding:
    days, words = (MONTH, "month") if history.rows_of(MONTH) >= LEAST_IN_WINDOW else (HALF_YEAR, "half year")
    rows = history.rows_of(days)
    name = f"Volatility of the last {words}"
    if rows < LEAST_IN_WINDOW:
        reason = f"Half a year has fewer than {LEAST_IN_WINDOW} prices."
        return LeftOut(id="volatility", name=name, reason=reason)
    sizes = rolling_size(history.last_moves, rows) * np.sqrt(_DAYS_A_YEAR * history.rows_a_day)
    reason = f"The last {words} has a gap or too few prices."
    return compare(
        history, "volatility", name, 100 * sizes, "% a year", lambda value: f"{size_text(value)} a year", reason
    )


def _extremes(history: History) -> list[Finding]:
    from_high, from_low = extreme_positions(history)
    return [
        compare(
            history,
            "distance_high",
            "Distance from the 52-week high",
            percent(from_high),
            "%",
            lambda value: f"{size_text(value)} below its 52-week high" if value else "at its 52-week high",
            _YEAR_REASON,
        ),
        compare(
            history,
            "distance_low",
            "Distance from the 52-week low",
            percent(from_low),
            "%",
            lambda value: f"{size_text(value)} above its 52-week low" if value else "at its 52-week low",
            _YEAR_REASON,
        ),
    ]


def _drawdown(history: History) -> list[Finding]:
    highest = np.maximum.accumulate(history.logs)
    falls = percent(history.logs - highest)
    since = f"its highest close since {format_date(history.date_of(0))}"  # older ones may be stored
    drawdown = compare(
        history,
        "drawdown",
        "Drawdown from the highest close",
        falls,
        "%",
        lambda value: f"{size_text(value)} below {since}" if value else f"at {since}",
        "There is one price.",
    )
    if isinstance(drawdown, LeftOut):
        return [drawdown]
    peak = int(np.flatnonzero(history.logs == highest[-1])[-1])
    age, day = int(history.days[-1] - history.days[peak]), history.date_of(peak)
    return [drawdown, state(history, "drawdown_age", "Age of the highest close", age, "days", format_date(day))]


def _trend(history: History) -> list[Finding]:
    gaps = trend_gaps(history)
    trend = compare(
        history,
        "trend",
        "Mean close of ten weeks against that of forty weeks",
        percent(gaps),
        "%",
        lambda value: f"{size_text(value)} {'above' if value >= 0 else 'below'} that of forty weeks",
        "The prices reach back less than forty weeks.",
    )
    change = _trend_change(history, gaps)
    return [trend] if change is None else [trend, change]


def _trend_change(history: History, gaps: Floats) -> Finding | None:
    """Return how many days ago the shorter mean crossed the longer one; None without a crossing."""
    days, signs = history.days, np.sign(gaps)
    apart = np.flatnonzero(np.isfinite(gaps) & (gaps != 0))  # equal means are no new direction
    crossings = apart[1:][np.diff(signs[apart]) != 0]
    if not len(crossings):
        return None
    rows = np.arange(crossings[0], len(days))
    ages = days[rows] - days[crossings[np.searchsorted(crossings, rows, side="right") - 1]]
    age, past = int(ages[-1]), ages[:-1].astype(np.float64)
    fact = state(history, "trend_change", "Days since the trend changed", age, "days", age_words(age))
    if len(past) < SEASON:
        return fact
    return Fact(**{**dict(fact), "percentile": percentile_among(past, float(age)), "days_compared": len(past)})


def _volume(history: History) -> Finding:
    name = "Volume of the last close against the usual one"
    volumes = np.where(history.volumes > 0, history.volumes, np.nan)
    if not np.isfinite(volumes[-1]):
        reason = "The last close has no volume."
        return LeftOut(id="volume", name=name, reason=reason)
    rows = history.rows_of(SEASON)
    known = np.nan_to_num(volumes)
    usual = np.concatenate([[np.nan], rolling_median(known, rows)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(usual > 0, volumes / usual, np.nan)
    reason = "Too few of the closes before have a volume."
    return compare(
        history, "volume", name, ratios, "times the usual", lambda value: f"{value:.1f} times its usual volume", reason
    )
