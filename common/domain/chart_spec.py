"""What a picture of a forecast shows and says, however it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from textwrap import wrap
from typing import TypeVar

from common.domain.currencies import currency_words
from common.domain.results import Backtest, Forecast, FuturePrice

INK, PREDICTED, PROPHET, LAST_CLOSE, WARNING = "#000000", "#0072B2", "#009E73", "#E69F00", "#D55E00"
"""From the palette of Okabe and Ito, which people with any kind of colour vision can tell apart."""
MOST_POINTS = 400
"""One for two or three pixels; more cost time and bytes that nobody sees."""
LINE_CHARACTERS, MOST_WARNING_LINES = 145, 8
"""The length of a warning's line, which fits across a chart in small letters, and how many such lines leave room for
the prices."""
LOG_SCALE_FROM = 8.0
"""Above this ratio of the highest to the lowest price in view, a linear axis would press the past flat."""
_VIEW_FACTOR = 30.0
"""The interval may leave the view where it is this far beyond every close and every predicted price."""
_PROPHET_STRETCH = 1 / 3
"""By this much of its height the view may grow for Prophet's own line; one that goes further leaves the view."""
_CHANGE_STRETCH = 1.5
"""Past intervals and forecasts leave the view at this multiple of the largest change that came."""
_SOURCES = {"sample": "sample data, public-domain Quandl WIKI"}
_MODELS = {"last_price": "last price", "prophet": "Prophet alone"}

T = TypeVar("T")


@dataclass(frozen=True)
class Heading:
    """The lines above the panels.

    ``notice`` warns of old prices, where they are old. ``warnings`` are lines about the prices and the interval.
    """

    title: str
    bounds: str
    verdict: str
    notice: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndLabel:
    """A price of the last day, as it is written beside the panel."""

    price: float
    text: str
    colour: str
    bold: bool


def heading(forecast: Forecast) -> Heading:
    """Say what is predicted, how sure that is, and what such predictions were worth."""
    interval, currency = forecast.interval, currency_words(forecast.currency)
    as_of, target = _long(forecast.as_of), _long(forecast.target_date)
    bounds = f"{percent(interval.level)} interval {_price(interval.lower)} to {_price(interval.upper)} {currency}"
    notice = f"Old prices: the days are counted from the last close, {as_of}, not from today."
    return Heading(
        title=f"{forecast.ticker}: {_price(forecast.predicted_price)} {currency} predicted for {target}",
        bounds=f"{bounds}; last close {_price(forecast.last_close)} {currency} on {as_of}",
        verdict=forecast.verdict.partition(". ")[0].removesuffix(".") + ".",
        notice=notice if forecast.data.stale else None,
        warnings=_warning_lines(forecast),
    )


def warnings_of(forecast: Forecast) -> list[str]:
    """Return what a reader must know before relying on the forecast: an interval that misled, unusual prices."""
    tests, level = forecast.backtest, forecast.interval.level
    misled = [coverage_words(tests, level)] if tests and judgement_of(tests) else []
    return [*misled, *forecast.data.flags]


def judgement_of(tests: Backtest) -> str | None:
    """Return "too narrow" or "too wide" where the coverage contradicts the interval's level, else None."""
    return tests.calibration.replace("_", " ") if tests.calibration in ("too_narrow", "too_wide") else None


def _warning_lines(forecast: Forecast) -> tuple[str, ...]:
    """Return the warnings in lines that fit across a chart."""
    lines = [line for warning in warnings_of(forecast) for line in wrap(warning, LINE_CHARACTERS)]
    return tuple(lines[:MOST_WARNING_LINES])


def footing(forecast: Forecast) -> tuple[str, str]:
    """Say what the forecast rests on, and how it was made."""
    data, model = forecast.data, forecast.model
    source = _SOURCES.get(data.source, data.source)
    level = f"{percent(forecast.interval.level)} interval as far as the model knows"
    return (
        f"As of {written(forecast.as_of)} · Source: {source} · fetched {written(data.fetched_at)}",
        f"{level} · Engine: {model.version}, model {model.name} · Not investment advice",
    )


def model_label(forecast: Forecast) -> str:
    """Name the model in a key."""
    name, weight = forecast.model.name, forecast.model.prophet_weight
    return f"Forecast ({_MODELS.get(name, f'{name}, {100 * weight:.0f} % Prophet')})"


def price_view(forecast: Forecast) -> tuple[float, float]:
    """The lowest and the highest price in view.

    All closes, all predicted prices, and the interval as far as it leaves them to be seen. Prophet's own line is there
    to compare: it widens the view where it is near, and is cut off where it would press the rest flat.
    """
    lines = [point.close for point in forecast.series] + [point.price for point in forecast.forecast]
    low, high = min(lines), max(lines)
    low, high = (
        max(min(low, *(point.lower for point in forecast.forecast)), low / _VIEW_FACTOR),
        min(max(high, *(point.upper for point in forecast.forecast)), high * _VIEW_FACTOR),
    )
    beside = [point.prophet for point in beside_by_prophet(forecast) if point.prophet is not None]
    lowest, highest = _stretched(low, high)
    near = [price for price in (min(beside), max(beside)) if lowest <= price <= highest] if beside else []
    return min(low, high, *near), max(low, high, *near)


