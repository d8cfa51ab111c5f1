"""The question of a pattern search: its key, and its mistakes."""

import json

import pytest

from common.domain.errors import BadRequest
from common.domain.patterns.questions import PatternQuestion
from common.domain.questions import validate_as
from common.rpc.messages import MAX_LINE_BYTES
from webserver.patterns.routes import PatternRequest

CANDLES = {"type": "candles", "candles": "G G G R"}
SHAPE = {"type": "shape", "start": "2012-01-03", "end": "2012-03-30"}


def question(**fields):
    return validate_as(PatternRequest, {"ticker": "AAPL", "patterns": [CANDLES]} | fields).question


def test_the_key_is_that_of_the_stored_question():
    asked = question(patterns=[CANDLES, SHAPE, {"type": "turnaround", "turn": "up", "percent": 8}], all=True)
    assert PatternQuestion.model_validate(json.loads(asked.text)).key == asked.key


def test_a_default_that_is_written_out_is_the_same_question():
    assert question(patterns=[CANDLES | {"every": "day"}], tickers=[], all=False).key == question().key
    assert question(patterns=[CANDLES | {"every": "week"}]).key != question().key


def test_a_stored_question_may_have_fields_of_a_newer_version():
    stored = json.loads(question().text)
    stored["patterns"][0]["colour"] = "blue"
    assert PatternQuestion.model_validate(stored | {"more": 1}).key == question().key


def test_the_largest_question_fits_into_an_order():
    shapes = [{"type": "shape", "numbers": [-1.2345678901234567e-100] * 200}] * 2
    most = question(
        patterns=shapes + [{"type": "candles", "candles": "G>1000.1234%" * 16}] * 8, tickers=["A" * 24] * 50
    )
    assert len(most.text) < MAX_LINE_BYTES - 1000


@pytest.mark.parametrize(
    ("fields", "code", "detail"),
    [
        ({"patterns": []}, "invalid_request", "patterns must be a list of 1 to 10 objects such as"),
        ({"patterns": [5]}, "invalid_pattern", "A pattern must be an object such as"),
        (
            {"patterns": [{"type": "x"}]},
            "invalid_pattern",
            "The type of a pattern must be candles, turnaround or shape;",
        ),
        (
            {"patterns": [{}]},
            "invalid_pattern",
            "The type of a pattern must be candles, turnaround or shape; it is missing",
        ),
        ({"patterns": [CANDLES, {"type": "candles"}]}, "invalid_pattern", "Item 2: candles is missing."),
        ({"patterns": [CANDLES | {"colour": 1}]}, "invalid_pattern", "Unknown field colour."),
        ({"patterns": [CANDLES, CANDLES | {"colour": 1}]}, "invalid_pattern", "Item 2: Unknown field colour."),
        ({"patterns": [CANDLES | {"every": "weak"}]}, "invalid_pattern", "every must be day, week or month;"),
        ({"patterns": [CANDLES | {"candles": "G X"}]}, "invalid_pattern", "Column 3: 'X' is no candle."),
        ({"patterns": [{"type": "turnaround", "turn": "up"}]}, "invalid_pattern", "A turnaround needs percent or"),
        ({"patterns": [{"type": "shape"}]}, "invalid_pattern", "A shape needs start and end, or numbers."),
        *(
            ({"patterns": [SHAPE | {"end": text}]}, "invalid_pattern", "end must be a day in the form YYYY-MM-DD")
            for text in ("2012-01-40", "2012-W05-5", "20120203")
        ),
        ({"patterns": [SHAPE | {"end": "2012-01-03"}]}, "invalid_pattern", "The start of a shape must be before"),
        ({"patterns": [SHAPE | {"numbers": [1.0] * 10}]}, "invalid_pattern", "A shape has either start and end, or"),
        ({"patterns": [{"type": "shape", "numbers": [1.0]}]}, "invalid_pattern", "numbers must be a list of 10 to 250"),
        (
            {"patterns": [{"type": "shape", "numbers": [1.0] * 201}] * 2},
            "invalid_request",
            "The shapes have 402 numbers.",
        ),
        ({"tickers": ["MSFT"], "all": True}, "invalid_request", "A search has either tickers or all."),
        ({"tickers": ["M SFT"]}, "invalid_request", "tickers must be a list of 0 to 50 texts such as"),
        ({"colour": 1}, "invalid_request", "Unknown field colour."),
        ({"ticker": "../x"}, "invalid_ticker", "This is not a valid ticker."),
    ],
)
def test_a_mistake_has_a_code_and_a_sentence(fields, code, detail):
    with pytest.raises(BadRequest) as raised:
        question(**fields)
    assert raised.value.code == code
    assert raised.value.detail.startswith(detail)
