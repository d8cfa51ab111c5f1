import pytest

from common.runtime.hosts import AllowedHosts
from webserver.http.middleware.origin_check import is_same_site


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://here:5000"}, False),
        ({"Origin": "http://here:5000"}, True),
        ({"Origin": "HTTP://HERE:5000"}, True),
        ({"Origin": "https://here:5000"}, True),
        ({"Origin": "http://elsewhere:5000"}, False),
        ({"Origin": "http://here:5001"}, False),
        ({"Origin": "http://here"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://"}, False),
        ({"Origin": "http://[::1"}, False),
        ({"Origin": "http://[::1]]:5000"}, False),
        ({"Origin": "http://[v1.x]:5000"}, False),
        ({"Origin": "http://here:port"}, False),
        ({"Origin": "http://here:5000/path"}, False),
        ({"Origin": "http://here:5000 http://elsewhere"}, False),
        ({"Origin": "file://here:5000"}, False),
        ({"Origin": "//here:5000"}, False),
        ({"Origin": "http://user@here:5000"}, False),
        ({"Origin": "http://h\u2100re:5000"}, False),
    ],
)
def test_a_change_is_accepted_from_the_own_page_or_from_no_page(headers, expected):
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    assert is_same_site(site, origin, "here:5000", AllowedHosts()) is expected


@pytest.mark.parametrize(
    ("setting", "origin", "expected"),
    [
        ("stockcast.example", "http://stockcast.example", True),
        ("stockcast.example:8443", "https://stockcast.example:8443", True),
        ("stockcast.example", "http://stockcast.example:8080", False),
        (".stockcast.example", "http://evil.stockcast.example", False),
        ("*", "http://evil.example", False),
        ("localhost", "http://localhost:3000", False),
    ],
)
def test_behind_a_proxy_the_own_page_is_named_by_the_setting(setting, origin, expected):
    assert is_same_site(None, origin, "127.0.0.1:5000", AllowedHosts.parse(setting)) is expected