def beside_by_prophet(forecast: Forecast) -> list[FuturePrice]:
    """The days on which Prophet has a line of its own beside the model's."""
    if forecast.model.name == "prophet":
        return []
    return [point for point in forecast.forecast if point.prophet is not None]


def end_labels(forecast: Forecast) -> list[EndLabel]:
    """The last day's prices, the lowest first."""
    end = forecast.forecast[-1]
    labels = [
        EndLabel(price, _brief(price), PREDICTED, bold=price == end.price)
        for price in (end.lower, end.price, end.upper)
    ]
    if beside_by_prophet(forecast) and end.prophet is not None:
        labels.append(EndLabel(end.prophet, f"{_brief(end.prophet)} Prophet", PROPHET, bold=False))
    return sorted(labels, key=lambda label: label.price)


def past_of(forecast: Forecast) -> Backtest | None:
    """The backtest, where it has points to show; the verdict says why where it has none."""
    return forecast.backtest if forecast.backtest and forecast.backtest.points else None


def caption(backtest: Backtest) -> str:
    """Say what the panel of the past shows, and how much that is worth."""
    ahead, scored, independent = backtest.horizon_trading_days, backtest.scored, backtest.independent
    days = f"{ahead} trading day{'s' * (ahead != 1)}"
    shown = f"Such forecasts in the past: the change within {days}, as forecast and as it came"
    return f"{shown} (these overlap: {scored} are worth about {independent})" if independent < scored else shown


def coverage_words(backtest: Backtest, level: float) -> str:
    """State how often the interval held the price, and judge that."""
    interval, held, scored = f"The {percent(level)} interval", backtest.held, backtest.scored
    judged = judgement_of(backtest)
    if judged:
        return f"{interval} was {judged} in the past: {held} of {scored} prices came inside it."
    count = f"{interval} held the price {held} time{'s' * (held != 1)} of {scored}"
    if backtest.calibration == "too_few_tests":
        return f"{count}: too few independent tests to judge it."
    return f"{count}, which fits its level." if backtest.calibration == "as_said" else f"{count}."


def change_view(backtest: Backtest) -> tuple[float, float]:
    """The lowest and the highest change in view, in percent: all that came, and of the forecasts what is sensible."""
    points = backtest.points
    came = [point.change(point.actual) for point in points]
    lower = [point.change(min(point.lower, point.price)) for point in points]
    upper = [point.change(max(point.upper, point.price)) for point in points]
    usual = median(point.change(point.upper) - point.change(point.lower) for point in points)
    most = _CHANGE_STRETCH * max(*map(abs, came), usual / 2)
    low, high = min(*came, max(min(lower), -most)), max(*came, min(max(upper), most))
    margin = 0.08 * (high - low) or 1.0
    return low - margin, high + margin


def thinned(points: Sequence[T]) -> list[T]:
    """At most :data:`MOST_POINTS` of ``points``, the ends among them."""
    most = min(len(points), MOST_POINTS)
    return [points[round(n * (len(points) - 1) / max(most - 1, 1))] for n in range(most)]


def percent(share: float) -> str:
    """Write a share of 1 in percent."""
    return f"{share * 100:.10g} %"


def change_label(change: float) -> str:
    """Write a round change in percent."""
    return f"{change:+.6g} %" if abs(change) > 1e-12 else "0 %"


def price_label(price: float) -> str:
    """Write a round price."""
    return f"{price:,.8g}" if 1e-3 <= price < 1e8 else f"{price:.6g}"


def written(day: date) -> str:
    """Write a day, in an order that nobody reads wrongly."""
    return f"{day.day} {day:%b %Y}"


def _long(day: date) -> str:
    return f"{day:%a} {written(day)}"


def _price(price: float) -> str:
    return f"{price:,.2f}" if 1 <= price < 1e9 else f"{price:.4g}"


def _brief(price: float) -> str:
    """Write a price in about six digits."""
    if 1e5 <= price < 1e8:
        return f"{price:,.0f}"
    return f"{price:,.2f}" if 1 <= price < 1e5 else f"{price:.4g}"


def _stretched(low: float, high: float) -> tuple[float, float]:
    if high / low > LOG_SCALE_FROM:
        factor = (high / low) ** _PROPHET_STRETCH
        return low / factor, high * factor
    more = _PROPHET_STRETCH * (high - low)
    return low - more, high + more
