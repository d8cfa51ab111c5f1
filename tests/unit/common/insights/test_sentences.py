"""Sentences: deterministic, ordered, and without a number of their own."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.insights.comparison import rank_words
from common.insights.insights import find_insights
from common.insights.past_forecasts import DueForecast
from common.insights.sentences import LEAST_SENTENCES, MOST_SENTENCES, write_sentences
from tests.unit.common.insights.made_histories import LAST, history_of, usual_history, walk

NUMBER = re.compile(r"\d(?:[\d,.]*\d)?")


def due_forecasts(count, *, inside=True):
    return [DueForecast(LAST, 30, 0.5 if inside else 0.99, inside, inside) for _ in range(count)]


def odd_closes(seed, count, size, jump):
    closes = walk(count, seed, size)
    closes[-1] *= np.exp(jump)
    return closes


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 1500),
    size=st.sampled_from([0.0, 1e-4, 0.01, 0.08]),
    jump=st.floats(-0.6, 0.6),
    due=st.sampled_from([None, 0, 3, 30]),
)
def test_every_number_is_from_a_fact_and_the_same_data_make_the_same_sentences(seed, count, size, jump, due):
    rng = np.random.default_rng(seed)
    closes = odd_closes(seed, count, size, jump)
    history = history_of(closes, opens=closes * 1.01, volumes=rng.integers(0, 3, count) * 100.0)
    record = None if due is None else due_forecasts(due, inside=bool(seed % 2))
    found = find_insights(history, record)
    assert find_insights(history, record) == found
    facts = {fact.id: fact for fact in found.facts}
    assert len(facts) == len(found.facts)
    for sentence in found.sentences:
        shown = " ".join(f"{facts[name].text} {rank_words(facts[name])}" for name in sentence.facts)
        assert set(NUMBER.findall(sentence.text)) <= set(NUMBER.findall(shown)), sentence
        assert "nan" not in sentence.text
        assert sentence.text.endswith(".")
    assert len(found.sentences) <= MOST_SENTENCES


@pytest.mark.parametrize("seed", range(10))
def test_a_usual_history_has_five_to_eight_sentences_the_most_unusual_first(seed):
    sentences = find_insights(usual_history(seed=seed), []).sentences
    assert LEAST_SENTENCES <= len(sentences) <= MOST_SENTENCES
    ranks = [sentence.unusual for sentence in sentences]
    assert ranks == sorted(ranks, reverse=True)


def test_sentences_about_nearly_the_same_come_once():
    sentences = find_insights(history_of(walk(1500) * np.exp(np.linspace(0, 4, 1500) ** 2)), []).sentences
    about = [name for sentence in sentences for name in sentence.facts]
    assert len({"move_week", "move_month", "move_year"} & set(about)) == 1
    assert len({"distance_high", "distance_low", "drawdown"} & set(about)) == 1
    assert len(sentences) == LEAST_SENTENCES


def test_a_missed_range_of_a_recent_forecast_is_news():
    record = [*due_forecasts(30), DueForecast(LAST, 31, 0.99, False, False)]
    found = find_insights(usual_history(), record)
    facts = {fact.id: fact for fact in found.facts}
    assert facts["band_broken"].text == "above the 95 % range of the forecast for Fri 27 Nov 2026, made 31 days before"
    assert facts["forecasts_inside"].text == "30 of the last 31 forecasts inside their 80 % range"
    assert any(sentence.facts == ("band_broken",) for sentence in found.sentences)


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        (None, "The track record cannot be read now."),
        ([], "No recorded forecast of this stock has come due."),
        (due_forecasts(3), "3 recorded forecasts came due, and 20 are needed."),
        ([DueForecast(date(2027, 1, 1), 30, 0.5, True, True)], "No recorded forecast of this stock has come due."),
    ],
)
def test_a_record_that_is_too_short_is_left_out_with_the_reason(due, reason):
    left_out = {each.id: each.reason for each in find_insights(usual_history(), due).left_out}
    assert left_out["forecasts_inside"] == reason


def text_about(fact_id, history):
    return next(each.text for each in find_insights(history).sentences if fact_id in each.facts)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ([1, 1, 1], "The close has risen 3 times in a row, a shorter rise than on 79 % of 802 "),
        ([1] * 30, "The close has risen 30 times in a row, a longer rise than on each of"),
    ],
)
def test_a_short_rise_of_a_stock_that_nearly_always_rises_is_no_long_one(last, words):
    moves = np.concatenate([np.tile([*[1.0] * 19, -18.0], 40), last])
    history = history_of(1000 + np.cumsum(moves))
    facts = {fact.id: fact for fact in find_insights(history).facts}
    assert write_sentences([facts["run"]])[0].text.startswith(words)


def test_the_calmest_month_ever_is_not_one_of_usual_size():
    closes = walk(1500)
    closes[-40:] = closes[-41] * np.exp(np.cumsum(np.tile([1e-6, -1e-6], 20)))
    assert text_about("volatility", history_of(closes)).startswith("The moves are small now: the volatility is 0.00 %")


def test_the_age_of_a_dividend_of_yesterday_is_a_day():
    closes = walk(500)
    factors = np.where(np.arange(500) < 498, 0.99, 1.0)
    text = text_about("dividend", history_of(closes, adjusted=closes * factors))
    assert text == "The latest dividend was 1.0 % of the price on Thu 26 Nov 2026, 1 day before the last close."


def test_a_new_trend_names_the_day_from_which_it_counts():
    closes = [*np.linspace(100, 60, 600), *np.linspace(60, 75, 64)]
    facts = [fact for fact in find_insights(history_of(closes)).facts if fact.id in {"trend", "trend_change"}]
    texts = [sentence.text for sentence in write_sentences(facts)]
    ending = " days before the last close: the mean of ten weeks crossed that of forty."
    assert any(text.startswith("The trend turned upwards ") and text.endswith(ending) for text in texts)
