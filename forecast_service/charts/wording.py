"""The words of the chart: header, footer, key and labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from textwrap import wrap

from common.domain.fields import VOLUME_UNITS, format_amount, format_value, format_volume
from common.domain.formats import format_price
from common.domain.markets.currencies import format_currency, format_unit
from common.domain.results import Backtest, Forecast
from forecast_service.charts.outcomes import BAND_LEVELS, OUTCOMES, below_reference, has_bands, outcomes_of
from forecast_service.charts.style import PREDICTED, PROPHET
from forecast_service.charts.view import prophet_line
from forecast_service.engine.evaluation.summary import coverage_sentence, percent

LINE_CHARACTERS, MOST_WARNING_LINES = 145, 8
"""The longest warning line that fits across the chart, and the number of lines that leaves room for the prices."""
_SOURCES = {"sample": "sample data, public-domain Quandl WIKI"}
_EVENT_LABELS = {"dividend": "Dividend", "split": "Split", "report": "Report"}
_MODELS = {"last_price": "last price", "prophet": "Prophet alone"}
_VOLUME_MODELS = {"blend": "level with weekdays", "last_price": "usual volume"}


@dataclass(frozen=True)
class Header:
    """The lines above the panels.

    ``notice`` warns of old prices and is None where the prices are current. ``warnings`` are lines about the prices and
    the interval.
    """

    title: str
    bounds: str
    summary: str
    notice: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndLabel:
    """The label of a price on the last day, at the right of the panel."""

    price: float
    text: str
    colour: str
    bold: bool


def header(forecast: Forecast) -> Header:
    """Return the prediction, its interval, and the errors of past predictions."""
    interval, unit = forecast.interval, forecast.value_unit
    as_of, target = _weekday_label(forecast.as_of), _weekday_label(forecast.target_date)
    bounds = (
        _band_words(forecast)
        if has_bands(forecast)
        else f"{percent(interval.level)} interval {format_amount(interval.lower, unit)} to "
        f"{format_amount(interval.upper, unit)}"
    )
    subject = forecast.ticker if forecast.field == "close" else f"{forecast.ticker}'s {forecast.field}"
    notice = f"Old prices: the days are counted from the last close, {as_of}, not from today."
    return Header(
        title=f"{subject}: {format_value(forecast.predicted_price, unit)} predicted for {target}",
        bounds=f"{bounds} {format_currency(unit)}; last {forecast.field} {format_value(forecast.last_close, unit)} "
        f"on {as_of}",
        summary=_first_sentence(forecast.verdict),
        notice=notice if forecast.data.stale else None,
        warnings=_warning_lines(forecast),
    )


def footer(forecast: Forecast) -> tuple[str, str]:
    """Return two lines: the source and date of the prices, and the engine and model."""
    data, model = forecast.data, forecast.model
    source = _SOURCES.get(data.source, data.source_name)
    shown = f"{percent(forecast.interval.level)} interval"
    if has_bands(forecast):
        shown += ", bands and outcomes" if forecast.distribution else " and bands"
    return (
        f"As of {date_label(forecast.as_of)} · Source: {source} · fetched {date_label(data.fetched_at)}",
        f"{shown} as far as the model knows · Engine: {model.version}, model {model.name} · Not investment advice",
    )


def description(forecast: Forecast) -> str:
    """Return what a screen reader reads in place of the chart, after its title."""
    outcomes = [f"{words}." for words in outcome_words(forecast)]
    sentences = [header(forecast).bounds + ".", forecast.verdict, *outcomes, *event_words(forecast)]
    sentences += [*forecast.data.flags, *footer(forecast)]
    return " ".join(sentences)


def event_labels(forecast: Forecast) -> dict[str, str]:
    """Return the key's label of each kind of event that the chart marks."""
    kinds = {event.kind for event in forecast.events}
    return {kind: label for kind, label in _EVENT_LABELS.items() if kind in kinds}


def event_words(forecast: Forecast) -> list[str]:
    """Return a sentence on the marked events, and one on a report that is expected; none without them."""
    return [words for words in (marked_events(forecast), forecast.report_note) if words]


def marked_events(forecast: Forecast) -> str:
    """Return a sentence on the events that the chart marks; nothing without them."""
    counts = [
        f"{count} {kind}{'s' * (count != 1)}"
        for kind in _EVENT_LABELS
        if (count := sum(event.kind == kind for event in forecast.events))
    ]
    return f"Marked below the prices: {', '.join(counts)}." if counts else ""


def outcome_words(forecast: Forecast) -> tuple[str, ...]:
    """Return the key's labels of the dots, which count those below the last close; none where there are no dots."""
    outcomes = outcomes_of(forecast)
    if outcomes is None:
        return ()
    below = below_reference(forecast, outcomes)
    return (
        f"Each dot: 1 of {OUTCOMES} equally likely outcomes",
        f"{below} of {OUTCOMES} outcomes end{'s' * (below == 1)} below {_reference_words(forecast)}",
    )


