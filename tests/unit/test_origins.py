import pytest

from webserver.origins import is_from_here


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://here:5000"}, False),
        ({"Origin": "http://here:5000"}, True),
        ({"Origin": "https://here:5000"}, True),
        ({"Origin": "http://elsewhere:5000"}, False),
        ({"Origin": "http://here:5001"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_a_change_is_from_our_own_page_or_from_no_page(headers, expected):
    assert is_from_here(headers.get("Sec-Fetch-Site"), headers.get("Origin"), "here:5000") is expected
