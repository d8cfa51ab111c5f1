"""Watchlists over HTTP, with real SQL, S3 and Redis."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from common.domain.prices import COLUMNS, PriceSeries
from common.sql.database_urls import sqlite_url
from common.sql.repositories.watchlists import WatchlistItem
from tests.integration.webserver.test_prices_api import check_problem, web
from webserver.watchlists.csv_format import write_csv

LISTS = "/api/v1/watchlists"
FRIDAY = date(2013, 3, 1)


@pytest.fixture
def client(redis_url, s3_bucket, sqlite_address):
    with web(redis_url, s3_bucket, database_url=SecretStr(sqlite_url(sqlite_address.path))) as made:
        yield made


@pytest.fixture
def address(client):
    """The address of an empty list."""
    return client.post(LISTS, json={"name": "Energy"}).json["url"]


def closes(ticker, moves, currency="USD"):
    days = pd.bdate_range(end=FRIDAY, periods=len(moves), name="date")
    prices = 100 * np.exp(np.cumsum(moves))
    return PriceSeries(ticker, "tiingo", currency, pd.DataFrame(dict.fromkeys(COLUMNS, prices), index=days))


def tickers(answer):
    return [stock["ticker"] for stock in answer.json["stocks"]]


def test_a_list_is_created_filled_ordered_and_deleted(client):
    created = client.post(LISTS, json={"name": "  Energy   stocks "})
    assert (created.status_code, created.json["name"], created.json["stocks"]) == (201, "Energy stocks", [])
    address = created.headers["Location"]
    client.put(f"{address}/stocks/xom", json={})
    filled = client.put(f"{address}/stocks/AAPL", json={"days": 90, "note": "fruit", "chance_above": 450})
    assert tickers(filled) == ["XOM", "AAPL"]
    ordered = client.patch(address, json={"order": ["AAPL"], "name": "Fruit first"})
    assert (ordered.json["name"], tickers(ordered)) == ("Fruit first", ["AAPL", "XOM"])
    assert client.get(LISTS).json["watchlists"] == [
        {"id": created.json["id"], "name": "Fruit first", "url": address, "tickers": ["AAPL", "XOM"]}
    ]
    assert client.delete(f"{address}/stocks/XOM").status_code == 204
    assert tickers(client.get(address)) == ["AAPL"]
    assert client.delete(address).status_code == 204
    check_problem(client.get(address), 404, "not_found")


def test_a_stock_has_its_latest_close_and_the_size_of_its_move(client, address, store):
    moves = [0.01, -0.01] * 100
    store.write(closes("AAPL", [*moves, 0.03]), fetched_at=datetime.now(UTC), replacing=None)
    client.put(f"{address}/stocks/AAPL", json={})
    latest = client.put(f"{address}/stocks/UNKNOWN", json={}).json["stocks"]
    assert latest[0]["latest"]["usual_moves"] == pytest.approx(3.0, rel=0.01)
    assert latest[0]["latest"]["change_pct"] == pytest.approx(3.045, rel=0.01)
    assert (latest[0]["latest"]["last"], latest[0]["latest"]["currency"]) == ("2013-03-01", "USD")
    assert latest[1]["latest"] is None


def test_a_newer_close_replaces_the_cached_one(client, address, store):
    first = store.write(closes("AAPL", [0.01, -0.01] * 100), fetched_at=datetime.now(UTC), replacing=None)
    client.put(f"{address}/stocks/AAPL", json={})
    before = client.get(address).json["stocks"][0]["latest"]["last_close"]
    store.write(closes("AAPL", [*[0.01, -0.01] * 100, 0.5]), fetched_at=datetime.now(UTC), replacing=first)
    assert client.get(address).json["stocks"][0]["latest"]["last_close"] == pytest.approx(before * np.exp(0.5))


def test_a_short_history_has_no_usual_move(client, address, store):
    store.write(closes("NEW", [0.01, -0.01]), fetched_at=datetime.now(UTC), replacing=None)
    latest = client.put(f"{address}/stocks/NEW", json={}).json["stocks"][0]["latest"]
    assert (latest["usual_moves"], latest["change_pct"]) == (None, pytest.approx(-0.995, rel=0.01))


def test_an_export_can_be_imported_into_another_list(client, address):
    client.put(f"{address}/stocks/AAPL", json={"days": 90, "note": "=1+1", "chance_above": 450.5})
    client.put(f"{address}/stocks/BP.L", json={"level": 0.95, "model": "prophet"})
    exported = client.get(f"{address}?format=csv")
    assert exported.mimetype == "text/csv"
    other = client.post(LISTS, json={"name": "Copy"}).json["url"]
    imported = client.post(f"{other}:import", json={"csv": exported.text})
    assert imported.json["stocks"] == client.get(address).json["stocks"]


@pytest.mark.parametrize("note", ["\U0001f4c8" * 500, '"' * 500, "a, b\nc" * 71])
def test_the_export_of_a_full_list_can_be_imported(client, note):
    items = [WatchlistItem(f"T{number}", 30, 0.9525, "prophet", note, 1234.5678) for number in range(200)]
    exported = write_csv(items)
    other = client.post(LISTS, json={"name": "Full"}).json["url"]
    body = json.dumps({"csv": exported}, ensure_ascii=False).encode()
    imported = client.post(f"{other}:import", data=body, content_type="application/json")
    assert len(imported.json["stocks"]) == 200
    assert imported.json["stocks"][7]["note"] == note.strip()
    assert client.get(f"{other}?format=csv").text == exported


def test_a_wrong_line_of_an_import_changes_nothing(client, address):
    answer = client.post(f"{address}:import", json={"csv": "ticker,days\nAAPL,30\nXOM,0\n"})
    check_problem(answer, 400, "invalid_request")
    assert "Line 3" in answer.json["detail"]
    assert tickers(client.get(address)) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": 5}, "name"),
        ({"name": "ok", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_name_is_explained(client, body, field):
    answer = client.post(LISTS, json=body)
    check_problem(answer, 400, "invalid_request")
    assert field in answer.json["detail"]


def test_a_taken_name_is_refused(client, address):
    check_problem(client.post(LISTS, json={"name": "Energy"}), 400, "invalid_request")
    other = client.post(LISTS, json={"name": "Banks"}).json["url"]
    check_problem(client.patch(other, json={"name": "Energy"}), 400, "invalid_request")


def test_wrong_stocks_are_refused(client, address):
    check_problem(client.put(f"{address}/stocks/not a ticker", json={}), 400, "invalid_ticker")
    check_problem(client.put(f"{address}/stocks/AAPL", json={"days": 0}), 400, "invalid_days")
    check_problem(client.put(f"{address}/stocks/AAPL", json={"chance_above": 0}), 400, "invalid_request")
    check_problem(client.delete(f"{address}/stocks/AAPL"), 404, "not_found")


def test_an_unknown_list_is_not_found(client):
    unknown = f"{LISTS}/{uuid4()}"
    for answer in (
        client.get(unknown),
        client.patch(unknown, json={"name": "x"}),
        client.delete(unknown),
        client.put(f"{unknown}/stocks/AAPL", json={}),
        client.delete(f"{unknown}/stocks/AAPL"),
        client.post(f"{unknown}:import", json={"csv": "ticker\nAAPL\n"}),
    ):
        check_problem(answer, 404, "not_found")


def test_without_a_sql_store_lists_are_unavailable_and_prices_are_not(redis_url, s3_bucket, store):
    store.write(closes("AAPL", [0.01, -0.01] * 50), fetched_at=datetime.now(UTC), replacing=None)
    with web(redis_url, s3_bucket) as client:
        check_problem(client.get(LISTS), 503, "store_unavailable")
        assert client.get("/api/v1/prices/AAPL").status_code == 200
