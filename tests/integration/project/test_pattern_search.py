"""Pattern searches from the HTTP request to the result, through real services."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from common.domain.kinds import CostClass
from common.s3.price_store import PriceStore, make_s3_client
from test_support.waiting import until
from tests.integration.project import test_kinds
from tests.integration.webserver.test_prices_api import series

loop, pools, client = test_kinds.loop, test_kinds.pools, test_kinds.client
URL = "/api/v1/patterns"
CANDLES = {"type": "candles", "candles": "G G"}


def ask(client, *patterns, **question):
    body = {"ticker": "AAPL", "patterns": list(patterns)} | question
    return client.post(URL, json=body, headers={"Prefer": "wait=60"})


@pytest.fixture
def other_stocks(client, s3_bucket):
    """Store a stock with a usual history, one with a short one, and one whose CSV is damaged."""
    s3 = make_s3_client()
    store = PriceStore(s3, s3_bucket)
    for ticker, rows in (("MSFT", 300), ("NEW", 20)):
        store.write(series(ticker=ticker, rows=rows), fetched_at=datetime.now(UTC), replacing=None)
    s3.put_object(Bucket=s3_bucket, Key="prices/daily/BAD.csv", Body=b"damaged")
    yield
    s3.close()


def test_a_search_is_answered_end_to_end(client):
    answer = ask(client, CANDLES, {"type": "candles", "candles": "engulfing"})
    assert (answer.status_code, answer.json["status"]) == (200, "done")
    assert [found["item"] for found in answer.json["patterns"]] == [0, 1, 1]
    assert [found["sign"] for found in answer.json["patterns"]] == [None, "bullish", "bearish"]
    assert answer.json["searched"]["stocks"] == 1
    again = ask(client, CANDLES, {"type": "candles", "candles": "engulfing"})
    assert again.json["patterns"] == answer.json["patterns"]


def test_all_stored_stocks_are_searched_and_an_unreadable_one_costs_itself(client, other_stocks):
    searched = ask(client, CANDLES, all=True).json["searched"]
    assert (searched["stocks"], searched["not_searched"]) == (2, 2)
    assert {stock["ticker"]: stock["code"] for stock in searched["unread"]} == {
        "BAD": "unknown_ticker",
        "NEW": "too_little_data",
    }


def test_cancelling_a_search_of_many_stocks_ends_its_process(client, pools, s3_bucket):
    s3 = make_s3_client()
    PriceStore(s3, s3_bucket).write(series(ticker="S0", rows=2500), fetched_at=datetime.now(UTC), replacing=None)
    stored = {"Bucket": s3_bucket, "Key": "prices/daily/S0.csv"}
    for number in range(1, 300):
        s3.copy_object(Bucket=s3_bucket, Key=f"prices/daily/S{number}.csv", CopySource=stored)
    s3.close()
    turns = [{"type": "turnaround", "turn": "up", "percent": percent + 0.5} for percent in range(10)]
    body = {"ticker": "AAPL", "patterns": turns, "all": True}
    url = client.post(URL, json=body, headers={"Prefer": "wait=0"}).json["url"]
    until(lambda: re.search(r"stock \d\d+ of 301", client.get(url).json["step"] or ""), complaint="it does not begin")
    (worker,) = pools[CostClass.LONG]._workers
    (process,) = worker._pool._pool_manager.worker_manager.workers.values()
    assert client.delete(url).json["status"] == "cancelled"
    # The process of a search that is not cancelled stays for the next one.
    until(lambda: not process.is_alive(), complaint="the work goes on")


def test_a_list_of_stocks_is_searched_beside_the_ticker(client, other_stocks):
    searched = ask(client, CANDLES, tickers=["MSFT", "AAPL", "NONE"]).json["searched"]
    assert (searched["stocks"], searched["unread"][0]["ticker"]) == (2, "NONE")


@pytest.mark.parametrize(
    ("pattern", "status", "code"),
    [
        ({"type": "candles", "candles": "G X"}, 400, "invalid_pattern"),
        ({"type": "shape", "start": "1999-01-01", "end": "1999-06-01"}, 422, "unusable_window"),
    ],
)
def test_a_wrong_pattern_is_refused_with_a_reason(client, pattern, status, code):
    answer = ask(client, pattern)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_batch_takes_searches_beside_forecasts(client):
    search = {"kind": "pattern_search", "ticker": "AAPL", "patterns": [CANDLES]}
    wrong = search | {"patterns": [{"type": "candles", "candles": "G X"}]}
    body = {"requests": [search, {"ticker": "AAPL", "days": 30}, wrong]}
    batch = client.post("/api/v1/batches", json=body).json
    url = f"{batch['url']}?results=true"
    until(lambda: client.get(url).json["status"] == "ended", 60.0, "the batch does not end")
    entries = client.get(url).json["requests"]
    assert [entry["code"] for entry in entries] == [None, None, "invalid_pattern"]
    assert entries[0]["result"]["patterns"][0]["name"] == "G G in daily candles"
