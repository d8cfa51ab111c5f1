"""What a client sends beside the question."""

import pytest

from webserver.incoming import Patience, preferred_patience


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
def test_preferences_are_read_as_rfc_7240_writes_them(header, seconds, applied):
    assert preferred_patience(header, 30.5) == Patience(seconds, applied)
