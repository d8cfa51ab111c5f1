"""Headlines are strangers' texts: only plain text and addresses of the Web remain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.domain.news import LONGEST_TITLE, clean_text, clean_url, make_headline

MOMENT = datetime(2024, 5, 3, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Apple & Co. beat 4 estimates", "Apple & Co. beat 4 estimates"),
        ("AT&amp;T rises", "AT&T rises"),
        ("  two\n lines\t ", "two lines"),
        ("<script>alert(1)</script>Gold", "alert(1) Gold"),
        ("&lt;img src=x onerror=alert(1)&gt;Gold", "Gold"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("\u202eevil\u202c \u2066text\u2069", "evil text"),
        ("ze\u200bro wi\u200ddth \ufeff", "ze ro wi dth"),
        ("bell\x07 null\x00 escape\x1b[31m", "bell null escape [31m"),
        ("a lone \ud800 surrogate", "a lone surrogate"),
        ("Ünïcode 株価", "Ünïcode 株価"),
        ("", ""),
        ("\u200b\n", ""),
        (None, ""),
        (4, ""),
        (["a"], ""),
    ],
)
def test_a_text_is_one_visible_line(text, cleaned):
    assert clean_text(text, 300) == cleaned


def test_a_long_text_is_cut():
    assert len(clean_text("x" * 1_000_000, 100)) == 100


@pytest.mark.parametrize("url", ["https://example.com/a?b=c#d", "http://example.com:8080/", "HTTPS://example.com/a"])
def test_addresses_of_the_web_remain(url):
    assert clean_url(url) == url[:5].lower() + url[5:]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "ftp://example.com/a",
        "//example.com/a",
        "/local",
        "https://",
        "https://user:pass@example.com/",
        "https://user@example.com/",
        "https://example.com/a b",
        'https://example.com/"onclick="x',
        "https://example.com/\n",
        "https://еxample.com/",
        "https://[::1",
        "https://example.com:99999/",
        "https://example.com/" + "a" * 3000,
        "",
        None,
        5,
    ],
)
def test_other_addresses_do_not(url):
    assert clean_url(url) is None


def test_a_headline_needs_a_title_and_an_address():
    assert make_headline("", "Reuters", MOMENT, "https://example.com") is None
    assert make_headline("Gold", "Reuters", MOMENT, "javascript:x") is None
    headline = make_headline("Gold", None, MOMENT, "https://example.com")
    assert (headline.title, headline.publisher, headline.published) == ("Gold", "", MOMENT)


def test_times_are_of_utc():
    local = datetime(2024, 5, 3, 8, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert make_headline("Gold", "", local, "https://example.com").published == MOMENT
    assert make_headline("Gold", "", MOMENT.replace(tzinfo=None), "https://example.com").published == MOMENT


def test_a_long_title_fits():
    assert len(make_headline("x" * 5000, "y" * 500, MOMENT, "https://example.com").title) == LONGEST_TITLE
