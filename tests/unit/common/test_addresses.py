import pytest

from common.rpc.addresses import Address


@pytest.mark.parametrize(
    ("text", "address"),
    [("a:1", Address("a", 1)), ("[::1]:6001", Address("::1", 6001)), ("10.0.0.1:0", Address("10.0.0.1", 0))],
)
def test_an_address_is_a_host_and_a_port(text, address):
    assert Address.parse(text) == address
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "a", ":1", "a:", "a:x", "a:65536", "a:-1", "a:١"])
def test_an_invalid_address_is_rejected(text):
    with pytest.raises(ValueError, match="host:port"):
        Address.parse(text)
