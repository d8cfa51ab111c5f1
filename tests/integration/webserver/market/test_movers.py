"""The lists of the board over HTTP: moves, broken ranges, volatilities, widths of ranges, sectors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from test_support.stores.boards import DAY, put_board, random_rows, row_of

URL = "/api/v1/market/movers"


def lists(body):
    names = ("up", "down", "broken", "nervous", "calm", "widest", "narrowest")
    return {name: [row["ticker"] for row in body[name]] for name in names}


def test_each_list_has_the_most_remarkable_first_and_no_stale_row(client, board):
    body = client.get(URL).json
    assert lists(body) == {
        "up": ["MSFT", "CVX"],
        "down": ["AAPL", "XYZ"],
        "broken": ["AAPL"],
        "nervous": ["AAPL", "MSFT", "CVX"],
        "calm": ["CVX", "MSFT", "AAPL"],
        "widest": ["MSFT", "AAPL", "CVX", "XYZ"],
        "narrowest": ["XYZ", "AAPL", "CVX", "MSFT"],
    }
    assert (body["total"], body["broken_total"], body["expected_broken"]) == (6, 1, 0.2)
    assert "rows" not in body


def test_sectors_have_their_counts_and_the_median_with_its_sign(client, board):
    found = {sector.pop("sector"): sector for sector in client.get(URL).json["sectors"]}
    assert sorted(found) == ["Energy and transportation", "Technology"]
    technology = found["Technology"]
    assert [row["ticker"] for row in technology.pop("rows")] == ["AAPL", "MSFT"]
    assert technology == {"stocks": 2, "rising": 1, "falling": 1, "median_usual_moves": pytest.approx(-0.6)}


def test_without_fresh_prices_as_in_the_sample_all_rows_count(client, s3, s3_bucket):
    put_board(s3, s3_bucket, [row_of(name, stale=True, source="sample") for name in ("AAPL", "FB", "GOOG")])
    body = client.get(URL).json
    assert (body["sources"], lists(body)["up"]) == (["sample"], ["AAPL", "FB", "GOOG"])


def test_the_limit_is_that_of_each_list_and_the_answer_is_conditional(client, s3, s3_bucket):
    put_board(s3, s3_bucket, random_rows(300))
    answer = client.get(f"{URL}?limit=3")
    assert {len(found) for found in lists(answer.json).values()} == {3}
    assert client.get(f"{URL}?limit=3", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(f"{URL}?limit=101").json["code"] == "invalid_request"


def test_a_coin_with_a_close_at_the_weekend_does_not_date_the_board(client, s3, s3_bucket):
    rows = [row_of("BTC-USD", as_of=DAY + timedelta(days=2)), row_of("AAPL"), row_of("MSFT")]
    put_board(s3, s3_bucket, rows)
    assert client.get(URL).json["as_of"] == str(DAY)


def test_a_broken_range_of_another_day_is_no_news(client, s3, s3_bucket):
    earlier = row_of("LATE", as_of=DAY - timedelta(days=3), day_range_broken="above")
    put_board(s3, s3_bucket, [row_of("AAPL", day_range_broken="below"), row_of("MSFT"), earlier])
    body = client.get(URL).json
    assert (lists(body)["broken"], body["broken_total"], body["expected_broken"]) == (["AAPL"], 1, 0.1)


def test_the_cursor_of_a_long_text_is_accepted(client, s3, s3_bucket):
    put_board(s3, s3_bucket, [row_of(name, detail="ü" * 500) for name in ("A", "B", "C")])
    page = "/api/v1/market?sort=detail&limit=2"
    cursor = client.get(page).json["next_cursor"]
    assert [row["ticker"] for row in client.get(f"{page}&cursor={cursor}").json["rows"]] == ["C"]
