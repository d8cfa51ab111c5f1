"""The addresses to which webhooks may be sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.notification import DeliveryFailed


def address_of(setting: str, host: str, *addresses: str) -> str:
    allowed = replace(AllowedAddresses.parse(setting), resolve=lambda _host, _port: list(addresses))
    return allowed.address_of(host, 443)


def test_a_public_address_is_allowed() -> None:
    assert address_of("", "example.com", "93.184.216.34", "2606:2800:220:1::1") == "93.184.216.34"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "::", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "224.0.0.1", "ff02::1"),
    ],
)
def test_a_private_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        address_of("", "inner.example", address)
    assert refused.value.is_final


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(DeliveryFailed):
        address_of("", "mixed.example", "93.184.216.34", "10.0.0.1")


@pytest.mark.parametrize(
    ("setting", "host", "address"),
    [
        ("10.1.0.0/16", "inner.example", "10.1.2.3"),
        ("hooks.internal", "HOOKS.internal", "10.9.9.9"),
        ("fd00::/8", "inner.example", "fd00::5"),
        (" hooks.internal , 127.0.0.1 ", "localhost", "127.0.0.1"),
    ],
)
def test_what_the_operator_lists_is_allowed(setting: str, host: str, address: str) -> None:
    assert address_of(setting, host, address) == address


@pytest.mark.parametrize("setting", ["10.1.0.0/99", "http://hooks", "a b"])
def test_a_wrong_setting_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="host names and networks"):
        AllowedAddresses.parse(setting)


@pytest.mark.parametrize(
    ("setting", "host", "is_allowed"),
    [
        ("", "example.com", False),
        ("", "localhost", False),
        ("", "10.1.2.3", False),
        ("", "2130706433", False),
        ("", "93.184.216.34", True),
        ("", "[2606:2800:220:1::1]", True),
        ("10.1.0.0/16", "10.1.2.3", True),
        ("hooks.internal", "Hooks.internal", True),
    ],
)
def test_a_name_is_allowed_without_a_lookup_only_if_it_is_listed(setting: str, host: str, is_allowed: bool) -> None:
    assert AllowedAddresses.parse(setting).allows_without_lookup(host) is is_allowed
