import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import InvalidRequest
from common.rpc.framing import LineReceiver


def test_a_line_is_returned_without_its_line_feed():
    assert LineReceiver().receive(b"abc\n") == b"abc"


@given(st.binary(max_size=200).filter(lambda line: b"\n" not in line), st.integers(1, 50))
def test_a_line_is_the_same_in_any_chunks(line, size):
    receiver = LineReceiver()
    wire = line + b"\n"
    pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
    assert [receiver.receive(piece) for piece in pieces] == [None] * (len(pieces) - 1) + [line]


def test_the_longest_allowed_line_is_accepted():
    assert LineReceiver(limit=10).receive(b"x" * 9 + b"\n") == b"x" * 9


def test_a_line_over_the_limit_is_rejected_before_its_end():
    receiver = LineReceiver(limit=10)
    with pytest.raises(InvalidRequest):
        receiver.receive(b"x" * 11)


def test_a_line_one_byte_over_the_limit_is_rejected():
    with pytest.raises(InvalidRequest):
        LineReceiver(limit=10).receive(b"x" * 10 + b"\n")


def test_two_lines_at_once_are_rejected():
    with pytest.raises(InvalidRequest):
        LineReceiver().receive(b"one\ntwo\n")


def test_an_end_before_the_first_byte_is_allowed():
    assert LineReceiver().receive_eof() is None


def test_partial_line_then_eof_is_a_protocol_error():
    receiver = LineReceiver()
    receiver.receive(b"par")
    with pytest.raises(InvalidRequest):
        receiver.receive_eof()
