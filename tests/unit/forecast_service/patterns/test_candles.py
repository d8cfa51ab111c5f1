"""Candles of days, weeks and months, and the places of patterns in them."""

import numpy as np
import pandas as pd
import pytest
import talib

from common.domain.patterns.candlesticks import SIGNS
from common.domain.patterns.grammar import parse_candles
from forecast_service.patterns.finders.bars import make_bars
from forecast_service.patterns.finders.candles import find_candles
from forecast_service.patterns.finders.candlesticks import find_candlesticks
from tests.unit.forecast_service.patterns.made_up_stocks import frame_of, random_stock

NAN = float("nan")


def found(frame, text, every="day"):
    return find_candles(make_bars(frame, every), parse_candles(text)).end.tolist()


def test_candles_in_a_row_are_found_at_their_last_day():
    frame = frame_of([11, 12, 13, 12, 13, 14, 15, 14], opens=[10, 11, 12, 13, 12, 13, 14, 15])
    assert found(frame, "G G G R") == [3, 7]
    assert found(frame, "G * R") == [3, 7]
    assert found(frame, "R G") == [4]


def test_a_size_is_the_move_from_open_to_close():
    frame = frame_of([103, 101, 97, 99], opens=[100] * 4)
    assert found(frame, "G>2%") == [0]
    assert found(frame, "G<2%") == [1]
    assert found(frame, "R>2%") == found(frame, "R<-2%") == [2]
    assert found(frame, "R<2%") == found(frame, "R>-2%") == [3]


@pytest.mark.parametrize("opened", [0.7, 10.1, 50.0, 100.0, 133.7])
@pytest.mark.parametrize(("colour", "factor"), [("G", 1.02), ("R", 0.98)])
def test_a_move_of_exactly_the_size_is_neither_above_nor_below_it(opened, colour, factor):
    frame = frame_of([round(opened * factor, 6)], opens=[opened])
    assert found(frame, colour) == [0]
    assert found(frame, f"{colour}>2%") == found(frame, f"{colour}<2%") == []


@pytest.mark.parametrize("opened", [10.0, 20.0, 50.0, 133.7])
def test_a_body_of_exactly_a_tenth_is_a_doji(opened):
    frame = frame_of([round(opened + 0.1, 6)], opens=[opened], highs=[round(opened + 0.6, 6)], lows=[opened - 0.4])
    assert found(frame, "D") == [0]


def test_a_doji_opens_and_closes_at_nearly_one_price():
    frame = frame_of([100, 101, 100], opens=[100, 100, 100], highs=[105, 105, 100], lows=[95, 100, 100])
    assert found(frame, "D") == [0, 2]


def test_an_unknown_price_fits_only_any_candle():
    frame = frame_of([11, 12, 13], opens=[10, NAN, 12], highs=[NAN] * 3)
    assert found(frame, "G G") == []
    assert found(frame, "G * G") == [2]
    assert found(frame, "D") == []


def test_no_pattern_reaches_across_a_long_gap():
    days = pd.DatetimeIndex(["2020-01-06", "2020-01-07", "2020-01-20", "2020-01-21"])
    assert found(frame_of([11] * 4, opens=[10] * 4, index=days), "G G") == [1, 3]


def test_a_week_counts_once_it_is_over_and_is_dated_at_its_last_day():
    days = pd.bdate_range("2020-01-06", periods=14)  # Monday; the third week ends on a Thursday
    closes = np.arange(14.0) + 11
    frame = frame_of(closes, opens=closes - 1, index=days)
    assert found(frame, "G", "week") == [4, 9]
    whole = frame_of(closes[:10], opens=closes[:10] - 1, index=days[:10])
    assert found(whole, "G", "week") == [4, 9]


