import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import BadRequest, InvalidDays, InvalidRequest, InvalidTicker
from common.domain.questions import TICKER, ForecastQuestion, normalise_request_id, normalise_ticker, validate_as


@pytest.mark.parametrize(
    ("typed", "ticker"),
    [
        *[("AAPL", "AAPL"), ("aapl", "AAPL"), ("brk-b", "BRK-B"), ("^gspc", "^GSPC"), ("eurusd=x", "EURUSD=X")],
        *[("m&m.ns", "M&M.NS"), ("nifty_fin_service.ns", "NIFTY_FIN_SERVICE.NS"), ("a" * 24, "A" * 24)],
    ],
)
def test_a_ticker_is_upper_cased(typed, ticker):
    assert normalise_ticker(typed) == ticker


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "AAPL ",
        "AAPL\n",
        "../x",
        "A..B",
        "A/B",
        "-A",
        ".A",
        "=A",
        "A" * 25,
        "&A",
        "_A",
        "A;B",
        "A+B",
        "A?B",
        "A#B",
        "A'B",
        'A"B',
        "A<B",
        "A:B",
        "ß",
        "ı",
        "ＡＡＰＬ",
        "AAP١",
        "A\x00",
        "A%2e",
    ],
)
def test_an_invalid_ticker_is_rejected(typed):
    with pytest.raises(InvalidTicker):
        normalise_ticker(typed)


@given(st.text(max_size=20))
def test_any_text_becomes_a_valid_ticker_or_is_rejected(typed):
    try:
        ticker = normalise_ticker(typed)
    except InvalidTicker:
        return
    assert TICKER.match(ticker)
    assert ".." not in ticker


@pytest.mark.parametrize("days", [0, -1, 1.5, "30", 10_001, float("nan"), float("inf"), True, None, [], {}])
def test_days_must_be_an_integer_within_the_limits(days):
    with pytest.raises(InvalidDays):
        validate_as(ForecastQuestion, {"ticker": "AAPL", "days": days})


@pytest.mark.parametrize("days", [1, 10_000])
def test_the_limits_of_days_are_allowed(days):
    assert validate_as(ForecastQuestion, {"ticker": "AAPL", "days": days}).days == days


@pytest.mark.parametrize(
    "wrong",
    [{"level": 0.49}, {"level": 1}, {"level": "0.8"}, {"model": "oracle"}, {"model": None}, {"level": float("nan")}],
)
def test_a_wrong_option_is_an_invalid_request_that_names_its_field(wrong):
    with pytest.raises(InvalidRequest) as caught:
        validate_as(ForecastQuestion, {"ticker": "AAPL", "days": 30} | wrong)
    assert caught.value.detail.startswith(next(iter(wrong)))


@pytest.mark.parametrize("body", [None, [], "AAPL", 3])
def test_a_body_that_is_not_an_object_is_a_bad_request(body):
    with pytest.raises(BadRequest):
        validate_as(ForecastQuestion, body)


def test_questions_that_differ_have_different_keys():
    asked = {"ticker": "AAPL", "days": 30}
    others = [{"ticker": "MSFT"}, {"days": 31}, {"model": "prophet"}, {"level": 0.8000001}]
    keys = {validate_as(ForecastQuestion, asked | other).key for other in [{}, *others]}
    assert len(keys) == 5


@pytest.mark.parametrize(
    "text", ["", "x", "123e4567e89b42d3a456426614174000", "{123e4567-e89b-42d3-a456-426614174000}"]
)
def test_an_id_that_is_not_a_plain_uuid_is_rejected(text):
    with pytest.raises(InvalidRequest):
        normalise_request_id(text)


def test_an_id_is_lower_cased():
    assert normalise_request_id("123E4567-E89B-42D3-A456-426614174000") == "123e4567-e89b-42d3-a456-426614174000"


@pytest.mark.parametrize("days", [30, 30.0])
def test_an_integral_float_is_an_integer(days):
    question = validate_as(ForecastQuestion, {"ticker": "AAPL", "days": days})
    assert (question.days, type(question.days)) == (30, int)


@pytest.mark.parametrize("body", [[], None, "x"])
def test_the_error_for_a_body_that_is_not_an_object_has_no_class_names(body):
    with pytest.raises(InvalidRequest, match=r"^The body must be a JSON object such as"):
        validate_as(ForecastQuestion, body)


def test_a_field_and_a_length_of_the_past_are_part_of_the_key_only_where_they_are_named():
    asked = {"ticker": "AAPL", "days": 30}
    plain = validate_as(ForecastQuestion, asked)
    assert plain.canonical == {"ticker": "AAPL", "days": 30, "model": "blend", "level": 0.8}
    assert plain.key == "2796aaca6e17f09786cbbc2f56ae8750"
    assert plain.older_key == "AAPL:30:blend:0.8"
    same = validate_as(ForecastQuestion, asked | {"field": "close", "history_days": None})
    assert (same.key, same.older_key, same.text) == (plain.key, plain.older_key, plain.text)
    others = [{"field": "volume"}, {"field": "high"}, {"history_days": 500}, {"field": "high", "history_days": 500}]
    questions = [validate_as(ForecastQuestion, asked | other) for other in others]
    assert len({plain.key, *(question.key for question in questions)}) == 5
    assert {question.older_key for question in questions} == {""}
    assert [question.is_standard for question in (plain, *questions)] == [True, False, False, False, False]


@pytest.mark.parametrize(
    "wrong", [{"field": "adj_close"}, {"field": None}, {"history_days": 59}, {"history_days": 3654}]
)
def test_a_wrong_field_or_length_of_the_past_is_named(wrong):
    with pytest.raises(InvalidRequest) as caught:
        validate_as(ForecastQuestion, {"ticker": "AAPL", "days": 30} | wrong)
    assert caught.value.detail.startswith(next(iter(wrong)))
