"""The host names that a server accepts."""

import pytest

from common.runtime.hosts import AllowedHosts, Host, InvalidHost, is_loopback


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        (("127.0.0.1", 5000), True),
        (("127.8.8.8", 5000), True),
        (("::1", 5000, 0, 0), True),
        (("::ffff:127.0.0.1", 5000, 0, 0), True),
        (("0.0.0.0", 5000), False),
        (("::", 5000, 0, 0), False),
        (("192.168.1.7", 5000), False),
        (("fe80::1%eth0", 5000, 0, 2), False),
        ("/run/web.sock", True),
        (b"\0web", True),
    ],
)
def test_a_socket_is_local_on_loopback_and_as_a_unix_socket(address, is_local):
    assert is_loopback(address) is is_local


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "LOCALHOST", "localhost.", "127.0.0.1:5000", "[::1]:5000", "[::1]"]
)
def test_loopback_names_are_always_allowed(host):
    assert AllowedHosts().allows(Host.parse(host))
    assert AllowedHosts.parse("stockcast.example").allows(Host.parse(host))


@pytest.mark.parametrize(
    ("setting", "host", "allowed"),
    [
        ("", "evil.example", False),
        ("", "localhost.evil.example", False),
        ("", "127.0.0.1.evil.example", False),
        ("", "evil-localhost", False),
        ("", "192.0.2.1", False),
        ("", "127.0.0.2", False),
        ("stockcast.example", "stockcast.example", True),
        ("stockcast.example", "Stockcast.Example:8443", True),
        ("stockcast.example", "stockcast.example.", True),
        ("stockcast.example", "evil.stockcast.example", False),
        ("stockcast.example", "stockcast.example.evil.example", False),
        ("stockcast.example", "notstockcast.example", False),
        ("stockcast.example:8443", "stockcast.example:8443", True),
        ("stockcast.example:8443", "stockcast.example", False),
        (".stockcast.example", "stockcast.example", True),
        (".stockcast.example", "a.b.stockcast.example:1", True),
        (".stockcast.example", "notstockcast.example", False),
        ("a.example, b.example ,", "b.example", True),
        ("192.0.2.1", "192.0.2.1:5000", True),
        ("2001:db8::1", "[2001:db8::1]:5000", True),
        ("*", "evil.example", True),
    ],
)
def test_a_setting_allows_its_hosts(setting, host, allowed):
    assert AllowedHosts.parse(setting).allows(Host.parse(host)) is allowed


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "-",
            "..",
            "é",
            "a b",
            "a,b",
            "a/b",
            "a@b",
            "a:b",
            "a:123456",
            ":5000",
            "http://a",
            "a\0",
            "a" * 300,
        ),
        *("[::1", "::1]", "[]", "[g::1]", "[::1]x"),
    ],
)
def test_a_text_that_is_not_a_host_is_rejected(text):
    with pytest.raises(InvalidHost):
        Host.parse(text)


@pytest.mark.parametrize("setting", ["http://a.example", "a b", "a/b", "*.a.example", ".", "..a", "[::1"])
def test_a_setting_with_an_invalid_host_is_rejected(setting):
    with pytest.raises(InvalidHost):
        AllowedHosts.parse(setting)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("10.1.2.3:5000", True), ("[fd00::1]:8081", True), ("localhost", True), ("evil.example", False)],
)
def test_a_probe_may_use_an_ip_address(host, allowed):
    assert AllowedHosts().allows_probe(Host.parse(host)) is allowed
