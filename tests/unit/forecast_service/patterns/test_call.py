"""The call of a pattern search, over stocks of every kind."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import NotDaily, TooLittleData, UnusableWindow
from common.domain.patterns.questions import CandleSearch, ShapeSearch
from common.domain.patterns.results import MOST_HITS, MOST_POINTS, PatternSearchResult
from common.domain.prices import COLUMNS, PriceSeries
from common.domain.questions import validate_as
from common.s3.price_store import StoredFacts, StoredSeries
from forecast_service.calls.output import PricesGone
from forecast_service.calls.pattern_search import compute
from forecast_service.calls.task import Task
from forecast_service.patterns.searches import candle_finders, turnaround_finder
from forecast_service.patterns.shape_search import locate, shape_finder
from forecast_service.patterns.stocks import Stock
from tests.unit.forecast_service.patterns.made_up_stocks import frame_of, random_stock
from webserver.patterns.routes import PatternRequest

NOW = datetime(2026, 11, 29, tzinfo=UTC)
CANDLES = {"type": "candles", "candles": "G G R"}
TURN = {"type": "turnaround", "turn": "up", "percent": 5}
SHAPE = {"type": "shape", "start": "2016-01-04", "end": "2016-03-31", "similarity": 0.8}


def stored(frame, ticker="AAPL"):
    series = PriceSeries(ticker, "tiingo", "USD", frame.reindex(columns=list(COLUMNS)))
    facts = StoredFacts("tiingo", "USD", NOW, len(series), series.first, series.last, 1.0, 1.0, version="v", etag="e")
    return StoredSeries(facts, series)


def search(store, *patterns, **question):
    """Return the result of a search in frames by their tickers, and the reported steps."""
    steps = []

    def prices(ticker):
        if ticker not in store:
            raise PricesGone(ticker)
        return stored(store[ticker], ticker)

    body = {"ticker": "AAPL", "patterns": list(patterns)} | question
    asked = validate_as(PatternRequest, body).question
    output = compute(Task(asked, date(2026, 11, 29), prices, lambda one: steps.append(one.step), lambda: iter(store)))
    return PatternSearchResult.model_validate_json(output.body), steps


@pytest.fixture(scope="module")
def store():
    return {ticker: random_stock(seed).frame for seed, ticker in enumerate(["AAPL", "GOOG", "MSFT"])}


def test_each_pattern_has_its_hits_and_their_outcomes(store):
    result, steps = search(store, CANDLES, TURN, SHAPE, {"type": "candles", "candles": "engulfing"}, all=True)
    assert steps == ["AAPL, stock 1 of 3", "GOOG, stock 2 of 3", "MSFT, stock 3 of 3"]
    assert [found.item for found in result.patterns] == [0, 1, 2, 3, 3]
    closes = store["AAPL"]["close"]
    for found in result.patterns:
        assert found.total >= len(found.hits) > 0
        for hit in found.hits:
            assert hit.begin <= hit.end <= hit.known
            if hit.ticker == "AAPL":
                row = closes.index.get_loc(pd.Timestamp(hit.known))
                later = [closes.iloc[row + days] if row + days < len(closes) else None for days in result.horizons]
                expected = [price and 100 * (price / closes.iloc[row] - 1) for price in later]
                assert hit.followed_pct == pytest.approx(expected, abs=0.01)


def test_hits_are_the_newest_or_the_nearest_and_fit_into_a_body(store):
    result, _ = search(store, CANDLES, SHAPE, all=True)
    candles, shape = result.patterns
    assert [hit.known for hit in candles.hits] == sorted((hit.known for hit in candles.hits), reverse=True)
    assert [hit.distance for hit in shape.hits] == sorted(hit.distance for hit in shape.hits)
    assert len(candles.hits) == MOST_HITS // 2 < candles.total
    assert len(result.model_dump_json()) < 150_000


def test_a_chart_is_small_and_marks_the_pattern(store):
    long = {"type": "shape", "numbers": [float(step) for step in range(250)], "similarity": 0.5}
    result, _ = search(store, long, CANDLES, all=True)
    charts = [(hit, hit.chart) for found in result.patterns for hit in found.hits]
    assert charts
    for hit, chart in charts:
        closes = store[hit.ticker]["close"]
        assert len(chart.closes) <= MOST_POINTS
        assert chart.first <= hit.begin
        assert chart.last >= hit.known
        for place, day in ((chart.begin, hit.begin), (chart.end, hit.end), (chart.known, hit.known)):
            assert chart.closes[place] == pytest.approx(closes[pd.Timestamp(day)], rel=1e-4)


WEEKLY = CANDLES | {"every": "week"}
USUAL = {"type": "turnaround", "turn": "down", "usual_moves": 5}


@pytest.mark.parametrize("pattern", [CANDLES, WEEKLY, {"type": "candles", "candles": "harami"}, TURN, USUAL, SHAPE])
def test_prices_after_a_hit_do_not_change_it(store, pattern):
    """Prices after a day are replaced: the hits that were known by then are the same."""
    day = 1100
    frame = store["AAPL"]
    changed = frame.copy()
    changed.iloc[day:] = frame.iloc[day - 1 :: -1].iloc[: len(frame) - day].to_numpy() * 1.7
    before, after = (places_by(day, pattern, Stock("AAPL", one)) for one in (frame, changed))
    assert before == after
    assert before


def places_by(day, pattern, stock):
    """Return the hits in a stock that are known before the row ``day``."""
    (search,) = validate_as(PatternRequest, {"ticker": "AAPL", "patterns": [pattern]}).patterns
    if isinstance(search, ShapeSearch):
        finder = shape_finder(0, search, stock)
        finder.find(stock)
        found = locate(stock, finder.choose()["AAPL"])
    elif isinstance(search, CandleSearch):
        found = candle_finders(0, search)[0].find(stock)
    else:
        found = turnaround_finder(0, search).find(stock)
    places = zip(found.begin.tolist(), found.end.tolist(), found.known.tolist(), strict=True)
    return [place for place in places if place[-1] < day]


def test_the_window_of_the_question_is_no_hit(store):
    result, _ = search(store, SHAPE)
    (found,) = result.patterns
    assert len(found.shape) == 64
    begin, end = date(2016, 1, 4), date(2016, 3, 31)
    assert all(hit.end < begin or hit.begin > end for hit in found.hits)
    twin = {"TWIN": store["AAPL"]}
    nearest = search(store | twin, SHAPE, tickers=["TWIN"])[0].patterns[0].hits[0]
    assert (nearest.ticker, nearest.begin, nearest.end, nearest.similarity) == ("TWIN", begin, end, 1.0)


def test_a_window_that_cannot_be_searched_is_refused(store):
    cases = [
        ({"start": "2001-01-01", "end": "2001-06-01"}, "AAPL has prices from 2015-01-01 to 2020-09-30."),
        ({"start": "2016-01-04", "end": "2016-01-08"}, "This part has 5 trading days."),
        ({"start": "2016-01-04", "end": "2018-01-08"}, "This part has 526 trading days."),
    ]
    for days, detail in cases:
        with pytest.raises(UnusableWindow, match=detail):
            search(store, {"type": "shape"} | days)
    with pytest.raises(UnusableWindow, match="Item 2: This part has 5 trading days"):
        search(store, CANDLES, {"type": "shape"} | cases[1][0])
    flat = store["AAPL"].copy()
    flat.loc["2017-01-02":"2017-03-31", "close"] = 50.0
    with pytest.raises(UnusableWindow, match="flat"):
        search({"AAPL": flat}, {"type": "shape", "start": "2017-01-02", "end": "2017-03-31"})
    with pytest.raises(UnusableWindow, match="flat"):
        search(store, {"type": "shape", "numbers": [1.0] * 20})


def test_stocks_of_every_kind_cost_only_themselves(store):
    nan = float("nan")
    odd = {
        "NOOPEN": store["AAPL"].assign(open=nan, high=nan, low=nan),
        "HOLES": store["AAPL"].iloc[np.r_[0:300, 420:900, 903:1500]],
        "FLAT": frame_of(np.full(400, 7.0)),
        "SHORT": store["AAPL"].iloc[:60],
        "WEEKEND": store["AAPL"].set_axis(pd.date_range("2016-01-01", periods=1500, name="date")),
        "OLD": store["AAPL"].set_axis(pd.date_range("1700-01-01", periods=1500, name="date")),
        "NEGATIVE": store["AAPL"].assign(close=store["AAPL"]["close"] - 100),
        "YOUNG": store["AAPL"].iloc[:59],
        "WEEKS": store["AAPL"].set_axis(pd.date_range("1990-01-05", periods=1500, freq="W-FRI", name="date")),
        "RARE": store["AAPL"].set_axis(pd.date_range("1990-01-05", periods=1500, freq="13D", name="date")),
    }
    patterns = [CANDLES, CANDLES | {"every": "month"}, TURN, TURN | {"percent": None, "usual_moves": 4.0}, SHAPE]
    patterns += [{"type": "candles", "candles": "harami"}, {"type": "candles", "candles": "D"}]
    result, _ = search(store | odd, *patterns, tickers=[*odd, "NONE"])
    assert result.searched.stocks == 7
    assert {stock.ticker: stock.code for stock in result.searched.unread} == {
        "NEGATIVE": "implausible_prices",
        "YOUNG": "too_little_data",
        "WEEKS": "not_daily",
        "RARE": "not_daily",
        "NONE": "unknown_ticker",
    }
    numbers = json.loads(result.model_dump_json())
    assert "NaN" not in json.dumps(numbers)


def test_a_stock_that_is_removed_during_the_search_costs_only_its_hits(store):
    twin = Vanishing({"TWIN": store["AAPL"]} | store)
    (found,) = search(twin, SHAPE, tickers=["TWIN", "MSFT"])[0].patterns
    assert twin.reads == 2
    assert {hit.ticker for hit in found.hits} == {"AAPL", "MSFT"}


class Vanishing(dict[str, pd.DataFrame]):
    """Frames by ticker, of which TWIN can be read once."""

    reads = 0

    def __contains__(self, ticker):
        self.reads += ticker == "TWIN"
        return super().__contains__(ticker) and not (ticker == "TWIN" and self.reads > 1)


def test_without_any_searchable_stock_the_search_fails():
    with pytest.raises(TooLittleData, match=r"AAPL has 40 prices\. At least 60 are needed\."):
        search({"AAPL": random_stock(1, 40).frame}, CANDLES)
    both = {"AAPL": random_stock(1, 40).frame, "MSFT": random_stock(2, 40).frame}
    with pytest.raises(TooLittleData, match=r"None of the 2 stocks can be searched\. AAPL has 40 prices\."):
        search(both, CANDLES, all=True)


WEEKS = pd.date_range("1990-01-05", periods=1500, freq="W-FRI", name="date")
MONTHS = pd.date_range("1900-01-31", periods=1500, freq="ME", name="date")
TWICE_A_WEEK = WEEKS.union(WEEKS + pd.Timedelta(days=3))[:1500]
PARTLY_WEEKLY = WEEKS[:800].union(pd.bdate_range(WEEKS[800], periods=700))


@pytest.mark.parametrize(
    ("days", "detail"),
    [
        (WEEKS, "AAPL has weekly prices. A pattern search needs daily ones."),
        (MONTHS, "AAPL has monthly prices. A pattern search needs daily ones."),
        (TWICE_A_WEEK, "AAPL has prices on few days. A pattern search needs daily ones."),
        (PARTLY_WEEKLY, "AAPL has prices on few days. A pattern search needs daily ones."),
    ],
)
def test_prices_that_are_not_daily_are_refused(store, days, detail):
    """The verdicts hold for trading days: blocks of dates are as long as so many of them."""
    frame = store["AAPL"].set_axis(days)
    window = {"type": "shape", "start": str(days[100].date()), "end": str(days[150].date())}
    for pattern in (CANDLES, TURN, window):
        with pytest.raises(NotDaily, match=detail):
            search({"AAPL": frame}, pattern)
    with pytest.raises(NotDaily, match=detail):
        search(store | {"AAPL": frame}, window, all=True)


def test_a_shape_may_be_of_a_stock_with_a_short_history(store):
    young = store["AAPL"].iloc[:50]
    window = {"type": "shape", "start": "2015-01-05", "end": "2015-03-02", "similarity": 0.7}
    result, _ = search(store | {"AAPL": young}, window, all=True)
    assert [one.code for one in result.searched.unread] == ["too_little_data"]
    assert result.patterns[0].total > 0


def test_a_stock_that_trades_on_three_days_a_week_is_searched(store):
    days = pd.date_range("2000-01-03", periods=3500)
    result, _ = search({"AAPL": store["AAPL"].set_axis(days[days.day_of_week.isin([0, 2, 4])][:1500])}, CANDLES)
    assert result.searched.stocks == 1


def test_the_prices_of_the_ticker_must_be_readable():
    with pytest.raises(PricesGone):
        search({}, CANDLES)


def test_the_output_has_the_revision_of_the_tickers_prices(store):
    question = validate_as(PatternRequest, {"ticker": "AAPL", "patterns": [CANDLES]}).question
    one = stored(store["AAPL"])
    flagged = replace(one, facts=replace(one.facts, flags=("odd",)))
    output = compute(Task(question, date(2026, 11, 29), lambda _: flagged, lambda _: None))
    assert (output.version, output.last) == (flagged.facts.revision, one.series.last)
