"""Facts of made-up series: the planted truths are found, and nothing is told that the data do not allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from common.domain.prices import HISTORY_YEARS, MIN_ROWS
from common.insights.comparison import percentile_among, rank_words
from common.insights.history import History, UnusableHistory
from common.insights.insights import find_insights
from common.insights.values import LEAST_ROWS, MOST_YEARS
from tests.unit.common.insights.made_histories import history_of, trading_days, usual_history, walk


def facts_of(history, **more):
    return {fact.id: fact for fact in find_insights(history, **more).facts}


def left_out_of(history):
    return {each.id: each.reason for each in find_insights(history).left_out}


def test_a_planted_move_of_five_usual_ones_is_the_most_unusual_fact():
    closes = walk(1000, move=0.01)
    closes[-1] = closes[-2] * np.exp(-0.05)
    found = find_insights(history_of(closes))
    facts = {fact.id: fact for fact in found.facts}
    assert facts["move_day_usual"].value == pytest.approx(5, abs=1)
    assert facts["move_day_usual"].percentile == 100
    assert facts["move_day"].text == "−4.9 %"
    assert found.sentences[0].facts == ("move_day", "move_day_usual")
    assert "larger than on each of 938 earlier days" in found.sentences[0].text


def test_the_percentile_is_true_of_most_days_also_with_equal_values_and_never_rounds_to_an_end():
    assert percentile_among(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 50
    assert percentile_among(np.array([1.0, 1.0, 1.0, 2.0, 2.0]), 2.0) == 60  # 80, if equal ones counted half
    assert percentile_among(np.array([1.0, 1.0, 2.0, 2.0, 2.0]), 1.0) == 40
    assert percentile_among(np.arange(100_000.0), 99_998.5) == 99.99
    assert percentile_among(np.arange(100_000.0), 0.5) == 0.01
    assert percentile_among(np.zeros(10), 0.0) == 50


def test_the_52_week_extremes_and_the_drawdown_are_those_of_the_closes():
    closes = np.concatenate([np.full(300, 50.0), np.full(300, 200.0), np.linspace(100, 160, 280), [120.0]])
    facts = facts_of(history_of(closes))
    assert facts["distance_high"].value == pytest.approx(-25)
    assert facts["distance_high"].text == "25.0 % below its 52-week high"
    assert facts["drawdown"].value == pytest.approx(-40)
    assert facts["drawdown_age"].value > 364


def test_a_new_high_is_named_so():
    facts = facts_of(history_of([*walk(800), 1e6]))
    assert facts["distance_high"].text == "at its 52-week high"
    assert facts["drawdown"].text == "at its highest close since Fri 3 Nov 2023"


def test_volatility_is_a_year_s_and_compared_with_the_past():
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, [*[0.005] * 900, *[0.03] * 30])))
    facts = facts_of(history_of(closes))
    assert facts["volatility"].value == pytest.approx(3 * np.sqrt(252), rel=0.35)
    assert facts["volatility"].percentile >= 99


def test_volume_and_the_gap_are_against_the_days_before():
    closes, volumes = walk(500), np.full(500, 1000.0)
    opens = np.concatenate([closes[:1], closes[:-1]])
    opens[-1], volumes[-1] = closes[-2] * 1.05, 3000.0
    facts = facts_of(history_of(closes, opens=opens, volumes=volumes))
    assert facts["volume"].text == "3.0 times its usual volume"
    assert facts["gap"].value == pytest.approx(5)
    assert facts["gap"].percentile == 100


def test_missing_openings_and_volumes_are_left_out_with_a_reason():
    reasons = left_out_of(history_of(walk(500), volumes=np.zeros(500)))
    assert reasons["gap"] == "The last opening price is missing."
    assert reasons["volume"] == "The last close has no volume."


def test_a_run_counts_the_closes_in_one_direction():
    closes = [*walk(200), *(1000.0 - np.arange(1, 7))]
    assert facts_of(history_of(closes))["run"].value == -5


def test_the_trend_turns_where_the_means_cross():
    closes = np.concatenate([np.linspace(100, 50, 700), np.linspace(50, 90, 140)]) * np.exp(
        np.random.default_rng(0).normal(0, 1e-4, 840)
    )
    facts = facts_of(history_of(closes))
    assert facts["trend"].value > 0
    assert 0 < facts["trend_change"].value < 200


def test_dividends_are_read_from_the_adjusted_close_and_rounding_is_none():
    closes = np.round(walk(800), 2)
    factors = np.ones(800)
    factors[:790] *= 0.99
    factors[:550] *= 0.99
    facts = facts_of(history_of(closes, adjusted=np.round(closes * factors, 6)))
    assert facts["dividend"].value == pytest.approx(1, rel=1e-3)
    assert facts["dividend_age"].value == 11
    assert facts["dividend_yield"].value == pytest.approx(2, rel=0.5)
    assert facts["dividend"].text == "1.0 % of the price on Mon 16 Nov 2026"
    rounded = np.round(closes + np.random.default_rng(0).uniform(-0.005, 0.005, 800), 3)
    assert "dividend" not in facts_of(history_of(closes, adjusted=rounded))


def test_a_constant_price_has_no_unusual_fact():
    found = find_insights(history_of(np.full(1000, 5.0)))
    facts = {fact.id: fact for fact in found.facts}
    assert "move_day_usual" not in facts
    assert {facts[name].percentile for name in ("move_day", "move_month", "volatility")} == {50}
    assert found.sentiment.mood == "neutral"
    assert not any(sentence.unusual >= 80 for sentence in found.sentences)


@pytest.mark.parametrize("price", [0.1, 5.1, 1234.56])
def test_the_trend_of_a_constant_price_never_turned(price):
    prices = np.full(1500, price)
    prices[:700] *= 0.9
    prices[1000:] = price
    facts = facts_of(history_of(prices))
    assert facts["trend"].value == 0
    assert facts["trend_change"].value > 1000 if "trend_change" in facts else True
    assert "trend_change" not in facts_of(history_of(np.full(1500, price)))


def test_a_trend_that_turns_over_equal_means_has_turned():
    facts = facts_of(history_of([*np.linspace(50, 100, 500), *np.full(400, 100.0), *np.linspace(100, 80, 30)]))
    assert facts["trend"].value < 0
    assert facts["trend_change"].text == "38 days before the last close"


def test_a_constant_price_is_neither_higher_nor_lower_than_before():
    texts = [sentence.text for sentence in find_insights(history_of(np.full(1000, 5.0))).sentences]
    assert (
        "Over the last week, the price changed by 0.00 %, neither higher nor lower than on most of 994 earlier days."
        in texts
    )
    assert not any("higher than on" in text for text in texts)


def test_monthly_prices_have_no_move_of_a_week():
    days = np.arange(np.datetime64("2006-01"), np.datetime64("2026-12")).astype("datetime64[D]")
    history = history_of(walk(len(days), move=0.05), days=days)
    assert {"move_month", "move_year"} <= set(facts_of(history))
    assert left_out_of(history)["move_week"] == "The prices are further apart than 7 days."


def test_a_penny_stock_is_described_as_another_one():
    usual, tiny = usual_history(), usual_history()
    tiny = History(*(getattr(tiny, name) for name in ("ticker", "source", "currency", "days")),
                   tiny.opens * 1e-6, tiny.closes * 1e-6, tiny.adjusted * 1e-6, tiny.volumes)  # fmt: skip
    mine, others = find_insights(tiny), find_insights(usual)
    assert [sentence.text for sentence in mine.sentences] == [sentence.text for sentence in others.sentences]
    assert next(fact for fact in mine.facts if fact.id == "last_close").text.startswith("0.0000")


def test_weekly_prices_are_compared_with_weekly_ones():
    days = np.arange(np.datetime64("2016-01-01"), np.datetime64("2026-11-28"), 7)
    found = find_insights(history_of(walk(len(days), move=0.03), days=days))
    facts = {fact.id: fact for fact in found.facts}
    assert facts["volatility"].name == "Volatility of the last half year"
    assert facts["volatility"].value == pytest.approx(3 * np.sqrt(52), rel=0.4)
    assert facts["move_month"].days_compared == pytest.approx(len(days), abs=10)
    assert {each.id: each.reason for each in found.left_out}["gap"] == "The prices are not daily."
    assert len(found.sentences) >= 5


def test_a_move_over_a_long_gap_is_not_a_day_s():
    days = trading_days(600)
    days[:-1] -= 200
    history = history_of(walk(600), days=days)
    assert set(facts_of(history)) & {"move_day", "move_day_usual", "move_week", "move_month", "gap", "run"} == set()
    assert "too long ago" in left_out_of(history)["move_day"]


def test_one_bar_leaves_everything_out():
    found = find_insights(history_of([5.0], days=["2026-11-27"]))
    assert [fact.id for fact in found.facts] == ["last_close"]
    assert found.sentences == ()
    assert found.sentiment is None
    assert all(each.reason for each in found.left_out)


@pytest.mark.parametrize("closes", [[], [1.0, 0.0], [1.0, -2.0], [1.0, np.nan], [1.0, np.inf]])
def test_prices_that_are_no_positive_numbers_are_refused(closes):
    with pytest.raises(UnusableHistory):
        history_of(closes, days=trading_days(max(len(closes), 1))[: len(closes)])


def test_the_limits_are_those_of_a_forecast():
    assert (LEAST_ROWS, MOST_YEARS) == (MIN_ROWS, HISTORY_YEARS)


def test_a_frame_is_the_same_history():
    history = usual_history(300)
    columns = {"open": history.opens, "close": history.closes, "adj_close": history.adjusted, "volume": history.volumes}
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex(history.days.astype("datetime64[D]")))
    made = History.from_columns("MADE", "tiingo", "USD", frame.index.to_numpy(), frame)
    listed = History.from_columns("MADE", "tiingo", "USD", [day.date() for day in frame.index], columns)
    assert find_insights(made) == find_insights(listed) == find_insights(history)


def test_nothing_looks_ahead():
    """The facts of a day are the same whatever came after it."""
    history, row = usual_history(), 1800
    later = history.closes.copy()
    later[row + 1 :] *= np.linspace(1, 9, len(later) - row - 1)
    changed = history_of(later, opens=history.opens, volumes=history.volumes)
    assert find_insights(history.until(row)) == find_insights(changed.until(row))
    assert {fact.date for fact in find_insights(history.until(row)).facts} == {history.date_of(row)}


def test_the_rank_in_words():
    fact = facts_of(usual_history())["move_week"]
    words = {
        value: rank_words(fact.model_copy(update={"percentile": value, "days_compared": 2340}))
        for value in (0, 0.4, 2.9, 50, 97.9, 99.45, 100, None)
    }
    assert words == {
        0: "lower than on each of 2340 earlier days",
        0.4: "lower than on 99.6 % of 2340 earlier days",
        2.9: "lower than on 97 % of 2340 earlier days",
        50: "neither higher nor lower than on most of 2340 earlier days",
        97.9: "higher than on 97 % of 2340 earlier days",
        99.45: "higher than on 99.4 % of 2340 earlier days",
        100: "higher than on each of 2340 earlier days",
        None: "",
    }
