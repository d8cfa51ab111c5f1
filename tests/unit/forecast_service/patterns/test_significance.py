"""Chance is told from an effect: seldom a claim on random walks, and a planted effect is found."""

import numpy as np
import pytest

from common.domain.patterns.questions import CandleSearch, ShapeSearch, TurnaroundSearch
from forecast_service.patterns.occurrences import Occurrences
from forecast_service.patterns.outcomes.comparison import compare_all, summarise
from forecast_service.patterns.outcomes.horizon_outcomes import HorizonOutcomes, count_apart
from forecast_service.patterns.searches import candle_finders, turnaround_finder
from forecast_service.patterns.shape_search import locate, shape_finder
from forecast_service.patterns.tallies import Tally
from tests.unit.forecast_service.patterns.made_up_stocks import random_moves, random_stock, stock_of

RISE = [step + 2 * (step % 7 == 0) for step in range(20)]


def tally_of(stocks, search):
    """Search stocks as the call does."""
    tally = Tally(10)
    if isinstance(search, ShapeSearch):
        finder = shape_finder(0, search, stocks[0])
        for stock in stocks:
            finder.find(stock)
        by_ticker = {stock.ticker: stock for stock in stocks}
        for ticker, windows in finder.choose().items():
            tally.add(by_ticker[ticker], locate(by_ticker[ticker], windows))
        return tally
    is_candles = isinstance(search, CandleSearch)
    finder = candle_finders(0, search)[0] if is_candles else turnaround_finder(0, search)
    for stock in stocks:
        tally.add(stock, finder.find(stock))
    return tally


def test_at_most_a_twentieth_of_the_searches_in_random_walks_claims_anything():
    searches = [
        CandleSearch(type="candles", candles="G G R"),
        CandleSearch(type="candles", candles="R>2%"),
        TurnaroundSearch(type="turnaround", turn="up", percent=5),
        ShapeSearch(type="shape", numbers=tuple(map(float, RISE)), similarity=0.8, nearest=1000),
    ]
    claims = 0
    for seed in range(50):
        stocks = [random_stock([seed, each], 1200, f"S{each}") for each in range(2)]
        for search in searches:
            followed, _ = compare_all([tally_of(stocks, search).outcomes])
            claims += any(one.verdict in {"better", "worse"} for one in followed[0])
    assert claims <= 0.05 * 200


@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_effect_of_one_deviation_after_60_occurrences_is_found(sign):
    moves = random_moves(1, 2500)
    hits = np.arange(100, 2500, 40)[:60]
    for hit in hits:
        moves[hit + 1 : hit + 6] += sign * 0.015 * np.sqrt(5) / 5
    tally = Tally(10)
    tally.add(stock_of(moves), Occurrences.of(hits - 3, hits, hits))
    ((week, *_),), tests = compare_all([tally.outcomes])
    assert (week.verdict, week.hits, tests) == ("better" if sign > 0 else "worse", 60, 3)
    assert week.lower_pct < week.difference_pct < week.upper_pct
    assert week.lower_pct > 0 if sign > 0 else week.upper_pct < 0
    text = summarise(tally.total, tally.stocks, tally.dates, [week])
    assert ("higher than usual" if sign > 0 else "lower than usual") in text


def test_the_drift_of_a_stock_is_no_effect_of_a_pattern_that_is_frequent_in_it():
    calm = stock_of(random_moves(2, 2500), "CALM")
    rising = stock_of(random_moves(3, 2500) + 0.002, "RISING")
    rng = np.random.default_rng(4)
    tally = Tally(10)
    for stock, count in ((calm, 20), (rising, 400)):
        rows = np.sort(rng.choice(2400, count, replace=False))
        tally.add(stock, Occurrences.of(rows, rows, rows))
    ((_, month, _),), _ = compare_all([tally.outcomes])
    assert month.usual.mean_pct > 3
    assert abs(month.difference_pct) < 1
    assert month.verdict == "no_difference"