def axis_title(forecast: Forecast, *, logarithmic: bool) -> str:
    """Return the title of the axis of values, with their unit."""
    noun = "Price" if forecast.field == "close" else forecast.field.capitalize()
    return f"{noun} ({format_unit(forecast.value_unit)}{', logarithmic scale' if logarithmic else ''})"


def past_labels(forecast: Forecast) -> tuple[str, str]:
    """Return the key's labels of the past values and of the last one."""
    return forecast.field.capitalize(), f"Last {forecast.field}"


def model_label(forecast: Forecast) -> str:
    """Return the key's label of the forecast line."""
    name, weight = forecast.model.name, forecast.model.prophet_weight
    label = "Median forecast" if has_bands(forecast) else "Forecast"
    if forecast.is_of_volume and name in _VOLUME_MODELS:
        return f"{label} ({_VOLUME_MODELS[name]})"
    return f"{label} ({_MODELS.get(name, f'{name}, {100 * weight:.0f} % Prophet')})"


def end_labels(forecast: Forecast) -> list[EndLabel]:
    """Return the labels of the last day's prices, the lowest price first."""
    end, unit = forecast.forecast[-1], forecast.value_unit
    labels = [
        EndLabel(price, _short_value(price, unit), PREDICTED, bold=price == end.price)
        for price in (end.lower, end.price, end.upper)
    ]
    if prophet_line(forecast) and end.prophet is not None:
        labels.append(EndLabel(end.prophet, f"{_short_value(end.prophet, unit)} Prophet", PROPHET, bold=False))
    return sorted(labels, key=lambda label: label.price)


def backtest_caption(backtest: Backtest, *, of_volume: bool = False) -> str:
    """Return the title of the backtest panel, with the number of independent tests where the tests overlap."""
    ahead, scored, independent = backtest.horizon_trading_days, backtest.scored, backtest.independent_tests
    days = f"{ahead} trading day{'s' * (ahead != 1)}"
    change = f"the change within {days}"
    if of_volume:
        change = f"the difference from the weekday's usual volume, {days} ahead"
    shown = f"Such forecasts in the past: {change}, as forecast and as it came"
    return f"{shown} (these overlap: {scored} are worth about {independent})" if independent < scored else shown


def change_label(change: float) -> str:
    """Return the label of a round change in percent."""
    return f"{change:+.6g} %" if abs(change) > 1e-12 else "0 %"


def value_label(value: float, unit: str) -> str:
    """Return the label of a round value on its axis."""
    return format_volume(value) if unit in VOLUME_UNITS else price_label(value)


def price_label(price: float) -> str:
    """Return the label of a round price."""
    if price >= 1e8:
        return f"{price:.6g}"
    return f"{price:,.8g}" if price >= 1e-3 else format_price(price)


def date_label(day: date) -> str:
    """Return a day such as "1 Mar 2013", which is unambiguous in every country."""
    return f"{day.day} {day:%b %Y}"


def _warning_lines(forecast: Forecast) -> tuple[str, ...]:
    """Return the miscalibration of the interval and the flags of the data, in lines that fit across the chart."""
    backtest, level = forecast.backtest, forecast.interval.level
    miscalibration = (
        [coverage_sentence(backtest, level, forecast.field)] if backtest and backtest.miscalibration else []
    )
    warnings = [*miscalibration, *forecast.data.flags]
    lines = [line for warning in warnings for line in wrap(warning, LINE_CHARACTERS)]
    return tuple(lines[:MOST_WARNING_LINES])


def _band_words(forecast: Forecast) -> str:
    """Return the bounds of the bands on the last day, the narrowest first. The summary has those of the interval."""
    quantiles, unit = forecast.forecast[-1].quantiles, forecast.value_unit
    bands = [
        f"{percent(level)} band {_short_value(quantiles[number], unit)} to {_short_value(quantiles[-1 - number], unit)}"
        for number, level in enumerate(BAND_LEVELS)
        if level != forecast.interval.level
    ]
    return ", ".join(reversed(bands))


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".") + "."


def _weekday_label(day: date) -> str:
    return f"{day:%a} {date_label(day)}"


def _reference_words(forecast: Forecast) -> str:
    return "the usual volume" if forecast.is_of_volume else f"the last {forecast.field}"


def _short_value(value: float, unit: str) -> str:
    return format_volume(value) if unit in VOLUME_UNITS else _short_price(value)


def _short_price(price: float) -> str:
    """Return a price in at most about six digits."""
    if not 1e-5 <= price < 1e8:
        return f"{price:.4g}"
    return f"{price:,.0f}" if price >= 1e5 else format_price(price)
