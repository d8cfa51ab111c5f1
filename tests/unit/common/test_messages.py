import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import BadRequest, Busy, InvalidRequest
from common.domain.questions import ForecastQuestion
from common.rpc.messages import (
    MAX_LINE_BYTES,
    ForeignPeer,
    Order,
    PricesCommand,
    decode_message,
    decode_order,
    decode_reply,
    encode,
    make_accepted_reply,
    make_rejected_reply,
)

TOKEN = "shared-by-the-services"
ID = "123e4567-e89b-42d3-a456-426614174000"
ORDER = {"v": 1, "request_id": ID, "ticker": "AAPL", "days": 30, "attempt": 1, "budget_ms": 29_500}
ORDERED = Order(question=ForecastQuestion(ticker="AAPL", days=30), request_id=ID, attempt=1, budget_ms=29_500)


def order_of(**changes):
    return decode_order(line(**changes))


def line(**changes):
    return json.dumps(ORDER | changes).encode()


def test_an_order_survives_encoding():
    order = order_of(prices_version="a" * 64)
    assert decode_order(encode(order).removesuffix(b"\n")) == order


def test_the_longest_order_fits_into_a_line():
    order = order_of(ticker="&".join("A" * 12) + "_", days=10_000, prices_version="a" * 64)
    assert len(encode(order)) < MAX_LINE_BYTES


def test_unknown_fields_are_ignored():
    assert decode_order(line(colour="blue")).ticker == "AAPL"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": None},
        {"request_id": "x"},
        {"request_id": None},
        {"ticker": "../x"},
        {"days": "30"},
        {"days": 1.5},
        {"attempt": 0},
        {"attempt": True},
        {"budget_ms": -1},
        {"budget_ms": "1"},
        {"prices_version": "../../x"},
    ],
)
def test_a_wrong_field_is_rejected(changes):
    with pytest.raises(BadRequest):
        decode_order(line(**changes))


@pytest.mark.parametrize("bad", [b"", b"{", b"[]", b"1", b"null", b"\xff\xfe", b"[" * 8000, b'{"ticker": "\xc3"}'])
def test_a_line_that_is_not_a_json_object_is_rejected(bad):
    with pytest.raises(InvalidRequest):
        decode_order(bad)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_order_or_a_bad_request(data):
    try:
        decode_order(data)
    except BadRequest:
        return
    raise AssertionError("hypothesis wrote an order")


def test_a_rejection_carries_its_failure():
    reply = decode_reply(encode(make_rejected_reply(Busy("full", retry_after_s=3), ID)).removesuffix(b"\n"))
    with pytest.raises(Busy) as caught:
        reply.raise_if_rejected()
    assert (caught.value.detail, caught.value.retry_after_s) == ("full", 3)


def test_an_acceptance_raises_nothing():
    assert make_accepted_reply(ID).raise_if_rejected() is None


COMMAND = {"v": 1, "kind": "prices", "request_id": ID, "action": "track", "ticker": "AAPL", "budget_ms": 1000}


def test_a_command_survives_encoding():
    command = PricesCommand(**COMMAND)
    assert decode_message(encode(command).removesuffix(b"\n")) == command


def test_a_message_without_a_kind_is_an_order():
    assert decode_message(line()) == ORDERED
    assert encode(ORDERED) == (
        b'{"ticker":"AAPL","days":30,"model":"blend","level":0.8,"v":1,'
        b'"request_id":"123e4567-e89b-42d3-a456-426614174000","attempt":1,"budget_ms":29500}\n'
    )
    assert (
        encode(make_accepted_reply(ID))
        == b'{"v":1,"request_id":"123e4567-e89b-42d3-a456-426614174000","status":"accepted"}\n'
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2}, {"kind": "order"}, {"kind": ""}, {"kind": 1}, {"action": "drop"}, {"action": None},
        {"ticker": "../x"}, {"request_id": "7"}, {"budget_ms": -1}, {"budget_ms": "1"},
    ],
)  # fmt: skip
def test_a_wrong_command_is_rejected(changes):
    with pytest.raises(BadRequest):
        decode_message(json.dumps(COMMAND | changes).encode())


def test_a_reply_contains_the_outcome_of_a_command():
    assert decode_reply(encode(make_accepted_reply(ID, "created")).removesuffix(b"\n")).outcome == "created"


def test_a_message_with_the_required_token_is_accepted():
    order = ORDERED
    assert decode_message(encode(order, TOKEN).removesuffix(b"\n"), TOKEN) == order
    assert decode_message(encode(order, TOKEN).removesuffix(b"\n")) == order


@pytest.mark.parametrize(
    "changes", [{}, {"token": ""}, {"token": "another"}, {"token": None}, {"token": [TOKEN]}, {"token": "\ud800"}]
)
def test_a_message_without_the_token_is_from_a_foreign_peer(changes):
    with pytest.raises(ForeignPeer):
        decode_message(line(**changes), TOKEN)
