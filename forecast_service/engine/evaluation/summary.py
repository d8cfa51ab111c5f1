"""The summary of a forecast: two or three sentences about the stock and the test."""

from __future__ import annotations

from common.domain.fields import Field, field_noun, format_amount, format_value
from common.domain.markets.currencies import format_currency
from common.domain.price_chances import chance_words
from common.domain.results import Backtest, Forecast, Risk

UNUSUAL = 0.9
"""Moves are called unusually large where they were smaller on this fraction of past days, and small likewise."""


def summary(forecast: Forecast) -> str:
    """Return the range in which the price may end, how often such ranges held, and what is unusual now.

    The summary of another field names it, and that of volume has the yardstick.
    """
    unit, noun = forecast.value_unit, field_noun(forecast.field)
    if format_amount(forecast.interval.lower, unit) == format_amount(forecast.interval.upper, unit):
        last = "close" if forecast.field == "close" else noun
        return (
            f"The {noun} has hardly moved, so there is no range to state. The last {last} was "
            f"{format_value(forecast.last_close, unit)}."
        )
    sentences = [_range_sentence(forecast), *_yardstick_sentence(forecast), _test_sentence(forecast)]
    return " ".join([*sentences, *_unusual_moves(forecast.risk)])


def _range_sentence(forecast: Forecast) -> str:
    interval, chances, unit = forecast.interval, forecast.chances, forecast.value_unit
    values = f"{format_amount(interval.lower, unit)} and {format_amount(interval.upper, unit)} {format_currency(unit)}"
    if forecast.field == "close":
        gain = f"; a gain is {chance_words(chances.above_last_close)} likely" if chances else ""
        return (
            f"With a probability of {percent(interval.level)}, it may end between {values} on "
            f"{forecast.target_date}{gain}."
        )
    article = "an" if forecast.field == "open" else "a"
    chance = chance_words(chances.above_last_close) if chances else ""
    above = f"; {article} {forecast.field} above the last one is {chance} likely" if chances else ""
    return (
        f"With a probability of {percent(interval.level)}, {forecast.ticker}'s {forecast.field} on "
        f"{forecast.target_date} may be between {values}{above}."
    )


def _yardstick_sentence(forecast: Forecast) -> list[str]:
    if not forecast.is_of_volume or forecast.yardstick is None:
        return []
    return [f"The usual volume of that weekday is {format_value(forecast.yardstick, forecast.value_unit)}."]


def _test_sentence(forecast: Forecast) -> str:
    if forecast.backtest is None:
        return "The history is too short to test ranges this far ahead."
    return coverage_sentence(forecast.backtest, forecast.interval.level, forecast.field)


def coverage_sentence(backtest: Backtest, level: float, field: Field = "close") -> str:
    """Return how many prices the interval held, and whether that fits its level."""
    held, tests = backtest.scored_inside, f"{backtest.scored} test{'s' * (backtest.scored != 1)} in the past"
    if backtest.independent_tests < backtest.scored:
        tests += f" (which overlap, and are worth about {backtest.independent_tests})"
    count = f"Such a range held the {field_noun(field)} in {held} of {tests}"
    if backtest.miscalibration:
        return f"{count}, so it was {backtest.miscalibration}."
    if backtest.calibration == "too_few_tests":
        return f"{count}: too few to judge it."
    return f"{count}, which fits its level of {percent(level)}." if backtest.calibration == "as_said" else f"{count}."


def percent(fraction: float) -> str:
    """Return a fraction of 1 in percent."""
    return f"{fraction * 100:.10g} %"


def _unusual_moves(risk: Risk | None) -> list[str]:
    """Return a sentence where the present moves are unusually large or small for the stock."""
    if risk is None:
        return []
    larger = risk.volatility_percentile
    if larger >= UNUSUAL:
        return [f"Its moves of the last weeks are unusually large: larger than on {chance_words(larger)} of past days."]
    if larger <= 1 - UNUSUAL:
        return [
            f"Its moves of the last weeks are unusually small: smaller than on {chance_words(1 - larger)} of past days."
        ]
    return []
