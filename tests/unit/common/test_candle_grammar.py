"""The grammar of candles, and the places of its mistakes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.patterns.candlesticks import Candlestick
from common.domain.patterns.grammar import Candle, GrammarMistake, parse_candles


@pytest.mark.parametrize(
    ("text", "candles"),
    [
        ("G G G R", "G G G R"),
        ("gggr", "G G G R"),
        (" G,  * ,D ", "G * D"),
        ("G>2%", "G>2%"),
        ("G > 1.5 % < 3%", "G>1.5%<3%"),
        ("R<-1%", "R>1%"),
        ("R>-1%", "R<1%"),
        ("R>1%R<2%", "R>1% R<2%"),
        ("G>1234.5678%", "G>1234.5678%"),
    ],
)
def test_candles_are_read(text, candles):
    assert " ".join(candle.text for candle in parse_candles(text)) == candles


def test_a_fall_is_a_size_or_a_negative_move():
    assert parse_candles("R<-1%") == parse_candles("R>1%") == (Candle("R", above=1.0),)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("G G X R", "Column 5: 'X' is no candle."),
        ("G G hammer", "Column 5: 'h' is no candle."),
        ("GGGX", "Column 4: 'X' is no candle."),
        ("GRGR hammer", "Column 6: 'h' is no candle."),
        ("G>2", "Column 4: % is missing"),
        ("G>=2%", "Column 3: A size is above or below a number. Write > or < without =."),
        ("G>99999%", "Column 3: A size has up to 4 digits"),
        ("G>1.23456%", "Column 3: A size has up to 4 digits"),
        ("G>2%<2%", "Column 1: No candle is both above 2% and below 2%. Write two different sizes."),
        ("G R>", "Column 5: A size is missing."),
        ("G G>-2%", "Column 5: A green candle has no negative size."),
        ("D>2%", "Column 2: D has no size."),
        ("G>1%>2%", "Column 5: This is the second > of one candle."),
        ("G R>3%<1%", "Column 3: No candle is both above 3% and below 1%."),
        ("G<0%", "Column 1: No candle is smaller than 0%."),
        ("", "The pattern is empty."),
        ("* *", "The pattern fits every candle."),
        ("G" * 31, "The pattern has 31 candles."),
        ("hamer", "There is no candlestick pattern of this name. Did you mean hammer?"),
        ("bearish hammer", "The pattern hammer is always bullish."),
    ],
)
def test_a_mistake_has_its_place_and_an_advice(text, mistake):
    with pytest.raises(GrammarMistake) as raised:
        parse_candles(text)
    assert str(raised.value).startswith(mistake)
    assert str(raised.value).endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "name", "sign"),
    [
        ("hammer", "hammer", None),
        ("Bearish Engulfing", "engulfing", "bearish"),
        ("three white soldiers", "3whitesoldiers", None),
        ("3 inside", "3inside", None),
        ("in-neck pattern", "inneck", None),
        ("CDLDARKCLOUDCOVER", "darkcloudcover", None),
    ],
)
def test_a_candlestick_pattern_is_found_by_the_name_that_people_write(text, name, sign):
    assert parse_candles(text) == Candlestick(name, sign)


def test_a_pattern_of_two_directions_is_searched_in_both():
    assert Candlestick("engulfing", None).signs == ("bullish", "bearish")
    assert Candlestick("engulfing", "bearish").signs == ("bearish",)
    assert Candlestick("hammer", None).signs == ("bullish",)


@given(st.one_of(st.text(max_size=200), st.text("GRDgrd*<>-%0123456789., ", max_size=60)))
def test_any_text_is_candles_a_name_or_a_mistake(text):
    try:
        parsed = parse_candles(text)
    except GrammarMistake:
        return
    if isinstance(parsed, tuple):
        assert parse_candles(" ".join(candle.text for candle in parsed)) == parsed
