"""Sentences about facts as the insights state them: each number stands at its own subject."""

from __future__ import annotations

from datetime import date

import pytest

from common.insights.fact import Fact
from webserver.insights.language_model.sentence import fill_slots
from webserver.insights.language_model.subjects import UNWORDED
from webserver.insights.language_model.validator import TextRefused, check_sentence
from webserver.insights.models import TEMPLATES, StockInsights
from webserver.insights.wording import facts_to_word


def fact(fact_id, name, value, text, percentile=None):
    return Fact(
        id=fact_id, name=name, value=value, unit="", text=text, date=date(2026, 11, 27), percentile=percentile,
        days_compared=None if percentile is None else 1200, source="tiingo",
    )  # fmt: skip


FACTS = [
    fact("last_close", "Last close", 231.4, "231.40 USD"),
    fact("move_day", "Move of the last close", -4.9, "−4.9 %", 0.6),
    fact("move_day_usual", "Move of the last close in usual moves", 3.4, "3.4 times its usual move", 99.0),
    fact("move_week", "Move of the last week", 3.2, "+3.2 %", 85.0),
    fact("move_month", "Move of the last month", -8.0, "−8.0 %", 12.0),
    fact("move_year", "Move of the last year", 30.0, "+30.0 %", 70.0),
    fact("gap", "Opening against the close before", -1.2, "−1.2 %", 4.0),
    fact("run", "Closes in a row in one direction", -3.0, "3 times in a row", 9.0),
    fact("volatility", "Volatility of the last month", 23.0, "23.0 % a year", 60.0),
    fact("distance_high", "Distance from the 52-week high", -12.0, "12.0 % below its 52-week high", 40.0),
    fact("distance_low", "Distance from the 52-week low", 40.0, "40.0 % above its 52-week low", 60.0),
    fact(
        "drawdown",
        "Drawdown from the highest close",
        -12.0,
        "12.0 % below its highest close since Tue 3 May 2016",
        40.0,
    ),
    fact("drawdown_age", "Age of the highest close", 500, "Mon 3 Jan 2022"),
    fact("trend", "Mean close of ten weeks against that of forty weeks", 2.1, "2.1 % above that of forty weeks", 66.0),
    fact("trend_change", "Days since the trend changed", 12, "12 days before the last close"),
    fact("volume", "Volume of the last close against the usual one", 0.3, "0.3 times its usual volume", 4.0),
    fact("season", "Season of the year", 3.1, "+3.1 % in November"),
    fact("season_years", "Years of the season", 9, "9 years"),
    fact("season_chance", "Chance of such a season without one", 0.02, "2.0 %"),
    fact("dividend", "Latest dividend", 0.25, "0.25 % of the price on Mon 16 Nov 2026"),
    fact("dividend_age", "Age of the latest dividend", 11, "11 days before the last close"),
    fact("dividend_yield", "Dividends of a year", 1.2, "1.2 % of the price, the sum of a year"),
    fact("split", "Latest split", 4.0, "4 shares for one on Mon 31 Aug 2020"),
    fact("split_age", "Age of the latest split", 900, "900 days before the last close"),
    fact(
        "report_ahead",
        "Next report on results",
        5,
        "between Wed 2 Dec 2026 and Sat 12 Dec 2026, an estimate from the reports of the past 3 years",
    ),
    fact(
        "forecasts_inside",
        "Earlier forecasts inside their 80 % range",
        80.0,
        "80 of the last 100 forecasts inside their 80 % range",
    ),
    fact(
        "band_broken",
        "Range of the latest due forecast",
        "above",
        "above the 80 % range of the forecast for Fri 27 Nov 2026, made 31 days before",
    ),
]
BY_ID = {one.id: one for one in FACTS}
TRUE = [
    "On the last day, the price fell by {move_day}, {move_day_usual}.",
    "The price fell by {move_day} on the day to a close of {last_close}.",
    "Over the week, the price rose by {move_week}.",
    "Over the past year the stock gained {move_year}.",
    "The stock fell {run}, and the opening showed a gap of {gap}.",
    "Volatility over the last month was {volatility}.",
    "The price stands {distance_high}.",
    "The price stands {distance_low}, while the trend is up {trend}.",
    "The price was {drawdown}.",
    "The trend changed {trend_change}.",
    "Volume was unusually light at {volume}.",
    "The last day's volume was small at {volume}.",
    "In this season the price moved {season}, measured in {season_years}.",
    "The latest dividend was {dividend}, and came {dividend_age}.",
    "Dividends over the year were {dividend_yield}.",
    "The report comes {report_ahead}.",
    "Of the latest forecasts, {forecasts_inside}.",
    "Earlier forecasts show {forecasts_inside}.",
    "The close was {band_broken}.",
    "The move of the last close was {move_day}, which is unusual, {move_day_usual}.",
    "The month's loss came to {move_month}.",
]
FALSE = [
    "The price rose by {move_week} in the week, a larger move than in any other week.",
    "The price rose by {move_week} in the week, the larger move in its history.",
    "The month's loss was {move_month}, further than in other months, with a volatility of {volatility}.",
    "The volume moved {move_week} in the week and the price {volume}.",
    "The price rose {distance_low} in the week.",
    "The price fell {distance_high} in the week.",
    "The return of the month was {volatility}.",
    "The price moved {volatility} in the month.",
    "The stock moved {last_close} at the close.",
    "The average close was {last_close}.",
    "The opening price was {last_close}.",
    "The previous close was {last_close}.",
    "The price rose {season} in the year.",
    "Over the year, the price rose by {move_year} in {season_years}.",
    "The price was {trend}.",
    "The move of the week was {move_week}, {move_day_usual}.",
    "The price fell by more than the {move_day} of the day.",
    "The price fell by {move_day} or more on the day.",
    "The price fell {move_day} on the day, the most in its history.",
    "The volume was more than usual at {volume}.",
    "The volume was the same as on earlier days, {volume}.",
    "The day's error was {move_day}.",
    "The percentile of the day was {move_day}.",
    "The estimate of the close was {last_close}.",
    "The range of the day was {move_day}.",
    "The price fell by {move_day} points on the day.",
    "The price was far from {distance_high}.",
    "The price fell to {move_day} on the day.",
    "A move of {move_week} was the week's share of the total.",
    "The loss of the week came to {move_day} on the day and the volume was {volume}.",
    "The dividend of the stock moved by {move_day} on the day, and was {dividend}.",
    "The trend moved {move_week} in the week, {trend}.",
    "The price was at {move_day_usual}.",
    "Price moved {trend_change}.",
    "The report showed {move_day} on the day, {report_ahead}.",
    "If the price fell by {move_day} on the day, it was {last_close}.",
    "The gap between the forecast and the close was {gap}, {band_broken}.",
    "The volatility spread to a volume of {volume}, {volatility}.",
    "The price fell to {move_day} on the last day.",
    "The volume moved {move_week} in the week at {volume}.",
    "The volume moved in the week, {move_week}, and the price {volume}.",
    "The price fell from {last_close}.",
    "The price fell by {move_day} and more on the day.",
]


@pytest.mark.parametrize("sentence", TRUE)
def test_a_sentence_with_each_number_at_its_subject_passes(sentence):
    assert check_sentence(sentence, BY_ID)


@pytest.mark.parametrize("sentence", FALSE)
def test_a_number_at_another_subject_or_with_another_meaning_is_refused(sentence):
    with pytest.raises(TextRefused):
        check_sentence(sentence, BY_ID)


def test_a_change_has_no_sign_beside_a_word_of_direction():
    assert fill_slots("The price fell by {move_day} on the day.", BY_ID).text == "The price fell by 4.9 % on the day."
    assert fill_slots("The price moved by {move_day}.", BY_ID).text == "The price moved by −4.9 %."


def test_the_model_gets_no_fact_that_the_words_cannot_name():
    insights = StockInsights(
        ticker="AAPL", source="tiingo", source_name="Tiingo", currency="USD", as_of=date(2026, 11, 27), rows=2000,
        stale=False, sample=False, prices_version="1", written_by=TEMPLATES, sentences=[], facts=FACTS, left_out=[],
        sentiment=None,
    )  # fmt: skip
    assert {one.id for one in FACTS} - {one.id for one in facts_to_word(insights)} == UNWORDED
