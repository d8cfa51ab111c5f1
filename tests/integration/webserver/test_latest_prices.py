"""The latest closes of many stocks in one call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from common.domain.prices import COLUMNS, PriceSeries
from common.s3.objects import PriceObjects
from webserver.app import create_app
from webserver.settings import WebSettings
from webserver.stocks import price_reader
from webserver.stocks.price_reader import PriceReader

URL = "/api/v1/prices/latest"
NOW = datetime.now(UTC)
LAST = pd.bdate_range(end=NOW.date() - timedelta(days=1), periods=1)[0].date()


@pytest.fixture
def client(redis_url, s3_bucket):
    with create_app(WebSettings(redis_url=redis_url, s3_bucket=s3_bucket)).test_client() as made:
        yield made


def put(store, ticker, last=100.0, ends=LAST, replacing=None):
    days = pd.bdate_range(end=ends, periods=3, name="date")
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, np.array([80.0, 80.0, last])), index=days)
    series = PriceSeries(ticker, "tiingo", "USD", frame)
    return store.write(series, fetched_at=NOW, replacing=replacing)


def test_closes_are_in_the_order_of_the_question_and_missing_ones_are_named(client, store):
    put(store, "AAPL")
    put(store, "OLD", 40.0, ends=LAST - timedelta(days=30))
    body = client.get(f"{URL}?tickers=old,AAPL,A%26B,aapl").json
    assert body["prices"][1] == {
        "ticker": "AAPL",
        "as_of": str(LAST),
        "close": 100.0,
        "change_pct": 25.0,
        "source": "tiingo",
        "currency": "USD",
        "stale": False,
    }
    assert [(price["ticker"], price["change_pct"], price["stale"]) for price in body["prices"]] == [
        ("OLD", -50.0, True),
        ("AAPL", 25.0, False),
    ]
    assert [(one["ticker"], one["code"]) for one in body["missing"]] == [("A&B", "not_found")]
    assert "PUT /api/v1/tickers/A%26B" in body["missing"][0]["detail"]


def test_a_new_close_is_seen_at_once_and_changes_the_tag(client, store):
    facts = put(store, "AAPL")
    first = client.get(f"{URL}?tickers=AAPL")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{URL}?tickers=AAPL", headers=tag).status_code == 304
    put(store, "AAPL", 120.0, replacing=facts)
    again = client.get(f"{URL}?tickers=AAPL", headers=tag)
    assert (again.status_code, again.json["prices"][0]["close"]) == (200, 120.0)


@pytest.mark.parametrize(
    ("query", "code", "part"),
    [
        ("", "invalid_request", "tickers is empty"),
        ("tickers=AAPL,,MSFT", "invalid_ticker", "tickers, entry 2 ('')"),
        ("tickers=AAPL,a/b", "invalid_ticker", "tickers, entry 2 ('a/b')"),
        ("tickers=" + ",".join(f"A{number}" for number in range(501)), "invalid_request", "has 501 entries"),
        ("ticker=AAPL", "invalid_request", "Did you mean tickers?"),
    ],
)
def test_a_mistake_is_named(client, query, code, part):
    answer = client.get(f"{URL}?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert part in answer.json["detail"]


def test_a_long_list_costs_more_and_the_ticker_latest_stays_reachable(client, store):
    put(store, "LATEST")
    one = client.get(f"{URL}?tickers=A").headers["RateLimit"]
    many = client.get(f"{URL}?tickers={','.join(f'A{number}' for number in range(101))}").headers["RateLimit"]

    def left(header):
        return int(header.split("r=")[1].split(";")[0])

    assert left(one) - left(many) == 3
    assert client.get("/api/v1/prices/LATEST").json["ticker"] == "LATEST"
    assert client.get("/api/v1/prices/latestx").status_code == 404
    refused = client.put("/api/v1/prices/latest", data=b"date,close")
    assert (refused.status_code, set(refused.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS"})


def test_tickers_are_found_on_all_pages_of_the_listing_and_their_facts_are_read_once(store, s3, s3_bucket, monkeypatch):
    tickers = ["A", "A-B", "A.B", "AB", "B", "C^", "Z9"]
    for ticker in tickers:
        put(store, ticker)
    monkeypatch.setattr(price_reader, "LISTED_AT_ONCE", 2)
    objects = PriceObjects(s3, s3_bucket)
    reader = PriceReader(objects)
    assert sorted(reader.read_facts_of([*tickers, "AA", "ZZ"])) == sorted(tickers)
    monkeypatch.setattr(objects, "read_facts", None)
    for wanted in (tickers, ["A"], ["AB", "Z9"], ["ZZ"]):
        assert sorted(reader.read_facts_of(wanted)) == [one for one in wanted if one != "ZZ"]
