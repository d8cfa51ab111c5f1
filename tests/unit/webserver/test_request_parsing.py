"""The parsing of bodies and preferences."""

import pytest

from common.domain.errors import InvalidRequest
from webserver.http.request_parsing import PreferredWait, json_of, preferred_wait


@pytest.mark.parametrize(
    ("header", "seconds", "applied"),
    [
        ("wait=10", 10, "wait=10"),
        (' Wait = "10" ; x=1, wait=3', 10, "wait=10"),
        ("wait=99", 30, "wait=30"),
        ("respond-async", 0, "respond-async"),
        ("return=minimal, Respond-Async", 0, "respond-async"),
        ("wait=2, respond-async;x", 2, "respond-async, wait=2"),
        ("", 30.5, None),
        ("wait=soon", 30.5, None),
        ("wait=-1", 30.5, None),
        ("wait=٣", 30.5, None),
    ],
)
def test_preferences_are_parsed_by_rfc_7240(header, seconds, applied):
    assert preferred_wait(header, 30.5) == PreferredWait(seconds, applied)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"days": 30}', {"days": 30}),
        (b'\xef\xbb\xbf{"days": 30.0}', {"days": 30.0}),
        ('{"ticker": "\u0131"}'.encode(), {"ticker": "\u0131"}),
        (b'[1, {"a": {"a": null}}]', [1, {"a": {"a": None}}]),
        (b"9" * 5000, float("inf")),
    ],
)
def test_a_body_must_be_json_in_utf_8(body, value):
    assert json_of(body) == value


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'days': 30}", b'{"days": 30} {}', '{"days": 30}'.encode("utf-16"), b'"\xff"', b"[" * 16_000],
)
def test_body_that_is_not_json_is_refused(body):
    with pytest.raises(InvalidRequest, match="not valid JSON"):
        json_of(body)


def test_a_duplicate_name_is_refused():
    with pytest.raises(InvalidRequest, match='"days" is given twice'):
        json_of(b'{"days": 30, "more": {"days": 1}, "days": 31}')


@pytest.mark.parametrize("text", [rb'"\u0000"', rb'["\ud800"]', rb'{"\udfff": 1}', rb'{"note": [{"a": "x\ud83dy"}]}'])
def test_a_text_that_no_store_keeps_is_refused(text):
    with pytest.raises(InvalidRequest, match="NUL or half of a surrogate pair"):
        json_of(text)


def test_whole_surrogate_pairs_and_escaped_backslashes_are_texts():
    assert json_of(rb'{"\u00e9": "\ud83d\ude00 \\u0000"}') == {"é": "😀 \\u0000"}
