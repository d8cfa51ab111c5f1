"""Each error has the field, its allowed values and the value sent; none has the text of a library."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import BadRequest
from common.domain.questions import validate_as
from common.rpc.messages import decode_order
from webserver.batches.routes import BatchRequest
from webserver.forecasts.routes import ForecastRequest
from webserver.market.models import MarketQuery
from webserver.stocks.price_routes import PricesQuery
from webserver.stocks.ticker_routes import TickersQuery

QUESTION = {"ticker": "AAPL", "days": 30}
LEVEL = "level must be a number from 0.5 to 0.99, such as 0.8; you sent "
DAYS = "days must be a whole number from 1 to 10000, such as 30; you sent "
ID = "123e4567-e89b-42d3-a456-426614174000"
LIBRARY_WORDS = re.compile(
    r"[Ii]nput should|[Vv]alue error|Extra inputs|Field required|valid (string|integer|number)|pydantic"
)


def refusal(kind, values):
    with pytest.raises(BadRequest) as caught:
        validate_as(kind, values)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"levels": 0.9}, "Unknown field levels. Did you mean level?"),
        ({"Level": 0.9}, "Unknown field Level. Did you mean level?"),
        ({"modle": "blend"}, "Unknown field modle. Did you mean model?"),
        ({"requestId": ID}, "Unknown field requestId. Did you mean request_id?"),
        (
            {"horizon": 3},
            "Unknown field horizon. Allowed: ticker, days, model, level, field, history_days, request_id.",
        ),
        ({"<b>": 3}, 'Unknown field "<b>". Allowed: ticker, days, model, level, field, history_days, request_id.'),
        ({"level": 80}, LEVEL + "80. For 80 % write 0.8."),
        ({"level": 97.5}, LEVEL + "97.5. For 97.5 % write 0.975."),
        ({"level": "80%"}, LEVEL + 'the text "80%". For 80 % write 0.8.'),
        ({"level": "0.8"}, LEVEL + 'the text "0.8". Write 0.8 without quotes.'),
        ({"level": 1}, LEVEL + "1."),
        ({"level": 0.3}, LEVEL + "0.3."),
        ({"level": None}, LEVEL + "null."),
        ({"level": True}, LEVEL + "true."),
        ({"level": []}, LEVEL + "a list."),
        ({"level": float("nan")}, LEVEL + "a number that is not finite."),
        ({"level": 10**400}, LEVEL + "a number of more than 15 digits."),
        ({"model": "arima"}, 'model must be blend, prophet or last_price; you sent the text "arima".'),
        (
            {"model": "blende"},
            'model must be blend, prophet or last_price; you sent the text "blende". Did you mean blend?',
        ),
        (
            {"model": "Prophet"},
            'model must be blend, prophet or last_price; you sent the text "Prophet". Did you mean prophet?',
        ),
        ({"model": {}}, "model must be blend, prophet or last_price; you sent an object."),
        ({"request_id": 7}, f"request_id must be a UUID such as {ID}; you sent 7."),
    ],
)
def test_a_wrong_field_is_explained(wrong, detail):
    assert refusal(ForecastRequest, QUESTION | wrong) == ("invalid_request", detail)


@pytest.mark.parametrize(
    ("days", "sent"),
    [
        ("30", 'the text "30". Write 30 without quotes.'),
        ("soon", 'the text "soon".'),
        (0, "0."),
        (1.5, "1.5."),
        (-1, "-1."),
        (None, "null."),
        (True, "true."),
        ("\u202e30", 'the text "\\u202e30".'),
        ("9" * 60, f'the text "{"9" * 50}…".'),
    ],
)
def test_the_error_for_wrong_days_has_their_code_and_the_value(days, sent):
    assert refusal(ForecastRequest, QUESTION | {"days": days}) == ("invalid_days", DAYS + sent)
    assert refusal(BatchRequest, {"tickers": ["A"], "days": days}) == ("invalid_days", DAYS + sent)


def test_a_missing_field_is_reported_as_missing():
    assert refusal(ForecastRequest, {"ticker": "AAPL"}) == (
        "invalid_days", "days is missing. It must be a whole number from 1 to 10000, such as 30.",
    )  # fmt: skip
    assert refusal(ForecastRequest, {}) == ("invalid_ticker", "ticker is missing. It must be text such as AAPL.")
    assert refusal(BatchRequest, {"days": 3})[1].startswith("tickers is missing. It must be a list of 1 to 100 texts")


def test_an_unknown_field_is_reported_before_a_missing_one():
    assert refusal(ForecastRequest, {"tiker": "AAPL", "days": 30})[1] == "Unknown field tiker. Did you mean ticker?"
    assert refusal(BatchRequest, {"ticker": ["A"], "days": 30})[1] == "Unknown field ticker. Did you mean tickers?"


@pytest.mark.parametrize(
    ("kind", "values", "detail"),
    [
        (BatchRequest, {"tickers": ["A"] * 101, "days": 30}, "you sent 101 items."),
        (BatchRequest, {"tickers": [], "days": 30}, "you sent 0 items."),
        (BatchRequest, {"tickers": ["A", 3], "days": 30}, "item 2 is 3."),
        (BatchRequest, {"tickers": "AAPL", "days": 30}, 'you sent the text "AAPL".'),
        (PricesQuery, {"ticker": "A", "start": "2013-1-1"}, 'you sent the text "2013-1-1".'),
        (PricesQuery, {"ticker": "A", "end": "2013-02-30"}, 'you sent the text "2013-02-30".'),
        (PricesQuery, {"ticker": "A", "format": "xml"}, 'format must be json or csv; you sent the text "xml".'),
        (PricesQuery, {"ticker": "A", "interval": "1m"}, "interval must be 1d, 1h or 5min;"),
        (TickersQuery, {"after": ".."}, "after must be text such as AAPL;"),
        (TickersQuery, {"q": "a" * 65}, "q must be text of at most 64 characters;"),
        (MarketQuery, {"q": ""}, "q must be text of 1 to 64 characters;"),
        (MarketQuery, {"limit": "1e2"}, 'you sent the text "1e2". Write 100.'),
    ],
)
def test_errors_in_batches_and_queries_have_the_same_format(kind, values, detail):
    code, said = refusal(kind, values)
    assert code == "invalid_request"
    assert detail in said


def test_the_error_for_an_unknown_name_is_short_and_printable():
    assert refusal(ForecastRequest, QUESTION | {"\ud800": 1})[1].startswith('Unknown field "\\ud800". Allowed:')
    assert len(refusal(ForecastRequest, QUESTION | {"x" * 9000: 1})[1]) < 150


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(
    st.dictionaries(
        st.sampled_from(["ticker", "days", "model", "level", "request_id", "tickers"]) | st.text(), ANYTHING
    )
)
def test_no_error_contains_the_text_of_a_library(values):
    for kind in (ForecastRequest, BatchRequest):
        said = ""
        try:
            validate_as(kind, values)
        except BadRequest as failure:
            said = failure.detail
        assert not LIBRARY_WORDS.search(said)
        assert len(said) < 750


def test_messages_tolerate_fields_of_another_version():
    line = b'{"v":1,"request_id":"%s","ticker":"AAPL","days":30,"attempt":1,"budget_ms":1,"new":1}' % ID.encode()
    assert decode_order(line).ticker == "AAPL"
