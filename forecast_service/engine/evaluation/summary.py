"""The summary of a forecast: two or three sentences about the stock and the test."""

from __future__ import annotations

from common.domain.formats import format_price
from common.domain.markets.currencies import format_currency
from common.domain.price_chances import chance_words
from common.domain.results import Backtest, Forecast, Risk

UNUSUAL = 0.9
"""Moves are called unusually large where they were smaller on this fraction of past days, and small likewise."""


def summary(forecast: Forecast) -> str:
    """Return the range in which the price may end, how often such ranges held, and what is unusual now."""
    if format_price(forecast.interval.lower) == format_price(forecast.interval.upper):
        last_close = f"{format_price(forecast.last_close)} {format_currency(forecast.currency)}"
        return f"The price has hardly moved, so there is no range to state. The last close was {last_close}."
    return " ".join([_range_sentence(forecast), _test_sentence(forecast), *_unusual_moves(forecast.risk)])


def _range_sentence(forecast: Forecast) -> str:
    interval, chances = forecast.interval, forecast.chances
    prices = f"{format_price(interval.lower)} and {format_price(interval.upper)} {format_currency(forecast.currency)}"
    gain = f"; a gain is {chance_words(chances.above_last_close)} likely" if chances else ""
    return (
        f"With a probability of {percent(interval.level)}, it may end between {prices} on {forecast.target_date}{gain}."
    )


def _test_sentence(forecast: Forecast) -> str:
    if forecast.backtest is None:
        return "The history is too short to test ranges this far ahead."
    return coverage_sentence(forecast.backtest, forecast.interval.level)


def coverage_sentence(backtest: Backtest, level: float) -> str:
    """Return how many prices the interval held, and whether that fits its level."""
    held, tests = backtest.scored_inside, f"{backtest.scored} test{'s' * (backtest.scored != 1)} in the past"
    if backtest.independent_tests < backtest.scored:
        tests += f" (which overlap, and are worth about {backtest.independent_tests})"
    count = f"Such a range held the price in {held} of {tests}"
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