def test_hits_on_the_same_dates_in_many_stocks_are_no_independent_evidence():
    """One market with 15 lucky dates is not told from chance by having it in 40 stocks."""
    market = random_moves(5, 1200)
    dates = np.arange(30, 1100, 70)
    market[dates + 1] += 0.012
    tally = Tally(10)
    for each in range(40):
        stock = stock_of(market + random_moves([6, each], 1200, 0.004), f"S{each}")
        tally.add(stock, Occurrences.of(dates, dates, dates))
    ((week, *_),), _ = compare_all([tally.outcomes])
    assert (week.hits, week.dates) == (40 * len(dates), len(dates))
    single = 100 * 0.0335 / np.sqrt(week.hits)
    assert week.upper_pct - week.lower_pct > 2 * 2 * 3 * single


def test_few_hits_have_no_verdict():
    stock, rows = random_stock(7), np.arange(100, 1400, 130)
    tally = Tally(10)
    tally.add(stock, Occurrences.of(rows, rows, rows))
    ((week, *_),), tests = compare_all([tally.outcomes])
    assert (week.verdict, week.p_value, week.after.mean_pct is None, tests) == ("too_few", None, False, 0)
    assert "too few to compare" in summarise(tally.total, 1, tally.dates, [week])


def test_the_summary_names_the_horizons_that_it_is_about():
    stock, rows = random_stock(9), np.arange(100, 1400, 25)
    tally = Tally(10)
    tally.add(stock, Occurrences.of(rows, rows, rows))
    ((week, month, quarter),), _ = compare_all([tally.outcomes])
    assert [one.verdict for one in (week, month, quarter)] == ["no_difference", "no_difference", "too_few"]
    text = summarise(tally.total, 1, tally.dates, [week, month, quarter])
    assert "After 5 trading days the price was as on any other day: the mean move differs by " in text
    assert text.endswith(" After 21 trading days the same holds.")
    higher = [week.model_copy(update={"verdict": "better"}), month, month.model_copy(update={"days": 63})]
    assert summarise(52, 1, 52, higher).endswith(" After 21 and 63 trading days it was as on any other day.")


def test_many_hits_within_one_year_have_no_verdict():
    stock, rows = random_stock(8), np.arange(500, 600)
    tally = Tally(10)
    tally.add(stock, Occurrences.of(rows, rows, rows))
    ((_, _, quarter),), _ = compare_all([tally.outcomes])
    assert (quarter.hits, quarter.verdict) == (100, "too_few")


def test_the_outcomes_are_those_of_the_definition():
    stock, rows = random_stock(9, 300), np.array([10, 12, 50, 297])
    outcome = HorizonOutcomes(5)
    outcome.add(stock.closes, stock.days, rows)
    moves = 100 * (stock.closes[5:] / stock.closes[:-5] - 1)
    others = np.delete(moves, rows[:3])
    after, usual = outcome.after.summarise(), outcome.usual.summarise()
    assert (outcome.hits, outcome.non_overlapping, outcome.dates) == (3, 2, 3)
    assert after.mean_pct == pytest.approx(moves[rows[:3]].mean(), abs=1e-3)
    assert usual.mean_pct == pytest.approx(others.mean(), abs=1e-3)
    assert usual.chance_of_gain == pytest.approx((others > 0).mean(), abs=1e-4)
    assert usual.quantiles_pct[9] == pytest.approx(np.median(others), abs=0.15)
    sums = outcome.block_sums()
    assert sums.hits.sum() == pytest.approx(sums.others.sum())
    assert sums.other_moves.sum() == pytest.approx(0)


def test_a_stock_without_other_days_counts_nowhere():
    stock = random_stock(10, 80)
    outcome = HorizonOutcomes(63)
    outcome.add(stock.closes, stock.days, np.arange(5))
    assert (outcome.hits, outcome.after.summarise()) == (0, None)


def test_equal_outcomes_are_no_difference():
    stock = stock_of(np.zeros(400))
    outcome = HorizonOutcomes(5)
    outcome.add(stock.closes, stock.days, np.arange(0, 390, 6))
    ((followed,),), _ = compare_all([[outcome]])
    assert followed.verdict == "no_difference"


def test_rows_that_are_apart_are_counted():
    assert count_apart(np.array([1, 3, 6, 7, 20]), 5) == 3
    assert count_apart(np.array([], int), 5) == 0
