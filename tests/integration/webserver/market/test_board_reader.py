"""Which board is served: the newest readable one, and the last one in memory while S3 is away."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from common.domain.errors import Busy, NoMarketBoard, UnreadableMarketBoard
from common.s3.market_objects import BOARD, MarketDay
from forecast_service.market.dataset.schema import board_schema, board_table, to_parquet
from test_support.stores.boards import DAY, board_body, put_board, row_of
from webserver.market.board import reader as reader_module
from webserver.market.board.parquet_reading import reading_parquet
from webserver.market.board.reader import BoardReader

URL = "/api/v1/market"
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def reader(s3, s3_bucket, monkeypatch):
    monkeypatch.setattr(reader_module, "RETRY_S", 0.0)
    return BoardReader(s3, s3_bucket, {"name": {}.get, "sector": {}.get})


def with_metadata(rows, **changes):
    table = board_table(rows, board_schema((21,), DAY))
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    return table.replace_schema_metadata(metadata | {f"stockcast.{name}": value for name, value in changes.items()})


def test_without_a_board_the_answer_says_how_to_make_one(client):
    answer = client.get(URL)
    assert (answer.status_code, answer.json["code"]) == (404, "no_market_board")
    assert "./run_app.sh market" in answer.json["detail"]
    assert client.get(f"{URL}/movers").status_code == 404


def test_a_date_without_a_board_is_not_complete_and_the_one_before_is_served(reader, s3, s3_bucket):
    put_board(s3, s3_bucket, [row_of("A")])
    MarketDay(s3, s3_bucket, NEXT).put("parts/000000.parquet", board_body([row_of("A")]))
    assert reader.board().day == DAY
    put_board(s3, s3_bucket, [row_of("A"), row_of("B")], NEXT)
    assert reader.board().day == DAY, "it is looked up once a minute"
    assert reader.look().day == NEXT
    assert len(reader.board().rows) == 2


def test_an_unchanged_board_is_not_read_again(reader, s3, s3_bucket):
    put_board(s3, s3_bucket, [row_of("A")])
    first = reader.board()
    assert reader.look() is first


def test_the_board_in_memory_is_served_while_s3_is_away(s3_bucket, s3, reader, monkeypatch):
    put_board(s3, s3_bucket, [row_of("A")])
    first = reader.board()

    def away(*_):
        raise Busy

    monkeypatch.setattr(reader_module, "list_market_folders", away)
    assert reader.look() is first
    assert reader.board() is first
    empty = BoardReader(s3, s3_bucket, {})
    with pytest.raises(Busy):
        empty.board()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"PAR1 this is no Parquet file", "is damaged"),
        (b"", "is damaged"),
        (to_parquet(with_metadata([{"ticker": "A"}], schema="2")), "has the schema 2, and this release"),
        (to_parquet(pa.table({"a": [1]})), "has the schema no version"),
    ],
)
def test_a_board_that_cannot_be_read_is_named_and_an_older_one_served(reader, s3, s3_bucket, body, reason):
    MarketDay(s3, s3_bucket, NEXT).put(BOARD, body)
    for _ in range(2):  # the second time from memory
        with pytest.raises(UnreadableMarketBoard, match=rf"The board of {NEXT} {reason}.*--anew"):
            reader.board()
    put_board(s3, s3_bucket, [row_of("A")])
    assert reader.look().day == DAY
    put_board(s3, s3_bucket, [row_of("A")], NEXT)
    assert reader.look().day == NEXT


def test_a_board_that_is_replaced_by_another_unreadable_one_is_read_once(reader, s3, s3_bucket, monkeypatch):
    read = []

    def count(body, *others):
        read.append(body)
        return reading_parquet(body, *others)

    monkeypatch.setattr(reader_module, "reading_parquet", count)
    bodies = [b"PAR1 this is no Parquet file", to_parquet(pa.table({"a": [1]}))]
    for body in bodies:
        MarketDay(s3, s3_bucket, NEXT).put(BOARD, body)
        for _ in range(2):
            reader.look()
    assert read == bodies


def test_unknown_columns_are_passed_on_and_missing_ones_are_null(client, s3, s3_bucket):
    table = with_metadata([{"ticker": "B", "last_close": 2.0}, {"ticker": "A", "last_close": float("inf")}])
    table = table.drop_columns(["volatility_percentile", "tests_21d"])
    table = table.append_column("beta", pa.array([1.5, None])).append_column("list", pa.array([[1], [2]]))
    MarketDay(s3, s3_bucket, DAY).put(BOARD, to_parquet(table))
    body = client.get(f"{URL}?sort=-beta&filter=volatility_percentile=null").json
    rows = body["rows"]
    assert [(row["ticker"], row["last_close"], row["beta"]) for row in rows] == [("B", 2.0, 1.5), ("A", None, None)]
    assert (rows[0]["tests_21d"], "list" in rows[0]) == (None, False)
    assert client.get(f"{URL}/movers").json["up"] == []


def test_a_board_that_was_removed_is_gone_once_another_one_is_there(reader, s3, s3_bucket):
    put_board(s3, s3_bucket, [row_of("A")], NEXT)
    assert reader.board().day == NEXT
    MarketDay(s3, s3_bucket, NEXT).delete()
    assert reader.look().day == NEXT, "there is no other"
    put_board(s3, s3_bucket, [row_of("A")])
    assert reader.look().day == DAY


def test_the_first_request_of_a_new_stack_costs_one_look(s3, s3_bucket):
    fresh = BoardReader(s3, s3_bucket, {})
    with pytest.raises(NoMarketBoard):
        fresh.board()
    put_board(s3, s3_bucket, [row_of("A")])
    with pytest.raises(NoMarketBoard):
        fresh.board()  # the next look is due in two seconds