@pytest.mark.parametrize(
    ("first", "every", "complete"),
    [
        ("2020-01-07", "week", 1),  # a Tuesday
        ("2020-01-06", "week", 2),
        ("2019-11-04", "month", 2),  # the Monday after the first of the month, a Friday
        ("2019-11-01", "month", 3),
        ("2020-02-03", "month", 1),  # the first and the second were a weekend
    ],
)
def test_the_first_week_or_month_counts_if_all_of_its_days_are_known(first, every, complete):
    days = pd.bdate_range(
        first, "2020-01-17" if every == "week" else "2020-02-28" if first > "2020-02" else "2020-01-31"
    )
    closes = np.arange(len(days)) + 11.0
    assert len(found(frame_of(closes, opens=closes - 1, index=days), "G", every)) == complete


def test_one_session_on_a_saturday_makes_no_stock_that_trades_at_weekends():
    days = pd.bdate_range("2020-01-06", "2020-03-06").union(pd.DatetimeIndex(["2020-02-01"]))
    closes = np.arange(len(days)) + 11.0
    weeks = found(frame_of(closes, opens=closes - 1, index=days), "G", "week")
    assert len(weeks) == 9
    assert weeks[-1] == len(days) - 1, "the last week is over on Friday"


def test_a_week_of_a_stock_that_trades_at_weekends_ends_on_sunday():
    days = pd.date_range("2020-01-06", periods=13)
    closes = np.arange(13.0) + 11
    assert found(frame_of(closes, opens=closes - 1, index=days), "G", "week") == [6]


def test_a_month_has_the_prices_of_all_its_days():
    days = pd.bdate_range("2020-01-01", "2020-02-28")
    closes = np.linspace(10, 20, len(days))
    bars = make_bars(frame_of(closes, opens=closes - 0.1, index=days), "month")
    assert (len(bars), bars.high[0], bars.close[1], bars.last.tolist()) == (2, closes[22], 20, [22, 42])


def test_later_prices_change_no_candle_that_is_over():
    frame = random_stock(1, 400).frame
    for every in ("day", "week", "month"):
        begin = [row for row in found(frame, "G R", every) if row < 280]
        changed = frame.copy()
        changed.iloc[300:] *= 3
        assert [row for row in found(changed, "G R", every) if row < 280] == begin
        assert begin


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_series_shorter_than_the_pattern_has_none(rows):
    frame = frame_of([11] * rows, opens=[10] * rows) if rows else frame_of([]).iloc[:0]
    assert not rows or found(frame, "G G G") == []


def test_talib_has_exactly_the_patterns_that_are_named():
    names = talib.get_function_groups()["Pattern Recognition"]
    assert {name.removeprefix("CDL").lower() for name in names} == set(SIGNS)


def test_talib_gives_only_the_signs_that_are_named():
    bars = [make_bars(random_stock(seed, 2500).frame, "day") for seed in range(4)]
    for name, signs in SIGNS.items():
        for sign in {"bullish", "bearish"} - set(signs):
            assert not any(len(find_candlesticks(one, name, sign)) for one in bars), (name, sign)


def test_an_engulfing_candle_is_found_in_its_direction():
    closes = [*np.linspace(120, 100, 20), 97.0, 104.0]
    opens = [*np.linspace(121, 101, 20), 100.0, 96.0]
    bars = make_bars(frame_of(closes, opens=opens), "day")
    assert find_candlesticks(bars, "engulfing", "bullish").end.tolist() == [21]
    assert find_candlesticks(bars, "engulfing", "bearish").end.tolist() == []


def test_an_unknown_price_does_not_end_the_search_for_candlesticks():
    frame = random_stock(2, 600).frame
    whole = find_candlesticks(make_bars(frame, "day"), "engulfing", "bullish").end
    frame.iloc[100, frame.columns.get_loc("open")] = NAN
    part = find_candlesticks(make_bars(frame, "day"), "engulfing", "bullish").end
    assert set(whole[whole > 150]) == set(part[part > 150])


def test_later_prices_change_no_candlestick():
    frame = random_stock(3, 1200).frame
    bars, earlier = make_bars(frame, "day"), make_bars(frame.iloc[:1000], "day")
    for name, signs in SIGNS.items():
        for sign in signs:
            known = find_candlesticks(bars, name, sign).known
            assert known[known < 1000].tolist() == find_candlesticks(earlier, name, sign).known.tolist(), name
