"""Answers with headlines in the formats that Tiingo, Finnhub and Alpha Vantage document."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from test_support.sources.source_server import Handle, answering

PUBLISHED = datetime(2024, 5, 3, 12, 30, tzinfo=UTC)
LINK = "https://news.example/story"


def tiingo_row(title: object, url: object = LINK) -> dict[str, object]:
    """Return a row as in https://www.tiingo.com/documentation/news."""
    return {
        "id": 1,
        "title": title,
        "url": url,
        "description": "A description.",
        "publishedDate": "2024-05-03T12:30:00+00:00",
        "crawlDate": "2024-05-03T12:31:00.5+00:00",
        "source": "news.example",
        "tickers": ["aapl"],
        "tags": [],
    }


def finnhub_row(title: object, url: object = LINK) -> dict[str, object]:
    """Return a row as in https://finnhub.io/docs/api/company-news."""
    return {
        "category": "company news",
        "datetime": int(PUBLISHED.timestamp()),
        "headline": title,
        "id": 1,
        "image": "",
        "related": "AAPL",
        "source": "news.example",
        "summary": "A summary.",
        "url": url,
    }


def alphavantage_row(title: object, url: object = LINK) -> dict[str, object]:
    """Return a row as in https://www.alphavantage.co/documentation/#news-sentiment."""
    return {
        "title": title,
        "url": url,
        "time_published": "20240503T123000",
        "authors": ["A. Writer"],
        "summary": "A summary.",
        "source": "news.example",
        "overall_sentiment_score": 0.1,
    }


def tiingo_news(*titles: object) -> bytes:
    """Return an answer of Tiingo with these headlines."""
    return json.dumps([tiingo_row(title, f"{LINK}/{at}") for at, title in enumerate(titles)]).encode()


def finnhub_news(*titles: object) -> bytes:
    """Return an answer of Finnhub with these headlines."""
    return json.dumps([finnhub_row(title, f"{LINK}/{at}") for at, title in enumerate(titles)]).encode()


def alphavantage_news(*titles: object) -> bytes:
    """Return an answer of Alpha Vantage with these headlines."""
    feed = [alphavantage_row(title, f"{LINK}/{at}") for at, title in enumerate(titles)]
    return json.dumps({"items": str(len(feed)), "feed": feed}).encode()


def with_news(body: bytes) -> Handle:
    """Answer every request with these headlines."""
    return answering(200, body, Content_Type="application/json")
