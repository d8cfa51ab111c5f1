from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_stack.ports import InvalidPort, parse_port, ports_of

any_port = st.integers(min_value=1024, max_value=65_535)


@given(any_port)
def test_a_stack_uses_sixteen_different_ports_below_the_ephemeral_ones(web: int) -> None:
    inner = ports_of(web).all()[1:]
    assert len({web, *inner}) == 16
    assert all(10_000 <= port < 32_768 for port in inner)


@given(any_port, st.integers(min_value=1, max_value=500))
def test_stacks_on_neighbouring_ports_share_no_inner_port(web: int, step: int) -> None:
    assert not set(ports_of(web).all()[1:]) & set(ports_of(web + step).all()[1:])


@pytest.mark.parametrize("text", ["", "80", "65536", "-5000", "5e3", "５０００", " 5000", "five", "9" * 5000])
def test_an_invalid_port_is_refused_with_a_message(text: str) -> None:
    with pytest.raises(InvalidPort, match="1024 to 65535"):
        parse_port(text)


@pytest.mark.parametrize("port", [1024, 5000, 65_535])
def test_a_valid_port_is_parsed(port: int) -> None:
    assert parse_port(str(port)) == port
