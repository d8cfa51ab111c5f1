"""The track record of each stock beside its row of the board."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa

from common.sql import schema
from test_support.stores.boards import put_board, row_of
from webserver.app import create_app
from webserver.market import records
from webserver.settings import WebSettings

URL = "/api/v1/market"
STOCK = {"kind": "live", "ticker": "AAPL", "model": "blend", "days": 30, "scored": 15, "inside_80": 12}
COUNTS = (
    STOCK,
    STOCK | {"model": "prophet", "days": 21, "scored": 10, "inside_80": 9},
    STOCK | {"days": 91, "scored": 500, "inside_80": 1},
    STOCK | {"kind": "sample", "scored": 500, "inside_80": 1},
    STOCK | {"ticker": "CVX", "scored": 19, "inside_80": 19},
    STOCK | {"ticker": "XYZ", "scored": 0, "inside_80": 0},
)


@pytest.fixture
def client(redis_url, s3_bucket, s3, sql_store, monkeypatch):
    monkeypatch.setattr("webserver.app.SqlStore", lambda *_: sql_store)
    put_board(s3, s3_bucket, [row_of("AAPL"), row_of("CVX"), row_of("XYZ")])
    sql_store.transaction(lambda c: c.execute(sa.insert(schema.ledger_stocks), list(COUNTS)))
    with create_app(WebSettings(redis_url=redis_url, s3_bucket=s3_bucket)).test_client() as made:
        yield made


def test_the_record_counts_live_forecasts_about_a_month_ahead(client):
    found = {row["ticker"]: row["record"] for row in client.get(URL).json["rows"]}
    assert found == {
        "AAPL": {"forecasts": 25, "coverage_80": 0.84},
        "CVX": {"forecasts": 19, "coverage_80": None},
        "XYZ": None,
    }
    assert client.get(f"{URL}/movers").json["up"][0]["record"] == found["AAPL"]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{URL}?format=csv").text)))
    assert [(row["record_forecasts"], row["record_coverage_80"]) for row in rows] == [
        ("25", "0.84"),
        ("19", ""),
        ("", ""),
    ]


def test_new_outcomes_change_the_tag_once_the_records_are_read_again(client, sql_store, monkeypatch):
    monkeypatch.setattr(records, "EVERY_S", 0.0)
    tag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304
    change = sa.update(schema.ledger_stocks).where(schema.ledger_stocks.c.ticker == "XYZ").values(scored=1)
    sql_store.transaction(lambda c: c.execute(change))
    again = client.get(URL, headers={"If-None-Match": tag})
    assert again.json["rows"][2]["record"] == {"forecasts": 1, "coverage_80": None}


def test_the_board_needs_no_sql_store(redis_url, s3_bucket, s3):
    put_board(s3, s3_bucket, [row_of("AAPL")])
    with create_app(WebSettings(redis_url=redis_url, s3_bucket=s3_bucket)).test_client() as client:
        assert client.get(URL).json["rows"][0]["record"] is None
