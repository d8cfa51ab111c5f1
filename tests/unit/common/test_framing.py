import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import InvalidRequest
from common.rpc.framing import LineReceiver


def test_a_line_is_given_without_its_feed():
    assert LineReceiver().receive(b"abc\n") == b"abc"


@given(st.binary(max_size=200).filter(lambda line: b"\n" not in line), st.integers(1, 50))
def test_a_line_comes_out_the_same_however_it_is_cut(line, size):
    receiver = LineReceiver()
    wire = line + b"\n"
    pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
    assert [receiver.receive(piece) for piece in pieces] == [None] * (len(pieces) - 1) + [line]


def test_the_longest_line_is_taken():
    assert LineReceiver(limit=10).receive(b"x" * 9 + b"\n") == b"x" * 9


def test_a_line_over_the_limit_is_refused_before_its_end():
    receiver = LineReceiver(limit=10)
    with pytest.raises(InvalidRequest):
        receiver.receive(b"x" * 11)


def test_a_line_one_byte_over_the_limit_is_refused():
    with pytest.raises(InvalidRequest):
        LineReceiver(limit=10).receive(b"x" * 10 + b"\n")


def test_two_lines_at_once_are_refused():
    with pytest.raises(InvalidRequest):
        LineReceiver().receive(b"one\ntwo\n")


def test_the_end_before_the_first_byte_is_clean():
    assert LineReceiver().receive_eof() is None


def test_partial_line_then_eof_is_a_protocol_error():
    receiver = LineReceiver()
    receiver.receive(b"par")
    with pytest.raises(InvalidRequest):
        receiver.receive_eof()
